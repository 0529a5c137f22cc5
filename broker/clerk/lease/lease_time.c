/* The longest time of a lease: see lease_time.h. Runs in the clerk; needs no right.
 *
 * What counts is the monotonic clock, so that nobody's lease ends because the machine was given the right time. What a
 * lease had used up under an earlier broker is known by the time of day alone, from its alias.
 */
#include "broker/clerk/lease/lease_time.h"

#include "broker/clerk/lease/lease_state.h"
#include "broker/shared/clock.h"

#define LOOK_MS (60 * 60 * 1000) /* a wait that an int can say, however long the leases are */

static uint64_t next_end = UINT64_MAX; /* milliseconds of the monotonic clock: no lease's time is over before */

static void look_by(uint64_t when)
{
	if (when < next_end)
		next_end = when;
}

void lease_time_begin(struct lease *lease)
{
	uint64_t now = realtime_seconds();
	uint64_t used = now > lease->since ? now - lease->since : 0;
	uint64_t left;

	if (lease->network == NULL || lease->network->max_lease_time == 0)
		return;
	left = used < lease->network->max_lease_time ? lease->network->max_lease_time - used : 0;
	lease->ends_at = monotonic_ms() + 1000 * left;
	look_by(lease->ends_at);
}

/* One that has ended already is not ended once more. */
static void end_those_due(uint64_t now)
{
	struct lease *lease = TAILQ_FIRST(leases_all());

	next_end = UINT64_MAX;
	while (lease != NULL) {
		struct lease *next = TAILQ_NEXT(lease, link);

		if (lease->ends_at != 0 && lease->ends_at > now) {
			look_by(lease->ends_at);
		} else if (lease->ends_at != 0) {
			lease->ends_at = 0;
			lease_end(lease, TB_REASON_EXPIRED);
		}
		lease = next;
	}
}

int lease_time_expire(void)
{
	uint64_t now = monotonic_ms();

	if (now >= next_end)
		end_those_due(now);
	if (next_end == UINT64_MAX)
		return -1;
	return next_end - now < LOOK_MS ? (int)(next_end - now) : LOOK_MS;
}
