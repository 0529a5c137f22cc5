/* Closes sockets that may hold a client's descriptors: see lingering.h. Runs in the clerk, and its copies; needs no
 * right. */
#include "broker/clerk/client/lingering.h"

#include "broker/shared/clock.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAUSE_MS 100

/* More than a user may have connections at a time, so that one user seldom has them closed early. */
#define WAITING_MAX 1024

static int waiting[WAITING_MAX];
static int waiting_count;
static uint64_t next_start; /* milliseconds of the monotonic clock */

/* The process that makes the last close: it waits until the clerk has made its own, and exits. */
static _Noreturn void close_by_exiting(const int started[2])
{
	char byte;

	close(started[1]);
	while (read(started[0], &byte, sizeof(byte)) < 0 && errno == EINTR)
		;
	_exit(0);
}

/* Starts the process and closes the clerk's copies. Returns 0 or a negative errno; then the sockets still wait. */
static int start_process(void)
{
	int started[2];
	long pid;

	if (pipe2(started, O_CLOEXEC) < 0)
		return -errno;
	/* As fork(), without what the C library does beside it. */
	pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		close_by_exiting(started);
	if (pid > 0)
		while (waiting_count > 0)
			close(waiting[--waiting_count]);
	close(started[0]);
	close(started[1]);
	return pid < 0 ? -EAGAIN : 0;
}

static void start(void)
{
	int ret = start_process();

	next_start = monotonic_ms() + PAUSE_MS;
	if (ret < 0)
		tb_log(TB_LOG_WARNING,
		       "clerk: cannot start a process that closes %d clients' sockets; trying again: %s", waiting_count,
		       strerror(-ret));
}

void lingering_take(int sock)
{
	if (waiting_count == WAITING_MAX)
		start();
	/* No process can be had at all, and there is no room: here even a close that may take long is right. */
	if (waiting_count == WAITING_MAX)
		close(waiting[--waiting_count]);
	waiting[waiting_count++] = sock;
}

int lingering_expire(void)
{
	uint64_t now = monotonic_ms();

	if (waiting_count > 0 && now >= next_start) {
		start();
		now = monotonic_ms();
	}
	if (waiting_count == 0)
		return -1;
	return next_start > now ? (int)(next_start - now) : 0;
}
