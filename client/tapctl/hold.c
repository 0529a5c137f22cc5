/* `tapctl get NETWORK` without a command: see devices.h. Runs as the user. */
#include "client/tapctl/devices.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/waiting.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define RETRY_AFTER 1000 /* milliseconds, while there is no broker */

/* hold() goes on. Not one of the exit codes. */
#define GO_ON (-1)

/* What is held, and the fd that tells of signals. */
struct held {
	struct tap *taps[DEVICES_MAX];
	size_t count; /* of them */
	int signals;
};

/* An fd that tells of the signals that end us. One that was ignored when we were started stays ignored, which is how
 * nohup and a shell's background jobs want it. */
static int open_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t signals;

	sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction action;

		if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&signals, numbers[i]);
	}
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -1;
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

/* Waits for a signal or for news. The first of the fds is that of the signals. Returns EXIT_OK for a signal,
 * EXIT_FAILED, or GO_ON. */
static int wait_for(struct pollfd *wanted, nfds_t count, int timeout)
{
	if (poll(wanted, count, timeout) < 0 && errno != EINTR) {
		complain("cannot wait: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return wanted[0].revents != 0 ? EXIT_OK : GO_ON;
}

static int wait_for_lifelines(const struct held *held)
{
	struct pollfd wanted[1 + DEVICES_MAX] = {{.fd = held->signals, .events = POLLIN}};

	for (size_t i = 0; i < held->count; i++)
		wanted[1 + i] = (struct pollfd){.fd = tap_lifeline(held->taps[i]), .events = POLLIN};
	return wait_for(wanted, 1 + held->count, -1);
}

/* Without a watch, waits until it is time to try again. */
static int wait_for_events(const struct held *held, const struct tap_watcher *watch, int news)
{
	struct pollfd wanted[2] = {{.fd = held->signals, .events = POLLIN}, {.fd = news, .events = POLLIN}};

	return wait_for(wanted, watch != NULL ? 2 : 1, watch != NULL ? -1 : RETRY_AFTER);
}

static int has_ended(const struct tap *tap, const char *why)
{
	complain("%s: %s", tap_name(tap), why);
	return EXIT_ENDED;
}

/* Has the lease of one of them ended? Returns EXIT_ENDED after telling it, or GO_ON. In *lost one whose lifeline is
 * lost, if there is one; but an end that was told comes first. */
static int look_at_lifelines(const struct held *held, const struct tap **lost)
{
	for (size_t i = 0; i < held->count; i++) {
		unsigned int reason;

		if (!tap_ended(held->taps[i], &reason))
			continue;
		if (reason != TAP_ENDED_LOST)
			return has_ended(held->taps[i], tap_reason(reason));
		*lost = held->taps[i];
	}
	return GO_ON;
}

/* Which of them has this lease: its index, or the count. */
static size_t find_lease(const struct held *held, const char *id)
{
	size_t i = 0;

	while (i < held->count && strcmp(tap_lease(held->taps[i]), id) != 0)
		i++;
	return i;
}

/* What a list of leases is compared with. */
struct listing {
	const struct held *held;
	bool found[DEVICES_MAX];
};

static int mark_found(const struct tap_lease *lease, void *arg)
{
	struct listing *listing = arg;
	size_t i = find_lease(listing->held, lease->id);

	if (i < listing->held->count)
		listing->found[i] = true;
	return 0;
}

/* There is a broker to watch: has it taken the leases over? */
static int look_for_leases(const struct held *held, struct tap_watcher **watch)
{
	struct listing listing = {.held = held};

	if (tap_leases(0, RETRY_AFTER, mark_found, &listing) < 0) {
		tap_watch_close(*watch);
		*watch = NULL;
		return GO_ON;
	}
	for (size_t i = 0; i < held->count; i++)
		if (!listing.found[i])
			return has_ended(held->taps[i],
					 "the lease has ended while the connection to the broker was lost");
	return GO_ON;
}

/* Reads what the watch has to tell. If the broker is gone once more, there is no watch any more. */
static int read_events(const struct held *held, struct tap_watcher **watch)
{
	const struct tap_event *event;
	int got;

	while ((got = tap_watch_next(*watch, &event)) > 0) {
		size_t i = find_lease(held, event->id);

		if (event->what == TAP_EVENT_ENDED && i < held->count)
			return has_ended(held->taps[i], tap_reason(event->reason));
	}
	if (got < 0) {
		tap_watch_close(*watch);
		*watch = NULL;
	}
	return GO_ON;
}

/* A lifeline is lost, which ends nothing: a broker that is started again takes over the leases of processes that still
 * run. Of their end it tells who watches. */
static int hold_on(const struct held *held)
{
	struct tap_watcher *watch = NULL;
	int news = -1;
	int ret = GO_ON;

	while (ret == GO_ON) {
		if (watch == NULL) {
			news = tap_watch(0, RETRY_AFTER, &watch);
			if (watch != NULL)
				ret = look_for_leases(held, &watch);
		}
		if (ret == GO_ON)
			ret = wait_for_events(held, watch, news);
		if (ret == GO_ON && watch != NULL)
			ret = read_events(held, &watch);
	}
	tap_watch_close(watch);
	return ret;
}

static int hold(const struct held *held)
{
	const struct tap *lost = NULL;
	int ret = look_at_lifelines(held, &lost);

	while (ret == GO_ON && lost == NULL) {
		ret = wait_for_lifelines(held);
		if (ret == GO_ON)
			ret = look_at_lifelines(held, &lost);
	}
	if (ret != GO_ON)
		return ret;
	complain("%s: %s; holding on", tap_name(lost), tap_reason(TAP_ENDED_LOST));
	return hold_on(held);
}

int devices_hold(const struct device *devices, size_t count)
{
	struct held held = {.signals = open_signals()};
	int ret;

	if (held.signals < 0) {
		complain("cannot wait for signals: %s", strerror(errno));
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < count; i++)
		if (device_is_held(&devices[i]))
			held.taps[held.count++] = devices[i].tap;
	if (hints_wanted() && isatty(STDERR_FILENO))
		fprintf(stderr, "The %s held until you press Ctrl-C.\n", held.count == 1 ? "device is" : "devices are");
	ret = hold(&held);
	close(held.signals);
	return ret;
}
