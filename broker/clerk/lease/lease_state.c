/* What becomes of a lease: see lease_state.h. Runs in the clerk; needs no right. The deleting itself is the monitor's.
 *
 * The table below is the whole of a lease's life.
 *
 *	ORDERED -> UNFETCHED -> HELD
 *	              |          |        it ends                       its turn            its time is over
 *	              +----------+------> WAITING ------------------------> DELETING ------------> LATE
 *	                                   |  jumps: JUMPED ------------------|                     |
 *	                                   |            | deleted             | deleted             | deleted
 *	                                   +-> WAITING_GONE -----------------> RESTING ------------> UNCLAIMED -> FREE
 */
#include "broker/clerk/lease/lease_state.h"

#include "broker/clerk/client/client_socket.h"
#include "broker/clerk/lease/deletion.h"
#include "broker/clerk/lease/keeping.h"
#include "broker/clerk/lease/tunnels.h"
#include "broker/clerk/lease/turns.h"
#include "broker/clerk/loop.h"
#include "broker/shared/clock.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "proto/channel.h"

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* How long a client may leave its answer, and the fds in it, unread: they count against the broker. */
#define FETCH_DEADLINE_MS 5000

static struct lease_list unfetched = TAILQ_HEAD_INITIALIZER(unfetched); /* in order of until */
static const struct lease_audience *audience;

static void await_fetching(struct lease *lease)
{
	lease->until = monotonic_ms() + FETCH_DEADLINE_MS;
	TAILQ_INSERT_TAIL(&unfetched, lease, queue);
}

static void fetched(struct lease *lease)
{
	TAILQ_REMOVE(&unfetched, lease, queue);
}

static void end_unfetched(struct lease *lease)
{
	fetched(lease);
	turns_wait(lease);
}

static void end_unfetched_now(struct lease *lease)
{
	fetched(lease);
	deletion_order(lease);
	turns_wait(lease);
}

static void end_now(struct lease *lease)
{
	deletion_order(lease);
	turns_wait(lease);
}

static void take_turn(struct lease *lease)
{
	turns_take(lease);
	deletion_order(lease);
}

/* Nothing is left but, maybe, an answer that the client never read. */
static void settle(struct lease *lease)
{
	keeping_drop(lease);
	audience->gone(lease);
	turns_over(lease);
	if (lease->lifeline < 0)
		lease_happens(lease, LEASE_LEFT);
}

static void leave(struct lease *lease)
{
	lease_free(lease);
	audience->counts_no_more();
}

static const struct {
	enum lease_state from;
	enum lease_event event;
	enum lease_state to;
	void (*deed)(struct lease *lease); /* comes after the change; NULL: none */
} rows[] = {
	{LEASE_ORDERED, LEASE_MADE, LEASE_UNFETCHED, await_fetching},
	{LEASE_ORDERED, LEASE_ADOPTED, LEASE_HELD, NULL},
	/* A failure costs its user a turn, like a device. */
	{LEASE_ORDERED, LEASE_REFUSED, LEASE_WAITING_GONE, turns_wait},
	{LEASE_ORDERED, LEASE_HALF_MADE, LEASE_JUMPED, turns_wait},

	{LEASE_UNFETCHED, LEASE_FETCHED, LEASE_HELD, fetched},
	{LEASE_UNFETCHED, LEASE_END, LEASE_WAITING, end_unfetched},
	{LEASE_UNFETCHED, LEASE_END_NOW, LEASE_JUMPED, end_unfetched_now},
	{LEASE_UNFETCHED, LEASE_GONE, LEASE_WAITING_GONE, end_unfetched},

	{LEASE_HELD, LEASE_END, LEASE_WAITING, turns_wait},
	{LEASE_HELD, LEASE_END_NOW, LEASE_JUMPED, end_now},
	{LEASE_HELD, LEASE_GONE, LEASE_WAITING_GONE, turns_wait},

	{LEASE_WAITING, LEASE_END_NOW, LEASE_JUMPED, deletion_order},
	{LEASE_WAITING, LEASE_GONE, LEASE_WAITING_GONE, NULL},
	{LEASE_WAITING, LEASE_TURN, LEASE_DELETING, take_turn},

	{LEASE_JUMPED, LEASE_DELETED, LEASE_WAITING_GONE, NULL},
	{LEASE_JUMPED, LEASE_TURN, LEASE_DELETING, turns_take},

	{LEASE_WAITING_GONE, LEASE_TURN, LEASE_RESTING, turns_take},

	{LEASE_DELETING, LEASE_DELETED, LEASE_RESTING, NULL},
	{LEASE_DELETING, LEASE_TURN_OVER, LEASE_LATE, NULL},
	{LEASE_LATE, LEASE_DELETED, LEASE_UNCLAIMED, settle},
	{LEASE_RESTING, LEASE_TURN_OVER, LEASE_UNCLAIMED, settle},

	{LEASE_UNCLAIMED, LEASE_LEFT, LEASE_FREE, leave},
};

