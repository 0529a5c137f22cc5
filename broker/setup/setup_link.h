/* Interfaces that tapbroker-setup makes for the host, by rtnetlink. For the other files of this folder; they run as
 * root.
 *
 * One of ours is known by its kind, its name and its own address, which is a keyed hash of the name: it is in the
 * message that makes the interface, so there is no moment at which it is nobody's, and it never changes.
 */
#ifndef TB_SETUP_LINK_H
#define TB_SETUP_LINK_H

#include "broker/config/table.h"
#include "broker/shared/netlink/link.h"

/* The address of an interface of that name of ours. */
void setup_link_mac(const char *name, uint8_t mac[TB_MAC_SIZE]);

/* True if it is one that we have made: of this kind, with a name that begins so. */
bool setup_link_is_ours(const struct link *link, const char *kind, const char *prefix);

/* Sets it up, with this MTU. Returns 0 or a negative errno. */
int setup_link_set_up(struct link_socket *sock, uint32_t ifindex, uint32_t mtu);

int setup_link_delete(struct link_socket *sock, uint32_t ifindex);

/* Gives it the host's addresses on the network, and takes all others but link-local ones away. Returns 0 or a negative
 * errno. */
int setup_link_addresses(struct link_socket *sock, uint32_t ifindex, const struct network *network);

/* Before it is up: nobody there gives the host an address or a route, nor asks it for an address of another interface.
 * Without an IPv6 address of the network's there is no IPv6. Returns 0 or a negative errno. */
int setup_link_settings(const char *name, const struct network *network);

/* Deletes all of ours, of this kind and with names that begin so, that are not needed: needed() is asked with the name,
 * and may be NULL. Returns the number of problems, each of which was logged. */
unsigned int setup_link_sweep(struct link_socket *sock, const char *kind, const char *prefix,
			      bool (*needed)(const void *context, const char *name), const void *context);

#endif
