/* What is put back of tunnels: see put_back.h. Runs in the clerk; needs no right. Of what the monitor removes
 * itself there is no tunnel any more by then. */
#include "broker/clerk/lease/put_back.h"

#include "broker/clerk/lease/mend.h"
#include "broker/clerk/lease/tunnels.h"
#include "broker/shared/clock.h"
#include "broker/shared/log.h"
#include "broker/shared/tunnel_numbers.h"

/* Who removes one thing removes others in the same moment. */
#define GATHER_MS 200

/* So often in a minute is one tunnel put back: who goes on removing it means it. */
#define TIMES_MAX 10
#define PERIOD_MS 60000

static struct {
	bool due;
	uint32_t times; /* in the period that began at began */
	uint64_t began; /* milliseconds of the monotonic clock */
} tunnels[TUNNELS_MAX];

static uint64_t next_at; /* the same; UINT64_MAX: nothing is due */

void put_back_init(void)
{
	next_at = UINT64_MAX;
	for (uint32_t i = 0; i < TUNNELS_MAX; i++)
		tunnels[i].due = false;
}

/* True if the tunnel may be put back once more. */
static bool may_be_put_back(uint32_t number, uint64_t now)
{
	if (now - tunnels[number].began > PERIOD_MS) {
		tunnels[number].began = now;
		tunnels[number].times = 0;
	}
	if (++tunnels[number].times == TIMES_MAX + 1)
		tb_log(TB_LOG_WARNING,
		       "another program goes on removing the routes of table %u: they are not put back for a minute",
		       TUNNEL_TABLE + number);
	return tunnels[number].times <= TIMES_MAX;
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
	if (next_at == UINT64_MAX)
		next_at = monotonic_ms() + GATHER_MS;
}

int put_back_expire(void)
{
	uint64_t now = monotonic_ms();

	if (next_at == UINT64_MAX)
		return -1;
	if (now < next_at)
		return (int)(next_at - now);
	next_at = UINT64_MAX;
	for (uint32_t i = 0; i < TUNNELS_MAX; i++) {
		if (tunnels[i].due && may_be_put_back(i, now))
			tunnels_make_again(i);
		tunnels[i].due = false;
	}
	return -1;
}
