/* Orders: see order.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/order.h"

#include "broker/clerk/decision.h"
#include "broker/clerk/lease/deletion.h"
#include "broker/clerk/lease/guard.h"
#include "broker/clerk/lease/keeping.h"
#include "broker/clerk/lease/lease_state.h"
#include "broker/clerk/lease/lease_time.h"
#include "broker/clerk/lease/mend.h"
#include "broker/clerk/lease/turns.h"
#include "broker/clerk/loop.h"
#include "broker/clerk/monitor.h"
#include "broker/clerk/request/guest_choice.h"
#include "broker/clerk/request/overlap.h"
#include "broker/clerk/request/refusal.h"
#include "broker/clerk/request/request_log.h"
#include "broker/shared/clock.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "proto/channel.h"
#include "proto/checks.h"
#include "proto/name.h"
#include "proto/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Milliseconds until a monitor that was too busy is told again. */
#define RETRY_MS 5

/* While a device moves to another network namespace, for about 16 ms, nobody on the machine can make or change a link.
 * This is how long others have their turn before the next one moves. */
#define MOVE_PAUSE_MS 50

static struct request *under_way; /* NULL: none */
static uid_t last_account;        /* whose order was the last one */
static uint64_t next_move;        /* not before this millisecond of the monotonic clock */
static void (*granted)(const struct lease *lease);

void orders_init(void (*begun)(const struct lease *lease))
{
	under_way = NULL;
	next_move = 0;
	granted = begun;
}

static bool moves(const struct request *request)
{
	return (request->message.flags & TB_REQUEST_NETNS) != 0;
}

void order_ready(struct request *request)
{
	request->state = REQUEST_READY;
	request->deadline = UINT64_MAX;
}

/* The oldest request of another user than the last one, or else the oldest. */
static struct request *next_ready(void)
{
	uint64_t now = monotonic_ms();
	struct request *oldest = NULL;
	struct request *request;

	TAILQ_FOREACH(request, requests_used(), link) {
		if (request->state != REQUEST_READY || (moves(request) && now < next_move))
			continue;
		if (request->client.account != last_account)
			return request;
		if (oldest == NULL)
			oldest = request;
	}
	return oldest;
}

/* Milliseconds until a request that waits for its move may go on, or -1. */
static int until_move(void)
{
	uint64_t now = monotonic_ms();
	const struct request *request;

	TAILQ_FOREACH(request, requests_used(), link)
		if (request->state == REQUEST_READY && moves(request))
			return next_move > now ? (int)(next_move - now) : 0;
	return -1;
}

/* Where leases have addresses of their own: one is chosen, or the request is refused. */
static bool choose_guest(struct request *request, uint32_t *guest)
{
	const struct network *network = request->network;
	char other[TB_NAME_SIZE];

	*guest = 0;
	if (!network->own_bridge)
		return true;
	if (network->guests == 0) {
		refuse_failed(request, &(struct outcome){.status = TB_LOWER_MISSING, .check = TB_CHECK_NO_ADDRESS},
			      tb_check_word(TB_CHECK_NO_ADDRESS));
		return false;
	}
	if (overlap_there(network, other)) {
		if (decision_room(request->client.account))
			tb_log(TB_LOG_ERROR,
			       "network %s: no device is handed out: the host reaches some of its addresses by %s; give one of both other addresses",
			       network->name, other);
		refuse_with(request, TB_IN_USE, TB_CHECK_OVERLAP);
		return false;
	}
	*guest = guest_choose(network, request->client.uid, request->message.name);
	if (*guest == 0)
		refuse(request, &(struct outcome){.status = TB_QUOTA_NETWORK,
						  .check = TB_CHECK_MAX,
						  .quota = TB_QUOTA_OF_NETWORK});
	return *guest != 0;
}

/* Returns 0 or -EAGAIN. */
static int order_send(const struct request *request, uint32_t guest)
{
	struct tb_order order;

	memset(&order, 0, sizeof(order));
	tb_header_set(&order.header, TB_REQ_ORDER, sizeof(order));
	order.question = request->question;
	order.gid = request->client.gid;
	order.guest = guest;
	return monitor_send(&order, sizeof(order), request->client.sock);
}

/* Begins the lease and sends its order. While the request was ready, others of its user may have taken what was free.
 * Returns 0, also if there is no room for it, or -EAGAIN. */
static int give_order(struct request *request)
{
	struct lease_quota full;
	uint32_t guest;
	int ret;

	if (!choose_guest(request, &guest))
		return 0;
	request->lease = lease_begin(request->network, request->client.uid, &full);
	if (request->lease == NULL) {
		refuse(request, &(struct outcome){.status = full.status,
						  .check = full.check,
						  .quota = full.quota,
						  .held = full.held,
						  .limit = full.limit});
		return 0;
	}
	ret = order_send(request, guest);
	if (ret < 0) {
		lease_free(request->lease);
		return ret;
	}
	turns_serve(request->client.account);
	/* The monitor answers first: until then nobody here has an eye on the socket. */
	loop_forget(request->client.sock);
	request->state = REQUEST_ORDERED;
	last_account = request->client.account;
	under_way = request;
	return 0;
}

const struct request *order_under_way(void)
{
	return under_way;
}

int orders_expire(void)
{
	struct request *request;

	while (under_way == NULL && (request = next_ready()) != NULL)
		if (give_order(request) < 0)
			return RETRY_MS;
	return under_way != NULL ? -1 : until_move();
}

