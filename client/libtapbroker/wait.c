/* tap_wait(): a packet, or the end of the lease. Runs in the client's process. */
#include "client/libtapbroker/internal.h"

#include <poll.h>

/* The queues, and behind them the lifeline; poll() passes over what is -1. Returns how many they are. */
static nfds_t list_fds(const struct tap *tap, struct pollfd wanted[TB_QUEUES_MAX + 1])
{
	nfds_t count = tap->answer.queues;

	for (nfds_t i = 0; i < count; i++)
		wanted[i] = (struct pollfd){.fd = tap->fds[i], .events = POLLIN};
	/* One that is lost would be readable for ever. */
	wanted[count] = (struct pollfd){.fd = tap->ended ? -1 : tap->lifeline, .events = POLLIN};
	return count + 1;
}

static bool is_over(struct tap *tap)
{
	return tap_ended(tap, NULL) != 0 && tap->reason != TAP_ENDED_LOST;
}

/* What the queues have: TAP_WAIT_*, or 0. */
static int look_at_queues(const struct pollfd *wanted, nfds_t count)
{
	int found = 0;

	for (nfds_t i = 0; i < count; i++) {
		if ((wanted[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
			return TAP_WAIT_ENDED;
		if (wanted[i].revents != 0)
			found = TAP_WAIT_PACKET;
	}
	return found;
}

int tap_wait(struct tap *tap, int timeout)
{
	int64_t deadline = tb_deadline(timeout);
	struct pollfd wanted[TB_QUEUES_MAX + 1];
	int found = 0;

	if (is_over(tap))
		return TAP_WAIT_ENDED;
	while (found == 0) {
		nfds_t count = list_fds(tap, wanted);
		int ready = poll(wanted, count, tb_time_left(deadline));

		if (ready <= 0)
			return ready;
		if (wanted[count - 1].revents != 0 && is_over(tap))
			return TAP_WAIT_ENDED;
		found = look_at_queues(wanted, count - 1);
	}
	return found;
}