void lease_happens(struct lease *lease, enum lease_event event)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].from != lease->state || rows[i].event != event)
			continue;
		lease->state = rows[i].to;
		if (rows[i].deed != NULL)
			rows[i].deed(lease);
		return;
	}
}

void lease_turn_begins(struct lease *lease)
{
	lease_happens(lease, LEASE_TURN);
}

void lease_turn_is_over(struct lease *lease)
{
	lease_happens(lease, LEASE_TURN_OVER);
}

void leases_tell(const struct lease_audience *listeners)
{
	audience = listeners;
}

/* True if the client has read its answer: nothing that was sent to it is on its way. */
static bool has_fetched(const struct lease *lease)
{
	int unread = 0;

	return ioctl(lease->lifeline, SIOCOUTQ, &unread) == 0 && unread == 0;
}

static void lifeline_close(struct lease *lease)
{
	client_socket_hang_up(&lease->lifeline);
}

static void holder_close(struct lease *lease)
{
	if (lease->holder >= 0)
		loop_forget(lease->holder);
	tb_close(&lease->holder);
}

static void tell_holder(const struct lease *lease, enum tb_reason reason)
{
	struct tb_end end;

	memset(&end, 0, sizeof(end));
	tb_header_set(&end.header, TB_ANS_END, sizeof(end));
	end.reason = reason;
	memcpy(end.lease, lease->id, sizeof(end.lease));
	tb_send(lease->lifeline, &end, sizeof(end), NULL, 0);
}

/* With an answer that was not fetched the lifeline stays until the client closes its end: the fds in it are charged to
 * the broker until then. It is not shut down for writing as well: a socket that is shut down both ways looks like one
 * whose client has hung up. */
static void part(struct lease *lease, enum tb_reason reason)
{
	bool done;

	holder_close(lease);
	if (lease->lifeline < 0)
		return;
	done = has_fetched(lease);
	tell_holder(lease, reason);
	if (done)
		lifeline_close(lease);
}

static bool is_live(const struct lease *lease)
{
	return lease->state == LEASE_UNFETCHED || lease->state == LEASE_HELD;
}

/* Its user could do these as often as it likes, or have many end in one moment. Anything else must not wait for a
 * turn. */
static bool may_wait(enum tb_reason reason)
{
	return reason == TB_REASON_CLIENT || reason == TB_REASON_NOT_COLLECTED || reason == TB_REASON_RELEASED ||
	       reason == TB_REASON_EXPIRED;
}

void lease_end(struct lease *lease, enum tb_reason reason)
{
	if (is_live(lease)) {
		audience->ended(lease, reason);
		part(lease, reason);
	}
	lease_happens(lease, may_wait(reason) ? LEASE_END : LEASE_END_NOW);
}

/* The kernel has removed what hung on the device, and nothing else. */
static void device_is_gone(struct lease *lease)
{
	tunnels_end(lease->id);
	lease_clear_device(lease);
}

void lease_device_gone(struct lease *lease)
{
	/* If we are deleting the device, the reaper says when it is done. */
	if (lease->state != LEASE_UNFETCHED && lease->state != LEASE_HELD && lease->state != LEASE_WAITING)
		return;
	if (is_live(lease)) {
		audience->ended(lease, TB_REASON_DEVICE_GONE);
		part(lease, TB_REASON_DEVICE_GONE);
	}
	/* What locked it is still there, or its port, or its tap: the reaper deletes that, as if the device were, and
	 * finds out that it is not. */
	if (lease->tap != 0 || lease_is_locked(lease)) {
		lease_happens(lease, LEASE_END);
		return;
	}
	device_is_gone(lease);
	lease_happens(lease, LEASE_GONE);
}

