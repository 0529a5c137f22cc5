/* What the supervisor keeps: see keeping.h. Runs in the clerk; needs no right. */
#include "broker/clerk/lease/keeping.h"

#include "broker/clerk/monitor.h"
#include "broker/shared/clock.h"
#include "broker/shared/log.h"
#include "proto/channel.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The pause before the next try, which doubles up to the second. */
#define RETRY_MS 50
#define RETRY_MOST_MS 800

/* Something to say, in a ring. */
struct wish {
	uint8_t id[TB_ID_SIZE];
	bool drop; /* else: store */
};

static struct wish *ring;
static uint32_t ring_size;
static uint32_t ring_first;
static uint32_t ring_count;
static bool under_way;    /* the first has been said, and waits for its answer */
static uint64_t next_try; /* milliseconds of the monotonic clock */
static uint64_t pause_ms; /* until the try after that */

int keeping_init(uint32_t capacity)
{
	free(ring);
	ring_size = 4 * capacity;
	ring_first = 0;
	ring_count = 0;
	under_way = false;
	next_try = 0;
	pause_ms = RETRY_MS;
	ring = calloc(ring_size, sizeof(*ring));
	return ring == NULL ? -ENOMEM : 0;
}

static void wish(const uint8_t id[TB_ID_SIZE], bool drop)
{
	struct wish *last;

	if (ring_count == ring_size) {
		tb_log(TB_LOG_ERROR,
		       "the supervisor does not read: the next start of the broker sorts out what it keeps");
		return;
	}
	last = &ring[(ring_first + ring_count++) % ring_size];
	memcpy(last->id, id, TB_ID_SIZE);
	last->drop = drop;
}

void keeping_store(struct lease *lease)
{
	wish(lease->id, false);
}

void keeping_drop(struct lease *lease)
{
	/* The monitor forgets a device that is away with this. */
	if (lease->stored || lease->away)
		wish(lease->id, true);
	lease->stored = false;
}

void keeping_drop_id(const uint8_t id[TB_ID_SIZE])
{
	wish(id, true);
}

static void done(void)
{
	ring_first = (ring_first + 1) % ring_size;
	ring_count--;
	under_way = false;
}

/* Says the first wish. A lease that has ended meanwhile is not stored any more. */
static void say(const struct wish *wish)
{
	struct tb_store message;
	struct lease *lease = wish->drop ? NULL : lease_by_id(wish->id);
	int lifeline = lease != NULL ? lease->lifeline : -1;

	if (!wish->drop && lifeline < 0) {
		done();
		return;
	}
	tb_header_set(&message.header, wish->drop ? TB_REQ_DROP : TB_REQ_STORE, sizeof(message));
	memcpy(message.lease, wish->id, sizeof(message.lease));
	under_way = monitor_send(&message, sizeof(message), lifeline) == 0;
	next_try = monotonic_ms() + pause_ms;
	pause_ms = pause_ms < RETRY_MOST_MS ? 2 * pause_ms : RETRY_MOST_MS;
}

void keeping_answered(const struct tb_stored *answer)
{
	bool was_stored = !ring[ring_first].drop && answer->error == 0;
	struct lease *lease;

	if (!under_way || memcmp(ring[ring_first].id, answer->lease, TB_ID_SIZE) != 0)
		tb_die("clerk: the monitor answers what it was not asked about the supervisor");
	if (answer->error == EAGAIN) {
		under_way = false;
		return;
	}
	lease = lease_by_id(answer->lease);
	/* One that has settled while it was being stored drops nothing any more. */
	if (was_stored && (lease == NULL || lease->state == LEASE_UNCLAIMED))
		keeping_drop_id(answer->lease);
	else if (was_stored)
		lease->stored = true;
	done();
	next_try = 0;
	pause_ms = RETRY_MS;
}

int keeping_expire(void)
{
	uint64_t now = monotonic_ms();

	while (ring_count > 0 && !under_way && next_try <= now)
		say(&ring[ring_first]);
	if (ring_count == 0 || under_way)
		return -1;
	return next_try > now ? (int)(next_try - now) : 0;
}
