/* What locks have dropped: see drops.h. Runs in the clerk; needs no right. Without the second key a client is told of
 * its own leases only. */
#include "broker/clerk/request/drops.h"

#include "broker/clerk/loop.h"
#include "broker/clerk/monitor.h"
#include "broker/clerk/request/drop_counts.h"
#include "broker/clerk/request/refusal.h"
#include "broker/shared/clock.h"
#include "broker/shared/netlink/link.h"
#include "proto/channel.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel sends a dump in pieces of at most 32 KiB. */
#define BUFFER_SIZE 65536

/* How long the monitor and the kernel may take, with those who asked before. */
#define PATIENCE_MS 10000

#define NEW_RULE (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE)

/* A device has two chains, which are asked for one after the other, and one device is asked for at a time. */
static struct {
	int sockets[SIDES]; /* -1: there is none */
	uint32_t sequence;  /* of the last question */
	bool to_holder;     /* which was about the second chain */
	uint64_t until;     /* milliseconds of the monotonic clock: its answer is waited for; 0: it has come */
	struct tb_drops answer;
} counting;

/* The one whose answer comes; NULL: it has hung up. */
static struct request *request_in(enum request_state state)
{
	struct request *request;

	TAILQ_FOREACH(request, requests_used(), link)
		if (request->state == state)
			return request;
	return NULL;
}

static const struct lease *lease_to_count(const struct request *request)
{
	const struct lease *lease = request_subject(request);

	return lease != NULL && (lease->state == LEASE_HELD || lease->state == LEASE_UNFETCHED) ? lease : NULL;
}

/* A lease that has ended meanwhile has no chains any more. */
static void ask_for_chain(struct request *request, bool to_holder)
{
	const struct lease *lease = lease_to_count(request);
	struct tb_count order = {.to_holder = to_holder, .sequence = ++counting.sequence};

	if (lease == NULL) {
		refuse_with(request, TB_NO_LEASE, TB_CHECK_LEASE);
		return;
	}
	tb_header_set(&order.header, TB_COUNT, sizeof(order));
	order.place = lease->tap != 0 ? TB_PLACE_SHIELD : TB_PLACE_HERE;
	memcpy(order.lease, lease->id, sizeof(order.lease));
	if (monitor_send(&order, sizeof(order), -1) < 0) {
		refuse_with(request, TB_BUSY, TB_CHECK_REQUESTS);
		return;
	}
	counting.to_holder = to_holder;
	counting.until = monotonic_ms() + PATIENCE_MS;
}

static void finish_count(struct request *request)
{
	tb_header_set(&counting.answer.header, TB_ANS_DROPS, sizeof(counting.answer));
	tb_send(request->client.sock, &counting.answer, sizeof(counting.answer), NULL, 0);
	request_free(request);
}

/* The kernel has said all about a chain. */
static void chain_is_counted(int error)
{
	struct request *request = request_in(REQUEST_COUNTING);

	counting.until = 0;
	if (request == NULL)
		return;
	if (error != 0)
		refuse_with(request, TB_BUSY, TB_CHECK_REQUESTS);
	else if (counting.to_holder)
		finish_count(request);
	else
		ask_for_chain(request, true);
}

static void take_count_message(const struct nlmsghdr *message)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);

	/* The rest of an answer for which nobody waits any more. */
	if (counting.until == 0 || message->nlmsg_seq != counting.sequence)
		return;
	if (message->nlmsg_type == NEW_RULE)
		drop_counts_take(message, &counting.answer);
	else if (message->nlmsg_type == NLMSG_DONE)
		chain_is_counted(0);
	else if (message->nlmsg_type == NLMSG_ERROR && mnl_nlmsg_get_payload_len(message) >= sizeof(*error))
		chain_is_counted(error->error);
}

/* Reads one datagram. Only the kernel is believed. */
static void on_counts(uint32_t side, uint32_t events)
{
	static char buffer[BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_nl from;
	socklen_t from_length = sizeof(from);
	ssize_t got = recvfrom(counting.sockets[side], buffer, sizeof(buffer), MSG_DONTWAIT, (struct sockaddr *)&from,
			       &from_length);
	int left = (int)got;

	(void)events;
	if (got <= 0 || from.nl_pid != 0)
		return;
	for (const struct nlmsghdr *message = (void *)buffer; link_message_ok(message, left);
	     message = mnl_nlmsg_next(message, &left))
		take_count_message(message);
}

void drops_begin(struct request *request)
{
	if (lease_to_count(request) == NULL) {
		refuse_with(request, TB_NO_LEASE, TB_CHECK_LEASE);
		return;
	}
	if (request_watch(request) < 0) {
		refuse_with(request, TB_BUSY, TB_CHECK_REQUESTS);
		return;
	}
	request->state = REQUEST_TO_COUNT;
	request->deadline = monotonic_ms() + PATIENCE_MS;
}

void drops_proceed(void)
{
	struct request *request = request_in(REQUEST_TO_COUNT);

	if (request == NULL || counting.until > monotonic_ms())
		return;
	memset(&counting.answer, 0, sizeof(counting.answer));
	request->state = REQUEST_COUNTING;
	ask_for_chain(request, false);
}

int drops_init(int here, int shield)
{
	const int sockets[SIDES] = {[SIDE_HERE] = here, [SIDE_SHIELD] = shield};
	int ret = 0;

	memset(&counting, 0, sizeof(counting));
	loop_handle(LOOP_COUNTS, on_counts);
	for (uint32_t side = 0; ret == 0 && side < SIDES; side++) {
		counting.sockets[side] = sockets[side];
		if (sockets[side] >= 0)
			ret = loop_watch(sockets[side], EPOLLIN, LOOP_COUNTS, side);
	}
	return ret;
}