static void log_left_over(const struct lease *lease, int error)
{
	if (lease->away)
		tb_log(TB_LOG_ERROR, "cannot delete %s in its client's network namespace: %s; it is left to its holder",
		       lease->name, error == -EXDEV ? "it is not there any more" : strerror(-error));
	else
		tb_log(TB_LOG_ERROR, "cannot delete %s, ifindex %u: %s; it is left to the administrator", lease->name,
		       lease->ifindex, error == -EPERM ? "its alias is not ours any more" : strerror(-error));
}

void lease_deleted(struct lease *lease, int result)
{
	if (result < 0 && result != -ENODEV)
		log_left_over(lease, result);
	device_is_gone(lease);
	lease_happens(lease, LEASE_DELETED);
}

/* The client has closed its end. What was not fetched is gone with that; only a session hangs on the lifeline. */
static void on_lifeline(uint32_t number, uint32_t events)
{
	struct lease *lease = lease_by_number(number);

	(void)events;
	/* An event of a lifeline that is closed by now. */
	if (lease == NULL || lease->lifeline < 0 || !client_socket_hung_up(lease->lifeline))
		return;
	lifeline_close(lease);
	lease->left_at = monotonic_ms();
	if (is_live(lease) && (1u << lease->lifetime & TB_LIFETIMES_CONNECTED) != 0)
		lease_end(lease, TB_REASON_CLIENT);
	else
		lease_happens(lease, LEASE_LEFT);
}

/* The process that held a lease whose lifeline was lost has ended. */
static void on_holder(uint32_t number, uint32_t events)
{
	struct lease *lease = lease_by_number(number);

	(void)events;
	if (lease != NULL && lease->holder >= 0)
		lease_end(lease, TB_REASON_CLIENT);
}

/* Only the end of a lifeline is watched for: it is shut down for reading, so it would be readable for ever. */
static void lifeline_watch(struct lease *lease)
{
	int ret = loop_watch(lease->lifeline, 0, LOOP_LIFELINE, lease_number(lease));

	if (ret < 0)
		tb_die("clerk: cannot watch the holder of %s: %s", lease->name, strerror(-ret));
}

void lease_hand_out(struct lease *lease, int lifeline)
{
	lease->lifeline = lifeline;
	lifeline_watch(lease);
	lease_happens(lease, LEASE_MADE);
}

void lease_keep(struct lease *lease, int lifeline, int holder)
{
	int ret = 0;

	lease->lifeline = lifeline;
	lease->holder = holder;
	if (lifeline >= 0)
		lifeline_watch(lease);
	else if (holder >= 0)
		ret = loop_watch(holder, EPOLLIN, LOOP_HOLDER, lease_number(lease));
	if (ret < 0)
		tb_die("clerk: cannot watch the holder of %s: %s", lease->name, strerror(-ret));
	lease_happens(lease, LEASE_ADOPTED);
}

void leases_notice_hang_ups(uid_t account, const struct network *network, const char *name)
{
	struct lease *lease = TAILQ_FIRST(leases_all());
	bool any = network != NULL && leases_table_full_for(account);
	bool full = network != NULL && leases_network_full(network);

	while (lease != NULL) {
		struct lease *next = TAILQ_NEXT(lease, link);

		if (any || lease->account == account || (full && lease->network == network) ||
		    lease_has_name(lease, name))
			on_lifeline(lease_number(lease), 0);
		lease = next;
	}
}

int leases_expire(void)
{
	uint64_t now = monotonic_ms();
	struct lease *lease;

	while ((lease = TAILQ_FIRST(&unfetched)) != NULL) {
		if (lease->lifeline >= 0 && lease->until > now && !has_fetched(lease))
			return (int)(lease->until - now);
		if (lease->lifeline < 0 || has_fetched(lease))
			lease_happens(lease, LEASE_FETCHED);
		else
			lease_end(lease, TB_REASON_NOT_COLLECTED);
	}
	return -1;
}

void leases_listen(void)
{
	TAILQ_INIT(&unfetched);
	loop_handle(LOOP_LIFELINE, on_lifeline);
	loop_handle(LOOP_HOLDER, on_holder);
}
