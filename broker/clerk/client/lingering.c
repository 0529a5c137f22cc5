/* Closes sockets that may hold a client's descriptors: see lingering.h. Runs in the clerk, and its copies; needs no
 * right. */
#include "broker/clerk/client/lingering.h"

#include "broker/clerk/loop.h"
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

/* Processes at a time. One that closes taps waits for the kernel's lock on links, which a user can keep for seconds: 16
 * of them, with a few thousand taps, for half a minute. While so many wait, a further one begins only when MANY_SOCKETS
 * wait; and the service has a limit of tasks (TasksMax=), which its other processes need as well. */
#define PROCESSES_MAX 16
#define MANY_SOCKETS 256
#define PROCESSES_MOST 160

/* Sockets that may wait before no connection is accepted any more. By then each connection and each request that there
 * is may still have one to close. */
#define WAITING_MANY 1024
#define WAITING_MAX (WAITING_MANY + 2048)

static int waiting[WAITING_MAX];
static int waiting_count;
static int processes;       /* that have not ended */
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

/* The process whose pidfd this is has ended. */
static void on_end(uint32_t number, uint32_t events)
{
	int pidfd = (int)number;

	(void)events;
	loop_forget(pidfd);
	close(pidfd);
	processes--;
}

/* Counts the process until it ends: not at all, if that cannot be noticed. */
static void count_process(long pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	loop_handle(LOOP_LINGERING, on_end);
	if (pidfd >= 0 && loop_watch(pidfd, EPOLLIN, LOOP_LINGERING, (uint32_t)pidfd) == 0)
		processes++;
	else
		tb_close(&pidfd);
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
	if (pid > 0) {
		count_process(pid);
		while (waiting_count > 0)
			close(waiting[--waiting_count]);
	}
	close(started[0]);
	close(started[1]);
	return pid < 0 ? -EAGAIN : 0;
}

static bool may_start(void)
{
	return processes < (waiting_count >= MANY_SOCKETS ? PROCESSES_MOST : PROCESSES_MAX);
}

static void start(void)
{
	int ret = may_start() ? start_process() : 0;

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

bool lingering_many(void)
{
	return waiting_count >= WAITING_MANY;
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
