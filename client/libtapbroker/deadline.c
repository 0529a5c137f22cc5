/* The clock of a call: see internal.h. Runs in the client's process. A signal never cuts a wait short or draws it
 * out. */
#include "client/libtapbroker/internal.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

#define PAUSE 10 /* milliseconds */

static int64_t now(void)
{
	struct timespec time = {0, 0};

	clock_gettime(CLOCK_MONOTONIC, &time); /* cannot fail for this clock */
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t tb_deadline(int timeout)
{
	return timeout < 0 ? TB_NO_DEADLINE : now() + timeout;
}

int tb_time_left(int64_t deadline)
{
	int64_t milliseconds;

	if (deadline == TB_NO_DEADLINE)
		return -1;
	milliseconds = deadline - now();
	return milliseconds < 0 ? 0 : (int)milliseconds;
}

int tb_wait(int fd, int64_t deadline)
{
	struct pollfd wanted = {.fd = fd, .events = POLLIN};
	int ready;

	do {
		ready = poll(&wanted, 1, tb_time_left(deadline));
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return -errno;
	return ready == 0 ? -ETIMEDOUT : 0;
}

int tb_pause(int64_t deadline)
{
	int milliseconds = tb_time_left(deadline);

	if (milliseconds == 0)
		return -ETIMEDOUT;
	if (milliseconds < 0 || milliseconds > PAUSE)
		milliseconds = PAUSE;
	poll(NULL, 0, milliseconds); /* a signal ends the pause early, which does no harm */
	return 0;
}
