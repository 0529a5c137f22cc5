/* Links in another network namespace, by rtnetlink. Runs in the monitor; everything here that changes a link USES
 * CAP_NET_ADMIN. The namespace is an open fd of it; in a message it is a number, which the monitor's own namespace has
 * for each that it has met, and which lasts as long as that.
 */
#ifndef TB_LINK_NETNS_H
#define TB_LINK_NETNS_H

#include "broker/shared/netlink/link.h"

/* Moves a link that is down to the network namespace, with its name, and sets it up there with another alias, in one
 * message: a link that was moved and is still down is nowhere to be seen. Its address and MTU go with it; its sysctls are those that
 * a new link gets there. Takes the kernel about 16 ms.
 * Returns 0, -EEXIST if an interface there has the name, or another negative errno. */
int link_move_up(struct link_socket *sock, uint32_t ifindex, int netns, const char *alias);

/* Reads the link with this name there; an altname does not count. Returns 0, -ENODEV, or another negative errno. */
int link_find_in(struct link_socket *sock, int netns, const char *name, struct link *link);

/* Deletes a link there. Takes the kernel about 16 ms. Returns 0, -ENODEV, or another negative errno. */
int link_delete_in(struct link_socket *sock, int netns, uint32_t ifindex);

#endif
