/* The end of a lease, by its client, by the kernel, or by us. Runs in the monitor; the deleting itself is the
 * reaper's. */
#include "broker/monitor/monitor.h"

#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "proto/channel.h"

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static const char *reason_word(enum tb_reason reason)
{
	switch (reason) {
	case TB_REASON_DEVICE_GONE:
		return "device-gone";
	case TB_REASON_NOT_COLLECTED:
		return "not-collected";
	case TB_REASON_PROTOCOL:
		return "protocol";
	case TB_REASON_RELEASED:
		return "released";
	case TB_REASON_REVOKED:
		return "revoked";
	case TB_REASON_GUARD_MAC:
		return "guard-mac";
	case TB_REASON_GUARD_OWNER:
		return "guard-owner";
	case TB_REASON_GUARD_PERSIST:
		return "guard-persist";
	case TB_REASON_GUARD_MASTER:
		return "guard-master";
	case TB_REASON_GUARD_ALIAS:
		return "guard-alias";
	case TB_REASON_GUARD_FLOOD:
		return "guard-flood";
	default:
		return "client";
	}
}

/* Says to the log, and to whoever watches, that the lease has ended. */
static void announce_end(struct monitor *monitor, const struct lease *lease, enum tb_reason reason)
{
	struct decision decision = {
		.operation = "end",
		.uid = lease->uid,
		.pid = lease->pid,
		.network = lease->network->name,
		.kind = kind_word(lease->network->kind),
		.name = lease->name,
		.verdict = "ended",
		.reason = reason_word(reason),
		.lease = lease->id,
	};

	log_decision(&decision);
	watchers_tell(monitor, lease, TB_EVENT_ENDED, reason);
}

/* True if the client has read its answer: nothing that we sent is on its way. */
static bool collected(const struct lease *lease)
{
	int unread = 0;

	return ioctl(lease->lifeline, SIOCOUTQ, &unread) == 0 && unread == 0;
}

static void close_lifeline(struct lease *lease)
{
	hang_up(&lease->lifeline);
	tb_close(&lease->holder);
}

static void tell(const struct lease *lease, enum tb_reason reason)
{
	struct tb_end end;

	memset(&end, 0, sizeof(end));
	tb_header_set(&end.header, TB_ANS_END, sizeof(end));
	end.reason = reason;
	memcpy(end.lease, lease->id, sizeof(end.lease));
	tb_send(lease->lifeline, &end, sizeof(end), NULL, 0);
}

/* Frees the lease if nothing is left of it: neither the device, nor its turn, nor fds that the client has not fetched.
 * Those stay charged to the broker until the client closes its end. */
static void settle(struct monitor *monitor, struct lease *lease)
{
	if (lease->ifindex != 0 || lease->turn != TURN_NONE)
		return;
	requests_lease_gone(monitor, lease->id);
	if (lease->lifetime == TB_LIFETIME_SESSION)
		store_drop(monitor->supervisor, lease);
	if (lease->lifeline < 0)
		lease_free(&monitor->leases, lease);
}

void lease_turn_over(struct monitor *monitor, struct lease *lease)
{
	settle(monitor, lease);
}

/* Has what is left of the device deleted, once. */
static void retire(struct monitor *monitor, struct lease *lease)
{
	if (lease->ending)
		return;
	lease->ending = true;
	turn_wait(monitor, lease);
}

void lease_discard(struct monitor *monitor, struct lease *lease)
{
	hang_up(&lease->lifeline);
	if (lease->ifindex != 0)
		retire(monitor, lease);
	settle(monitor, lease);
}

/* Tells the holder, if there is one. With an answer that was not fetched the lifeline stays, closed on our side, until
 * the client closes its own. */
static void part(struct lease *lease, enum tb_reason reason)
{
	bool fetched;

	if (lease->lifeline < 0)
		return;
	fetched = collected(lease);
	tell(lease, reason);
	if (fetched)
		close_lifeline(lease);
	else
		shutdown(lease->lifeline, SHUT_WR);
}

/* What its user could do as often as it likes. Anything else must not wait. */
static bool is_clients_own(enum tb_reason reason)
{
	return reason == TB_REASON_CLIENT || reason == TB_REASON_PROTOCOL || reason == TB_REASON_NOT_COLLECTED ||
	       reason == TB_REASON_RELEASED;
}

