/* `tapctl get NETWORK` without a command: see use.h. Runs as the user. */
#include "client/tapctl/tapctl.h"
#include "client/tapctl/use.h"

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

/* Waits for a signal or for news; news may be -1. Returns EXIT_OK for a signal, EXIT_FAILED, or GO_ON. */
static int wait_for(int signals, int news, int timeout)
{
	struct pollfd wanted[2] = {{.fd = signals, .events = POLLIN}, {.fd = news, .events = POLLIN}};

	if (poll(wanted, 2, timeout) < 0 && errno != EINTR) {
		complain("cannot wait: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return wanted[0].revents != 0 ? EXIT_OK : GO_ON;
}

static int has_ended(const struct tap *tap, const char *why)
{
	complain("%s: %s", tap_name(tap), why);
	return EXIT_ENDED;
}

/* Returns 1 for the lease that is looked for, which ends the list. */
static int is_ours(const struct tap_lease *lease, void *arg)
{
	return strcmp(lease->id, tap_lease(arg)) == 0;
}

/* There is a broker to watch: has it taken the lease over? */
static int look_for_lease(struct tap *tap, struct tap_watch **watch)
{
	int found = tap_leases(0, RETRY_AFTER, is_ours, tap);

	if (found > 0)
		return GO_ON;
	tap_watch_close(*watch);
	*watch = NULL;
	return found < 0 ? GO_ON : has_ended(tap, "the lease has ended while the connection to the broker was lost");
}

/* Reads what the watch has to tell. If the broker is gone once more, there is no watch any more. */
static int read_events(const struct tap *tap, struct tap_watch **watch)
{
	const struct tap_event *event;
	int got;

	while ((got = tap_watch_next(*watch, &event)) > 0)
		if (event->what == TAP_EVENT_ENDED && strcmp(event->id, tap_lease(tap)) == 0)
			return has_ended(tap, tap_reason(event->reason));
	if (got < 0) {
		tap_watch_close(*watch);
		*watch = NULL;
	}
	return GO_ON;
}

/* The lifeline is lost, which ends nothing: a broker that is started again takes over the leases of processes that
 * still run. Of the lease's end it tells who watches. */
static int hold_on(struct tap *tap, int signals)
{
	struct tap_watch *watch = NULL;
	int news = -1;
	int ret = GO_ON;

	while (ret == GO_ON) {
		if (watch == NULL) {
			news = tap_watch(0, RETRY_AFTER, &watch);
			if (watch != NULL)
				ret = look_for_lease(tap, &watch);
		}
		if (ret == GO_ON)
			ret = wait_for(signals, watch != NULL ? news : -1, watch != NULL ? -1 : RETRY_AFTER);
		if (ret == GO_ON && watch != NULL)
			ret = read_events(tap, &watch);
	}
	tap_watch_close(watch);
	return ret;
}

int hold(struct tap *tap)
{
	int signals = open_signals();
	unsigned int reason;
	int ret = GO_ON;

	if (signals < 0) {
		complain("cannot wait for signals: %s", strerror(errno));
		return EXIT_FAILED;
	}
	if (isatty(STDERR_FILENO))
		fputs("The device is held until you press Ctrl-C.\n", stderr);
	while (ret == GO_ON && !tap_ended(tap, &reason))
		ret = wait_for(signals, tap_lifeline(tap), -1);
	if (ret == GO_ON && reason == TAP_ENDED_LOST) {
		complain("%s: %s; holding on", tap_name(tap), tap_reason(reason));
		ret = hold_on(tap, signals);
	} else if (ret == GO_ON) {
		ret = has_ended(tap, tap_reason(reason));
	}
	close(signals);
	return ret;
}
