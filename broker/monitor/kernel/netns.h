/* Network namespaces that are not the monitor's own: a client's, and the one that a device has been moved to. Runs in
 * the monitor. It never enters one: it names them to the kernel by a file descriptor or by a number.
 */
#ifndef TB_NETNS_H
#define TB_NETNS_H

#include "broker/shared/netlink/link.h"

#include <sys/types.h>

/* Opens the network namespace that this client's socket was made in. own is any socket of the monitor's.
 * Returns an fd, or -EPERM if it is the monitor's own one, or the user namespace that it belongs to was not made by
 * this user (root's are those of the machine itself), or another negative errno. */
int netns_of_client(int sock, uid_t uid, int own);

/* The number that the network namespace has here; it is given one if it has none yet. The number keeps nothing of the
 * namespace alive: it ends with it, and may be another's then. Returns 0 or a negative errno. */
int netns_number(struct link_socket *sock, int netns, int32_t *nsid);

/* Deletes the tun or tap behind this fd, wherever it is now. The fd stays open. Who has rights in that network
 * namespace may rename the device or move it on at the same time: then it is tried again, not without end. Takes the
 * kernel about 16 ms. Returns 0, also if the device is gone already, -EXDEV if the fd leads into the monitor's own
 * network namespace (again), or another negative errno. */
int netns_delete_device(struct link_socket *sock, int device);

#endif
