/* The monitor's loop: see serve.h. Runs in the monitor; needs no right. It waits for the kernel as long as an order
 * takes: nobody but the clerk is behind it, and the clerk answers everybody meanwhile. */
#include "broker/monitor/serve.h"

#include "broker/monitor/orders.h"
#include "broker/shared/clock.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a monitor that stops waits for deletions that are under way. */
#define STOP_DEADLINE_MS 5000
#define STOP_PAUSE_MS 10

enum source { SOURCE_CLERK, SOURCE_AUTHORITY, SOURCE_OPENER, SOURCE_SHIELD, SOURCE_SIGNALS, SOURCE_COUNT };

/* The clerk deletes what has ended, and closes its end: then so do we. */
static void begin_stop(struct monitor *monitor)
{
	struct signalfd_siginfo signal;

	if (read(monitor->signals, &signal, sizeof(signal)) != (ssize_t)sizeof(signal) || monitor->stopping)
		return;
	monitor->stopping = true;
	if (shutdown(monitor->clerk.channel, SHUT_WR) < 0)
		tb_log(TB_LOG_WARNING, "cannot tell the clerk to stop: %s", strerror(errno));
}

/* One of the children has closed its channel. The authority does so too when the clerk is gone: then it is the clerk
 * that is told of. */
static _Noreturn void end_without(const struct monitor *monitor, const struct child *child)
{
	struct pollfd clerk = {.fd = monitor->clerk.channel, .events = 0};

	child_lost(poll(&clerk, 1, 0) != 0 ? &monitor->clerk : child);
}

/* No order waits; if no yes does either, none that is too old can be for an order that is on its way. */
static void forget_old_yeses(struct monitor *monitor)
{
	if (yeses_take(monitor) == 0)
		yes_expire(&monitor->yes, monotonic_ms());
	else if (!monitor->stopping)
		end_without(monitor, &monitor->authority);
}

/* Waits for one event, and does what it asks for. Returns false if the clerk has ended. */
static bool serve_once(struct monitor *monitor)
{
	/* The authority's yeses are read when an order is judged, the openers' answers when they are asked. Of a broker
	 * that stops the authority may end at any time. */
	struct pollfd items[SOURCE_COUNT] = {
		[SOURCE_CLERK] = {.fd = monitor->clerk.channel, .events = POLLIN},
		[SOURCE_AUTHORITY] = {.fd = monitor->stopping ? -1 : monitor->authority.channel, .events = 0},
		[SOURCE_OPENER] = {.fd = monitor->opener.channel, .events = 0},
		[SOURCE_SHIELD] = {.fd = monitor->shield_opener.channel, .events = 0},
		[SOURCE_SIGNALS] = {.fd = monitor->signals, .events = POLLIN},
	};

	if (poll(items, SOURCE_COUNT, yes_timeout(&monitor->yes, monotonic_ms())) < 0) {
		if (errno != EINTR)
			tb_die("poll: %s", strerror(errno));
		return true;
	}
	if (items[SOURCE_AUTHORITY].revents != 0)
		end_without(monitor, &monitor->authority);
	if (items[SOURCE_OPENER].revents != 0)
		end_without(monitor, &monitor->opener);
	if (items[SOURCE_SHIELD].revents != 0)
		end_without(monitor, &monitor->shield_opener);
	if (items[SOURCE_SIGNALS].revents != 0)
		begin_stop(monitor);
	if (items[SOURCE_CLERK].revents == 0)
		forget_old_yeses(monitor);
	else if (orders_take(monitor) < 0)
		return false;
	return true;
}

void serve(struct monitor *monitor)
{
	uint64_t deadline;

	while (serve_once(monitor))
		;
	if (!monitor->stopping)
		child_lost(&monitor->clerk);
	deadline = monotonic_ms() + STOP_DEADLINE_MS;
	while ((!reaper_idle(&monitor->reaper) || !closer_idle(&monitor->closer)) && monotonic_ms() < deadline)
		poll(NULL, 0, STOP_PAUSE_MS);
	/* The devices stay, and their holders with them: the next broker takes the leases over. */
	tb_log(TB_LOG_NOTICE, "stopped");
}