/* The lease has its device, and takes the client's socket over as its lifeline. */
static void begin_lease(struct request *request, const struct tb_made *made)
{
	struct lease *lease = request->lease;

	lease->lifetime = request->message.lifetime;
	lease->gid = request->client.gid;
	lease->pid = request->client.pid;
	lease->start_time = request->client.start_time;
	lease->since = made->since;
	lease->given = request->network->device[0] != '\0';
	lease->away = moves(request);
	lease->nsid = made->nsid;
	lease->master = made->master;
	lease->mtu = made->mtu;
	lease->stored = made->stored == TB_STORED_YES;
	memcpy(lease->mac, made->mac, sizeof(lease->mac));
	memcpy(lease->external_id, request->external_id, sizeof(lease->external_id));
	lease_set_id(lease, made->lease);
	lease_set_device(lease, made->name, made->ifindex);
	if (made->tap != 0)
		lease_set_tap(lease, made->tap);
	if (made->stored == TB_STORED_NOT_YET)
		keeping_store(lease);
	lease_hand_out(lease, tb_take(&request->client.sock));
	/* Its holder may have changed it before we knew its ifindex. */
	guard_look(lease);
	mend_begin(lease);
	lease_time_begin(lease);
}

/* What is there of a device that nobody got is deleted at once, as that of any lease. Of a shielded one the tap goes
 * with its fds, and may not say yet whose it is. */
static void end_half_made(const struct request *request, const struct tb_made *made)
{
	struct lease *lease = request->lease;

	memcpy(lease->name, made->name, sizeof(lease->name));
	lease->ifindex = made->ifindex;
	lease_set_id(lease, made->lease);
	if (network_shielded(request->network))
		deletion_order_stray(made->lease, 0, TB_PLACE_SHIELD);
	else
		deletion_order_stray(made->lease, made->ifindex, TB_PLACE_HERE);
	lease_happens(lease, LEASE_HALF_MADE);
}

/* For the log: create-EBUSY. */
static const char *failure_word(const struct tb_made *made)
{
	static char word[64];
	const char *error = strerrorname_np(made->error);
	const char *stage = tb_stage_word(made->stage);

	switch (made->status) {
	case TB_KERNEL:
		snprintf(word, sizeof(word), "%s-%s", stage != NULL ? stage : "unknown",
			 error != NULL ? error : "unknown");
		return word;
	case TB_NAME_TAKEN:
		return "name-taken";
	case TB_LOWER_MISSING:
		return made->lower != TB_CHECK_NONE ? tb_check_word(made->lower) : "lower-missing";
	case TB_NODE_REFUSED:
		return "node-refused";
	case TB_NO_VHOST:
		return "no-vhost";
	case TB_BUSY:
		return "busy";
	default:
		return "unknown";
	}
}

/* The kernel makes no macvtap on a link that another device has: a port is its bridge's. */
static bool parent_is_taken(const struct request *request, const struct tb_made *made)
{
	return request->network->kind == TB_KIND_MACVTAP && made->stage == TB_STAGE_CREATE && made->error == EBUSY;
}

static void answer_refusal(struct request *request, const struct tb_made *made)
{
	struct outcome outcome = {.status = made->status};

	switch (made->status) {
	case TB_DENIED:
		if (made->check == TB_ORDER_NO_YES)
			refuse_with(request, TB_BUSY, TB_CHECK_POLKIT_TIMEOUT);
		else
			refuse_with(request, TB_DENIED, TB_CHECK_PEER_GONE);
		return;
	case TB_NOT_OWN_NETNS:
		outcome.check = TB_CHECK_NETNS;
		refuse(request, &outcome);
		return;
	case TB_QUOTA_NETWORK:
		outcome.quota = TB_QUOTA_OF_NETWORK;
		outcome.check = TB_CHECK_MAX;
		refuse(request, &outcome);
		return;
	case TB_LOWER_MISSING:
		outcome.check = made->lower;
		break;
	case TB_KERNEL:
		if (parent_is_taken(request, made)) {
			if (decision_room(request->client.account))
				tb_log(TB_LOG_WARNING,
				       "%s is a port of a bridge, or has another master, so no macvtap can be on it; Parent= with the name of that one may do",
				       request->network->parent);
			outcome.status = TB_LOWER_MISSING;
			break;
		}
		outcome.stage = made->stage;
		outcome.error = made->error;
		break;
	}
	refuse_failed(request, &outcome, failure_word(made));
}

void order_made(const struct tb_made *made)
{
	struct request *request = under_way;

	if (request == NULL || made->status >= TB_STATUS_COUNT || made->lower >= TB_CHECK_COUNT ||
	    (made->status == TB_OK && !tb_name_valid(made->name, sizeof(made->name))))
		tb_die("clerk: the monitor answers an order that it was not given");
	under_way = NULL;
	/* It is spent, whatever came of the order; until now it held its place. */
	request->has_yes = false;
	if (moves(request))
		next_move = monotonic_ms() + MOVE_PAUSE_MS;
	if (made->status == TB_OK) {
		begin_lease(request, made);
		request_log(request, "granted", NULL, request->lease);
		granted(request->lease);
		request_free(request);
	} else {
		if (made->stored != TB_STORED_NONE)
			keeping_drop_id(made->lease);
		if (made->there != 0)
			end_half_made(request, made);
		else
			lease_happens(request->lease, LEASE_REFUSED);
		request->state = REQUEST_WAITING;
		answer_refusal(request, made);
	}
}
