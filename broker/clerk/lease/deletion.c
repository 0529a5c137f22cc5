/* Orders to the monitor's reaper: see deletion.h. Runs in the clerk; needs no right. */
#include "broker/clerk/lease/deletion.h"

#include "broker/clerk/lease/tunnels.h"
#include "broker/clerk/loop.h"
#include "broker/shared/log.h"
#include "proto/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS 10

/* What waits to be sent: a ring. Each message says its size. */
union job {
	struct tb_header header;
	struct tb_delete deletion;
	struct tb_fdb_entry entry;
	struct tb_repair repair;
};

/* Jobs that wait and are no deletions: each entry that can be known of, and a few repairs of each lease. */
#define OTHERS_MAX(capacity) (FDB_MEMORY + 4 * (capacity))

static int reaper = -1;
static union job *ring;
static uint32_t ring_size;
static uint32_t ring_first;
static uint32_t ring_count;
static uint32_t others; /* of the jobs in the ring, those that are no deletions, */
static uint32_t others_max;
static uint32_t unanswered;
static void (*tell_deleted)(struct lease *lease, int result);

static bool is_deletion(const union job *job)
{
	return job->header.type == TB_REQ_DELETE;
}

/* True if it was sent, or never can be. */
static bool send_job(const union job *job)
{
	int ret = tb_send(reaper, job, job->header.size, NULL, 0);

	if (ret == -EAGAIN || ret == -ENOBUFS || ret == -ENOMEM)
		return false;
	if (ret < 0)
		tb_die("clerk: the monitor's reaper is gone: %s", strerror(-ret));
	unanswered += is_deletion(job);
	return true;
}

/* Sends it now, or in its turn. There is room for each lease, and for each device that is no lease's, with a port. */
static void order_job(const union job *job)
{
	if (ring_count == 0 && send_job(job))
		return;
	if (ring_count == ring_size)
		tb_die("clerk: more devices are to be deleted than there are");
	others += !is_deletion(job);
	ring[(ring_first + ring_count++) % ring_size] = *job;
}

/* One that is no deletion: it must not take the room of those. Returns false if there is none. */
static bool order_other(const union job *job)
{
	if (others == others_max)
		return false;
	order_job(job);
	return true;
}

void deletion_order_stray(const uint8_t id[TB_ID_SIZE], uint32_t ifindex, enum tb_place place)
{
	union job job = {.deletion = {.ifindex = ifindex, .place = place}};

	tb_header_set(&job.header, TB_REQ_DELETE, sizeof(job.deletion));
	memcpy(job.deletion.lease, id, TB_ID_SIZE);
	order_job(&job);
}

void deletion_order(struct lease *lease)
{
	if (lease->away)
		deletion_order_stray(lease->id, 0, TB_PLACE_AWAY);
	else if (lease->tap != 0)
		deletion_order_stray(lease->id, lease->tap, TB_PLACE_SHIELD);
	else
		deletion_order_stray(lease->id, lease->ifindex, TB_PLACE_HERE);
}

void deletion_put_back(const struct fdb_entry *entry)
{
	union job job = {
		.entry = {.port = entry->ifindex, .state = entry->state, .vlan = entry->vlan, .flags = entry->flags}};

	tb_header_set(&job.header, TB_PUT_BACK, sizeof(job.entry));
	memcpy(job.entry.mac, entry->mac, sizeof(job.entry.mac));
	if (!order_other(&job))
		tb_log(TB_LOG_WARNING, "a bridge's entry for port %u is not put back: the reaper is busy",
		       entry->ifindex);
}

void deletion_repair(const struct lease *lease)
{
	union job job = {.repair = {.ifindex = lease->ifindex, .tap = lease->tap}};

	tb_header_set(&job.header, TB_REPAIR, sizeof(job.repair));
	memcpy(job.repair.lease, lease->id, sizeof(job.repair.lease));
	memcpy(job.repair.mac, lease->mac, sizeof(job.repair.mac));
	if (!order_other(&job))
		tb_log(TB_LOG_WARNING, "%s is not put back to what it was made as: the reaper is busy", lease->name);
}

int deletion_expire(void)
{
	while (ring_count > 0 && send_job(&ring[ring_first])) {
		others -= !is_deletion(&ring[ring_first]);
		ring_first = (ring_first + 1) % ring_size;
		ring_count--;
	}
	return ring_count > 0 ? RETRY_MS : -1;
}

uint32_t deletion_count(void)
{
	return ring_count - others + unanswered;
}

static int take_deleted(void *context, const void *message, const int *fds)
{
	const struct tb_deleted *deleted = message;
	struct lease *lease = lease_by_id(deleted->lease);

	(void)context, (void)fds;
	if (unanswered == 0)
		tb_die("clerk: the reaper has deleted a device that nobody ordered it to");
	unanswered--;
	if (lease == NULL) {
		tunnels_end(deleted->lease);
		return 0;
	}
	if (lease->master != 0)
		fdb_restore(lease->ifindex);
	tell_deleted(lease, -deleted->error);
	return 0;
}

static int take_unknown_of_reaper(void *context, const void *message, const int *fds)
{
	(void)context, (void)message, (void)fds;
	tb_die("clerk: the monitor's reaper speaks nonsense");
}

static const struct tb_row rows[] = {
	{TB_ANS_DELETED, sizeof(struct tb_deleted), 0, take_deleted},
	{0, 0, 0, take_unknown_of_reaper},
};

static void on_reaper(uint32_t number, uint32_t events)
{
	int ret = tb_dispatch(reaper, rows, NULL);

	(void)number, (void)events;
	if (ret < 0 && ret != -EAGAIN)
		tb_die("clerk: the monitor is gone");
}

int deletion_init(int channel, uint32_t capacity, void (*deleted)(struct lease *lease, int result))
{
	tell_deleted = deleted;
	reaper = channel;
	free(ring);
	others_max = OTHERS_MAX(capacity);
	ring_size = 3 * capacity + others_max;
	ring_first = 0;
	ring_count = 0;
	others = 0;
	unanswered = 0;
	ring = calloc(ring_size, sizeof(*ring));
	if (ring == NULL)
		return -ENOMEM;
	loop_handle(LOOP_REAPER, on_reaper);
	return loop_watch(channel, EPOLLIN, LOOP_REAPER, 0);
}
