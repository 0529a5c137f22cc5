/* The ends of network namespaces: see namespaces.h. Runs in the clerk; needs no right. */
#include "broker/clerk/lease/namespaces.h"

#include "broker/clerk/lease/lease_state.h"
#include "broker/clerk/loop.h"
#include "broker/shared/log.h"
#include "broker/shared/netlink/link_batch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define GROUP(number) (1u << ((number)-1))

/* One datagram of news. */
#define BUFFER_SIZE 8192

/* More datagrams than fit into the socket's buffer, of which the kernel counts at least 768 bytes for each. */
#define QUEUED_MAX 4096

static int namespaces = -1;
static struct link_socket questions; /* the answers wait for nobody's lock */

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

/* No namespace has the number any more, or only one that is ending. */
static bool number_is_free(int32_t nsid)
{
	struct batch batch;

	batch_begin(&batch, &questions);
	message_begin_as(&batch, RTM_GETNSID, NLM_F_ACK, sizeof(struct rtgenmsg));
	mnl_attr_put_u32(batch.message, NETNSA_NSID, (uint32_t)nsid);
	message_end(&batch);
	return batch_run(&batch) == -ENOENT;
}

/* A number that another namespace has by now looks as if nothing had ended: the monitor looks at the device itself when
 * the broker is started again. */
static void look_at_all_namespaces(void)
{
	struct lease *lease = TAILQ_FIRST(leases_all());

	while (lease != NULL) {
		struct lease *next = TAILQ_NEXT(lease, link);

		if (lease->lifetime == TB_LIFETIME_NAMESPACE && number_is_free(lease->nsid))
			lease_end(lease, TB_REASON_DEVICE_GONE);
		lease = next;
	}
}

enum news { NEWS_NONE, NEWS_TAKEN, NEWS_LOST };

/* Reads one datagram. */
static enum news read_namespaces(void)
{
	char buffer[BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_nl from;
	socklen_t from_length = sizeof(from);
	ssize_t got =
		recvfrom(namespaces, buffer, sizeof(buffer), MSG_DONTWAIT, (struct sockaddr *)&from, &from_length);

	if (got < 0 && errno == ENOBUFS)
		return NEWS_LOST;
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		tb_die("clerk: cannot hear of network namespaces: %s", strerror(errno));
	if (got < 0)
		return NEWS_NONE;
	/* Only the kernel is believed. */
	if (from.nl_pid == 0)
		mnl_cb_run(buffer, (size_t)got, 0, 0, take_news, NULL);
	return NEWS_TAKEN;
}

/* A user can have many namespaces with a number here, and end all of them in one moment. After it has said that news
 * was lost the kernel goes on losing it until all that was queued before has been read. */
static void on_namespaces(uint32_t number, uint32_t events)
{
	(void)number, (void)events;
	if (read_namespaces() != NEWS_LOST)
		return;
	for (int i = 0; i < QUEUED_MAX && read_namespaces() != NEWS_NONE; i++)
		;
	look_at_all_namespaces();
}

int namespaces_init(void)
{
	int ret = link_socket_open(&questions, NETLINK_ROUTE);

	if (ret < 0)
		return ret;
	namespaces = link_netlink_open(NETLINK_ROUTE, GROUP(RTNLGRP_NSID));
	if (namespaces < 0)
		return namespaces;
	loop_handle(LOOP_NAMESPACES, on_namespaces);
	return loop_watch(namespaces, EPOLLIN, LOOP_NAMESPACES, 0);
}