void lease_end(struct monitor *monitor, struct lease *lease, enum tb_reason reason)
{
	if (lease->ifindex != 0 && !lease->ending)
		announce_end(monitor, lease, reason);
	tb_close(&lease->holder);
	part(lease, reason);
	retire(monitor, lease);
	if (!is_clients_own(reason))
		turn_jump(monitor, lease);
	settle(monitor, lease);
}

void lease_interrupted(struct monitor *monitor, uint32_t number)
{
	struct lease *lease = lease_by_number(&monitor->leases, number);
	enum tb_reason reason;
	char byte;
	ssize_t got;

	/* An event of a lifeline that is closed by now. */
	if (lease == NULL || lease->network == NULL || lease->lifeline < 0)
		return;
	got = recv(lease->lifeline, &byte, sizeof(byte), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	reason = got > 0 ? TB_REASON_PROTOCOL : TB_REASON_CLIENT;
	if (reason == TB_REASON_PROTOCOL)
		tell(lease, reason);
	/* Who has hung up cannot fetch what was not fetched, and who breaks the protocol need not. */
	close_lifeline(lease);
	/* The other lifetimes do not hang on the lifeline. */
	if (reason == TB_REASON_CLIENT && lease->lifetime != TB_LIFETIME_SESSION)
		settle(monitor, lease);
	else
		lease_end(monitor, lease, reason);
}

void lease_keep(struct monitor *monitor, struct lease *lease, int lifeline, int holder)
{
	uint32_t number = lease_number(&monitor->leases, lease);
	int ret = 0;

	lease->lifeline = lifeline;
	lease->holder = holder;
	if (lifeline >= 0)
		ret = monitor_watch(monitor, lifeline, SOURCE_LEASE, number);
	else if (holder >= 0)
		ret = monitor_watch(monitor, holder, SOURCE_HOLDER, number);
	if (ret < 0)
		tb_die("cannot watch the holder of %s: %s", lease->name, strerror(-ret));
}

void lease_holder_gone(struct monitor *monitor, uint32_t number)
{
	struct lease *lease = lease_by_number(&monitor->leases, number);

	if (lease != NULL && lease->network != NULL && lease->holder >= 0)
		lease_end(monitor, lease, TB_REASON_CLIENT);
}

void lease_device_gone(struct monitor *monitor, uint32_t ifindex)
{
	struct lease *lease = lease_by_ifindex(&monitor->leases, ifindex);

	/* If we are deleting the device, the reaper says when it is done. */
	if (lease == NULL || lease->deleting)
		return;
	if (lease->ending) {
		lease_clear_device(&monitor->leases, lease);
		return;
	}
	announce_end(monitor, lease, TB_REASON_DEVICE_GONE);
	tb_close(&lease->holder);
	lease_clear_device(&monitor->leases, lease);
	part(lease, TB_REASON_DEVICE_GONE);
	retire(monitor, lease);
}

void lease_reaped(struct monitor *monitor, uint32_t number, int result)
{
	struct lease *lease = lease_by_number(&monitor->leases, number);

	if (result < 0 && lease->away)
		tb_log(TB_LOG_ERROR, "cannot delete %s in its client's network namespace: %s; it is left to its holder",
		       lease->name, result == -EXDEV ? "it is not there any more" : strerror(-result));
	else if (result < 0 && result != -ENODEV)
		tb_log(TB_LOG_ERROR, "cannot delete %s, ifindex %u: %s; it is left to the administrator", lease->name,
		       lease->ifindex, result == -EPERM ? "its alias is not ours any more" : strerror(-result));
	if (lease->master != 0)
		fdb_restore(monitor, lease->ifindex);
	lease_clear_device(&monitor->leases, lease);
	turn_device_gone(monitor, lease);
}

int leases_expire(struct monitor *monitor)
{
	struct lease_list *list = &monitor->leases.uncollected;
	uint64_t now = monotonic_ms();
	struct lease *lease;

	while ((lease = TAILQ_FIRST(list)) != NULL) {
		if (lease->collect_by > now)
			return (int)(lease->collect_by - now);
		TAILQ_REMOVE(list, lease, uncollected);
		lease->in_uncollected = false;
		if (lease->lifeline >= 0 && !collected(lease))
			lease_end(monitor, lease, TB_REASON_NOT_COLLECTED);
	}
	return -1;
}
