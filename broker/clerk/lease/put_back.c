/* What is put back of tunnels: see put_back.h. Runs in the clerk; needs no right. The monitor puts nothing back that it
 * has not made, so what it removes itself costs a message, and no more. */
#include "broker/clerk/lease/put_back.h"

#include "broker/clerk/lease/lease.h"
#include "broker/clerk/monitor.h"
#include "broker/shared/clock.h"
#include "broker/shared/log.h"
#include "broker/shared/tunnel_numbers.h"
#include "proto/channel.h"

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

static int restore(uint32_t number, uint32_t ifindex)
{
	struct tb_tunnel_restore message = {.number = number, .ifindex = ifindex};

	tb_header_set(&message.header, TB_TUNNEL_RESTORE, sizeof(message));
	return monitor_send(&message, sizeof(message), -1);
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

/* With the device an address goes for good. */
static void mark_address(uint32_t ifindex)
{
	struct lease *lease = lease_by_ifindex(ifindex);

	if (lease != NULL && lease->configured)
		lease->address_removed = true;
}

void put_back_removed(uint32_t number, uint32_t ifindex)
{
	if (number < TUNNELS_MAX)
		tunnels[number].due = true;
	else
		mark_address(ifindex);
	if (next_at == UINT64_MAX)
		next_at = monotonic_ms() + GATHER_MS;
}

/* Returns 0 or -EAGAIN. */
static int put_back_routes(uint64_t now)
{
	int ret = 0;

	for (uint32_t i = 0; ret == 0 && i < TUNNELS_MAX; i++) {
		if (tunnels[i].due && may_be_put_back(i, now))
			ret = restore(i, 0);
		tunnels[i].due = ret < 0;
	}
	return ret;
}

static int put_back_addresses(uint64_t now)
{
	struct lease *lease;
	int ret = 0;

	TAILQ_FOREACH(lease, leases_all(), link) {
		if (ret == 0 && lease->address_removed && may_be_put_back(lease_number(lease) % TUNNELS_MAX, now))
			ret = restore(TUNNELS_MAX, lease->ifindex);
		lease->address_removed = lease->address_removed && ret < 0;
	}
	return ret;
}

int put_back_expire(void)
{
	uint64_t now = monotonic_ms();

	if (next_at == UINT64_MAX)
		return -1;
	if (now < next_at)
		return (int)(next_at - now);
	if (put_back_routes(now) < 0 || put_back_addresses(now) < 0) {
		next_at = now + GATHER_MS;
		return GATHER_MS;
	}
	next_at = UINT64_MAX;
	return -1;
}
