/* tap_wait(): a packet, or the end of the lease. Runs in the client's process. */
#include "client/libtapbroker/internal.h"

#include <poll.h>

/* The queues, and behind them the news of the lease; poll() passes over what is -1. Returns how many they are. */
static nfds_t list_fds(const struct tap *tap, int news, struct pollfd wanted[TB_QUEUES_MAX + 1])
{
	nfds_t count = tap->answer.queues;

	for (nfds_t i = 0; i < count; i++)
		wanted[i] = (struct pollfd){.fd = tap->fds[i], .events = POLLIN};
	wanted[count] = (struct pollfd){.fd = news, .events = POLLIN};
	return count + 1;
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

int tapbroker_wait(struct tap *tap, int timeout)
{
	int64_t deadline = tb_deadline(timeout);
	struct pollfd wanted[TB_QUEUES_MAX + 1];
	int news = tapbroker_follow(tap);
	int found = 0;

	if (news < 0)
		return -1;
	if (tapbroker_ended(tap, NULL))
		return TAP_WAIT_ENDED;
	while (found == 0) {
		nfds_t count = list_fds(tap, news, wanted);
		int ready = poll(wanted, count, tb_time_left(deadline));

		if (ready <= 0)
			return ready;
		if (wanted[count - 1].revents != 0 && tapbroker_ended(tap, NULL))
			return TAP_WAIT_ENDED;
		found = look_at_queues(wanted, count - 1);
	}
	return found;
}
TB_SHORT_NAME(wait);
