/* The event loop. Runs in the monitor. */
#include "broker/monitor/monitor.h"

#include "broker/shared/log.h"
#include "proto/broker.h"
#include "proto/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 64

/* How long a monitor that stops waits for the devices of leases that have ended to be deleted. */
#define STOP_DEADLINE_MS 5000

uint64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t realtime_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec;
}

int monitor_watch(struct monitor *monitor, int fd, enum source source, uint32_t number)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.u64 = (uint64_t)source << 32 | number};

	if (epoll_ctl(monitor->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
		return 0;
	if (errno == EEXIST && epoll_ctl(monitor->epoll, EPOLL_CTL_MOD, fd, &event) == 0)
		return 0;
	return -errno;
}

_Noreturn void child_lost(const char *name, int error)
{
	int status = 0;

	/* The channel of a child that dies ends a moment before the child can be waited for; then its end stays
	 * unknown. */
	if (waitpid(-1, &status, WNOHANG) <= 0)
		tb_die("the %s is gone (%s): the broker ends", name, strerror(-error));
	if (WIFSIGNALED(status))
		tb_die("the %s was killed by signal %d: the broker ends", name, WTERMSIG(status));
	tb_die("the %s has ended with code %d: the broker ends", name, WEXITSTATUS(status));
}

static int take_client(void *context, const void *message, const int *fds)
{
	(void)message;
	request_begin(context, fds[0]);
	return 0;
}

static int take_nonsense(void *context, const void *message, const int *fds)
{
	(void)context, (void)message, (void)fds;
	tb_die("the listener speaks nonsense");
}

static const struct tb_row listener_messages[] = {
	{TB_REQ_CLIENT, sizeof(struct tb_client), 1, take_client},
	{0, 0, 0, take_nonsense},
};

static void on_listener(struct monitor *monitor, uint32_t number)
{
	int ret = tb_dispatch(monitor->listener, listener_messages, monitor);

	(void)number;
	if (ret < 0 && ret != -EAGAIN)
		child_lost("listener", ret);
}

static void on_authority(struct monitor *monitor, uint32_t number)
{
	(void)number;
	authority_event(monitor);
}

/* The opener is read from only while it is asked; anything else is its end, or nonsense. */
static void on_opener(struct monitor *monitor, uint32_t number)
{
	(void)monitor, (void)number;
	child_lost("opener", -ECONNRESET);
}

static void on_links(struct monitor *monitor, uint32_t number)
{
	(void)number;
	links_event(monitor);
}

static void on_neighbours(struct monitor *monitor, uint32_t number)
{
	(void)number;
	fdb_event(monitor);
}

static void on_reaper(struct monitor *monitor, uint32_t number)
{
	struct reaper_job answer;

	(void)number;
	while (reaper_answer(&monitor->reaper, &answer)) {
		if (answer.deed == REAPER_MOVE)
			grant_moved(monitor, answer.result);
		else
			lease_reaped(monitor, answer.number, answer.result);
	}
}

static void on_signal(struct monitor *monitor, uint32_t number)
{
	struct signalfd_siginfo signal;

	(void)number;
	if (read(monitor->signals, &signal, sizeof(signal)) == (ssize_t)sizeof(signal))
		monitor->stopping = true;
}

static void (*const handlers[SOURCE_COUNT])(struct monitor *monitor, uint32_t number) = {
	[SOURCE_LISTENER] = on_listener,     [SOURCE_AUTHORITY] = on_authority,      [SOURCE_OPENER] = on_opener,
	[SOURCE_LINKS] = on_links,           [SOURCE_NEIGHBOURS] = on_neighbours,    [SOURCE_REAPER] = on_reaper,
	[SOURCE_SIGNALS] = on_signal,        [SOURCE_REQUEST] = request_interrupted, [SOURCE_LEASE] = lease_interrupted,
	[SOURCE_HOLDER] = lease_holder_gone,
};

static void wait_and_handle(struct monitor *monitor, int timeout)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(monitor->epoll, events, EVENTS_MAX, timeout);

	if (count < 0 && errno != EINTR)
		tb_die("epoll_wait: %s", strerror(errno));
	for (int i = 0; i < count; i++)
		handlers[events[i].data.u64 >> 32](monitor, (uint32_t)events[i].data.u64);
}

static int nearer(int a, int b)
{
	if (a < 0)
		return b;
	return b < 0 || a < b ? a : b;
}

static bool any_ending(const struct lease_table *table)
{
	const struct lease *lease;

	TAILQ_FOREACH(lease, &table->live, link)
		if (lease->ending && lease->ifindex != 0)
			return true;
	return false;
}

/* What has ended goes before we do; nobody new is listened to meanwhile. What waits to be moved goes with its last
 * fd. */
static void finish_deletions(struct monitor *monitor)
{
	uint64_t deadline = monotonic_ms() + STOP_DEADLINE_MS;

	epoll_ctl(monitor->epoll, EPOLL_CTL_DEL, monitor->listener, NULL);
	while (any_ending(&monitor->leases) && monotonic_ms() < deadline) {
		turns_end(monitor);
		wait_and_handle(monitor, 100);
	}
}

void monitor_serve(struct monitor *monitor)
{
	while (!monitor->stopping) {
		int requests = requests_expire(monitor);
		int leases = nearer(leases_expire(monitor), turns_expire(monitor));

		wait_and_handle(monitor, nearer(moves_proceed(monitor), nearer(requests, leases)));
	}
	finish_deletions(monitor);
	/* The devices stay, and their holders with them: the next monitor takes the leases over. */
	tb_log(TB_LOG_NOTICE, "stopping: %u leases stay", monitor->leases.count);
}
