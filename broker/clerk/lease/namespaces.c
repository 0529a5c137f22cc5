/* The ends of network namespaces: see namespaces.h. Runs in the clerk; needs no right. */
#include "broker/clerk/lease/namespaces.h"

#include "broker/clerk/lease/lease_state.h"
#include "broker/clerk/loop.h"
#include "broker/shared/log.h"
#include "broker/shared/netlink/link.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define GROUP(number) (1u << ((number)-1))

/* One datagram of news. */
#define BUFFER_SIZE 8192

static int namespaces = -1;

static int take_number(const struct nlattr *attribute, void *context)
{
	if (mnl_attr_get_type(attribute) == NETNSA_NSID && mnl_attr_get_payload_len(attribute) >= sizeof(int32_t))
		*(int32_t *)context = (int32_t)mnl_attr_get_u32(attribute);
	return MNL_CB_OK;
}

/* Its devices are gone with it, or about to be. */
static void namespace_ended(int32_t nsid)
{
	struct lease *lease = TAILQ_FIRST(leases_all());

	while (lease != NULL) {
		struct lease *next = TAILQ_NEXT(lease, link);

		if (lease->lifetime == TB_LIFETIME_NAMESPACE && lease->nsid == nsid)
			lease_end(lease, TB_REASON_DEVICE_GONE);
		lease = next;
	}
}

static int take_news(const struct nlmsghdr *message, void *context)
{
	int32_t nsid = NETNSA_NSID_NOT_ASSIGNED;

	(void)context;
	if (message->nlmsg_type != RTM_DELNSID)
		return MNL_CB_OK;
	mnl_attr_parse(message, sizeof(struct rtgenmsg), take_number, &nsid);
	if (nsid != NETNSA_NSID_NOT_ASSIGNED)
		namespace_ended(nsid);
	return MNL_CB_OK;
}

/* The kernel tells only of namespaces that have a number here, which no user can have made in numbers. Should news be
 * lost all the same, the monitor looks at each of these devices when the broker is started again. */
static void on_namespaces(uint32_t number, uint32_t events)
{
	char buffer[BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_nl from;
	socklen_t from_length = sizeof(from);
	ssize_t got =
		recvfrom(namespaces, buffer, sizeof(buffer), MSG_DONTWAIT, (struct sockaddr *)&from, &from_length);

	(void)number, (void)events;
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		tb_die("clerk: cannot hear of network namespaces: %s", strerror(errno));
	/* Only the kernel is believed. */
	if (got > 0 && from.nl_pid == 0)
		mnl_cb_run(buffer, (size_t)got, 0, 0, take_news, NULL);
}

int namespaces_init(void)
{
	namespaces = link_netlink_open(NETLINK_ROUTE, GROUP(RTNLGRP_NSID));
	if (namespaces < 0)
		return namespaces;
	loop_handle(LOOP_NAMESPACES, on_namespaces);
	return loop_watch(namespaces, EPOLLIN, LOOP_NAMESPACES, 0);
}
