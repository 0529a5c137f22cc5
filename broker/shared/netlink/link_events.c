/* What the kernel tells of links and of bridges' forwarding tables by itself: see link_events.h. To open the sockets
 * USES CAP_NET_ADMIN, for a buffer above the system's limit; to read them needs no right. */
#include "broker/shared/netlink/link_events.h"

#include "broker/shared/netlink/link_batch.h"
#include "broker/shared/fd.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

/* The buffer for a multicast datagram is the kernel's choice; a large one survives a burst of changes. */
#define EVENTS_BUFFER (1024 * 1024)

static int open_events(uint32_t groups)
{
	int size = EVENTS_BUFFER;
	int fd TB_CLOSE = link_netlink_open(NETLINK_ROUTE, groups);

	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		return -errno;
	return tb_take(&fd);
}

#define GROUP(number) (1u << ((number)-1))
#define ENTRIES                                                                                \
	(GROUP(RTNLGRP_IPV4_IFADDR) | GROUP(RTNLGRP_IPV6_IFADDR) | GROUP(RTNLGRP_IPV4_ROUTE) | \
	 GROUP(RTNLGRP_IPV6_ROUTE) | GROUP(RTNLGRP_IPV4_RULE) | GROUP(RTNLGRP_IPV6_RULE))

int link_events_open(bool entries)
{
	return open_events(RTMGRP_LINK | (entries ? ENTRIES : 0));
}

int fdb_events_open(void)
{
	return open_events(RTMGRP_NEIGH);
}

int link_events_parse(const void *datagram, size_t size, void (*gone)(void *context, uint32_t ifindex),
		      void (*changed)(void *context, const struct link *link), void *context)
{
	int left = (int)size;
	struct link link;

	for (const struct nlmsghdr *message = datagram; link_message_ok(message, left);
	     message = mnl_nlmsg_next(message, &left)) {
		const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);

		if (message->nlmsg_type != RTM_DELLINK && message->nlmsg_type != RTM_NEWLINK)
			continue;
		if (mnl_nlmsg_get_payload_len(message) < sizeof(*info))
			return -EBADMSG;
		/* A bridge tells of its ports in messages of its own family; a port that leaves it is not gone. */
		if (info->ifi_family != AF_UNSPEC)
			continue;
		if (message->nlmsg_type == RTM_DELLINK) {
			gone(context, (uint32_t)info->ifi_index);
		} else {
			if (link_parse(message, &link) < 0)
				return -EBADMSG;
			changed(context, &link);
		}
	}
	return 0;
}
