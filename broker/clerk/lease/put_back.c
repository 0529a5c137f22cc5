/* What is put back of tunnels: see put_back.h. Runs in the clerk; needs no right. Of what the monitor removes
 * itself there is no tunnel any more by then. */
#include "broker/clerk/lease/put_back.h"

#include "broker/clerk/lease/mend.h"
#include "broker/clerk/lease/pace.h"
#include "broker/clerk/lease/tunnels.h"
#include "broker/shared/clock.h"
#include "broker/shared/log.h"
#include "broker/shared/tunnel_numbers.h"

/* Who removes one thing removes others in the same moment. */
#define GATHER_MS 200

/* So often in a minute is one tunnel put back: who goes on removing it means it. */
static const struct pace_limit limit = {.times = 10, .while_ms = 60000};

static struct {
	bool due;
	bool told; /* that it is not put back for a while */
	struct pace pace;
} tunnels[TUNNELS_MAX];

static uint64_t next_at; /* the same; UINT64_MAX: nothing is due */

void put_back_init(void)
{
	next_at = UINT64_MAX;
	for (uint32_t i = 0; i < TUNNELS_MAX; i++)
		tunnels[i].due = false;
}

/* The next time to look at what is due is not after this one. */
static void due_at(uint64_t when)
{
	if (when < next_at)
		next_at = when;
}

/* Makes the tunnel again, or leaves it due until the while is over. */
static void put_back_one(uint32_t number, uint64_t now)
{
	struct pace *pace = &tunnels[number].pace;

	if (!pace_allows(pace, &limit, now)) {
		if (!tunnels[number].told)
			tb_log(TB_LOG_WARNING,
			       "another program goes on removing the routes of table %u: they are not put back for a minute",
			       TUNNEL_TABLE + number);
		tunnels[number].told = true;
		due_at(pace_over(pace, &limit));
		return;
	}
	pace_count(pace, &limit, now);
	tunnels[number].told = false;
	tunnels[number].due = false;
	tunnels_make_again(number);
}

void put_back_removed(uint32_t number, uint32_t ifindex)
{
	if (number == TUNNELS_MAX)
		number = tunnels_number_of_device(ifindex);
	if (number == TUNNELS_MAX) {
		mend_way(ifindex);
		return;
	}
	tunnels[number].due = true;
	due_at(monotonic_ms() + GATHER_MS);
}

int put_back_expire(void)
{
	uint64_t now = monotonic_ms();

	if (next_at == UINT64_MAX)
		return -1;
	if (now < next_at)
		return (int)(next_at - now);
	next_at = UINT64_MAX;
	for (uint32_t i = 0; i < TUNNELS_MAX; i++)
		if (tunnels[i].due)
			put_back_one(i, now);
	return next_at == UINT64_MAX ? -1 : (int)(next_at - now);
}
