/* Turns: see turns.h. Runs in the monitor; needs no right. The deleting itself is the reaper's. */
#include "broker/monitor/turns.h"

#include "broker/monitor/monitor.h"
#include "broker/shared/fd.h"

int turns_init(struct turns *turns, uint32_t capacity)
{
	TAILQ_INIT(&turns->waiting);
	TAILQ_INIT(&turns->taken);
	turns->last_at = 0;
	turns->others_at = 0;
	return map_init(&turns->counts, capacity);
}

void turns_destroy(struct turns *turns)
{
	map_destroy(&turns->counts);
}

void turns_serve(struct monitor *monitor, uid_t uid)
{
	struct turns *turns = &monitor->turns;

	if (turns->last_user != uid)
		turns->others_at = turns->last_at;
	turns->last_user = uid;
	turns->last_at = monotonic_ms();
}

static bool alone(const struct turns *turns, uid_t uid)
{
	uint64_t others_at = turns->last_user == uid ? turns->others_at : turns->last_at;

	return others_at == 0 || monotonic_ms() - others_at > TURNS_ALONE_MS;
}

static bool has_turn(const struct turns *turns, uid_t uid)
{
	const uint32_t *count = map_find(&turns->counts, uid);

	return count == NULL || *count < (alone(turns, uid) ? TURNS_MANY : TURNS_FEW);
}

static void delete_device(struct monitor *monitor, struct lease *lease)
{
	if (lease->ifindex == 0 || lease->deleting)
		return;
	lease->deleting = true;
	if (lease->away)
		reaper_delete_away(&monitor->reaper, tb_take(&lease->device), lease_number(&monitor->leases, lease));
	else
		reaper_delete(&monitor->reaper, lease->ifindex, lease_number(&monitor->leases, lease));
}

static void begin(struct monitor *monitor, struct lease *lease)
{
	lease->turn = TURN_TAKEN;
	lease->turn_until = monotonic_ms() + TURN_MS;
	TAILQ_INSERT_TAIL(&monitor->turns.taken, lease, turns);
	(*map_insert(&monitor->turns.counts, lease->uid))++;
	delete_device(monitor, lease);
}

static struct lease *next_of(const struct turns *turns, uid_t uid)
{
	struct lease *lease;

	TAILQ_FOREACH(lease, &turns->waiting, turns)
		if (lease->uid == uid)
			return lease;
	return NULL;
}

static void begin_next(struct monitor *monitor, uid_t uid)
{
	struct turns *turns = &monitor->turns;
	struct lease *next;

	while (has_turn(turns, uid) && (next = next_of(turns, uid)) != NULL) {
		TAILQ_REMOVE(&turns->waiting, next, turns);
		begin(monitor, next);
	}
}

static void over(struct monitor *monitor, struct lease *lease)
{
	uid_t uid = lease->uid;
	uint32_t *count = map_find(&monitor->turns.counts, uid);

	if (--*count == 0)
		map_remove(&monitor->turns.counts, uid);
	lease->turn = TURN_NONE;
	lease_turn_over(monitor, lease);
	begin_next(monitor, uid);
}

void turn_wait(struct monitor *monitor, struct lease *lease)
{
	if (has_turn(&monitor->turns, lease->uid)) {
		begin(monitor, lease);
	} else {
		lease->turn = TURN_WAITING;
		TAILQ_INSERT_TAIL(&monitor->turns.waiting, lease, turns);
	}
}

void turn_jump(struct monitor *monitor, struct lease *lease)
{
	delete_device(monitor, lease);
}

void turn_device_gone(struct monitor *monitor, struct lease *lease)
{
	if (lease->turn == TURN_LATE)
		over(monitor, lease);
}

int turns_expire(struct monitor *monitor)
{
	struct lease_list *list = &monitor->turns.taken;
	uint64_t now = monotonic_ms();
	struct lease *lease;

	while ((lease = TAILQ_FIRST(list)) != NULL) {
		if (lease->turn_until > now)
			return (int)(lease->turn_until - now);
		TAILQ_REMOVE(list, lease, turns);
		lease->turn = TURN_LATE;
		if (lease->ifindex == 0)
			over(monitor, lease);
	}
	return -1;
}

void turns_end(struct monitor *monitor)
{
	struct lease *lease;

	TAILQ_FOREACH(lease, &monitor->turns.waiting, turns)
		delete_device(monitor, lease);
}
