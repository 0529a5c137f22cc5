/* What a tunnel program says of its tunnel in the environment of the program that it starts: OpenVPN to its scripts
 * and to --dev-node=unix:PROGRAM, openconnect to --script-tun. tapctl(1) lists the variables.
 *
 * All of it is the word of the server at the other end. Each value is read as an address or a number, strictly;
 * what is none is told, and makes the whole useless.
 */
#ifndef TAPCTL_ENVIRONMENT_H
#define TAPCTL_ENVIRONMENT_H

#include "client/tapctl/dns.h"
#include "client/tapctl/settings.h"

struct tunnel {
	int sock;          /* of datagrams, which the program shares with us; -1: none */
	unsigned int kind; /* TAP_KIND_TAP or _TUN */
	unsigned int mtu;  /* in bytes; 0: none is said */
	struct settings settings;
	struct dns dns;
};

/* Reads it. Says what is wrong. Returns EXIT_OK or EXIT_USAGE. */
int environment_read(struct tunnel *tunnel);

#endif
