/* The name servers of a tunnel, for systemd-resolved. */
#ifndef TAPCTL_DNS_H
#define TAPCTL_DNS_H

#include "client/tapctl/inet.h"

#include <stddef.h>

#define DNS_SERVERS_MAX 8
#define DNS_DOMAIN_MAX 254

struct dns {
	struct inet servers[DNS_SERVERS_MAX];
	size_t count;
	char domain[DNS_DOMAIN_MAX]; /* "": none is said */
};

/* Reads what OpenVPN (foreign_option_N) and openconnect (INTERNAL_IP4_DNS, INTERNAL_IP6_DNS, CISCO_DEF_DOMAIN) say
 * in the environment. What is no address or no name of a domain is passed over: another server is not reached by a
 * wrong name. */
void dns_read(struct dns *dns);

/* Tells systemd-resolved, by resolvectl(1), that they are those of this interface. polkit must permit it. Where
 * there is no resolvectl, or nothing to tell, it does nothing; what fails is told as a hint, and the tunnel is as
 * good as it was. */
void dns_tell(const struct dns *dns, const char *interface);

#endif
