/* What the kernel tells of links and of bridges' forwarding tables by itself. */
#ifndef TB_LINK_EVENTS_H
#define TB_LINK_EVENTS_H

#include "broker/shared/netlink/link.h"

/* Opens a socket that is told of every change of a link, and with entries of what is removed of addresses, routes and
 * rules; or of an entry in a bridge's forwarding table. Returns the fd
 * or a negative errno. */
int link_events_open(bool entries);
int fdb_events_open(void);

/* Parses a datagram of link_events_open(): calls gone() with the ifindex of each link that was deleted, and changed()
 * for each that was made or has changed. Returns 0 or -EBADMSG. */
int link_events_parse(const void *datagram, size_t size, void (*gone)(void *context, uint32_t ifindex),
		      void (*changed)(void *context, const struct link *link), void *context);

/* The same datagram: calls removed() with the number of the tunnel, or TUNNELS_MAX and the ifindex of the device, for
 * each route, rule or address of ours that was removed. */
void link_events_removed(const void *datagram, size_t size, void (*removed)(uint32_t number, uint32_t ifindex));

#endif
