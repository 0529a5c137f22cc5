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

/* hold() goes on. Not one of the exit codes. */
#define GO_ON (-1)

/* What is held, and the fd that tells of signals. */
struct held {
	struct tap *taps[DEVICES_MAX];
	size_t count; /* of them */
	int signals;
};

/* One that was ignored when we were started stays ignored, which is how nohup and a shell's background jobs want it. */
int devices_hold_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction action;

		if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&signals, numbers[i]);
	}
	fd = sigprocmask(SIG_BLOCK, &signals, NULL) == 0 ? signalfd(-1, &signals, SFD_CLOEXEC) : -1;
	if (fd < 0)
		complain("cannot wait for signals: %s", strerror(errno));
	return fd;
}

/* Waits for a signal or for news. The first of the fds is that of the signals. Returns EXIT_OK for a signal,
 * EXIT_FAILED, or GO_ON. */
static int wait_for(struct pollfd *wanted, nfds_t count)
{
	if (poll(wanted, count, -1) < 0 && errno != EINTR) {
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

/* The fds of the signals and of what is held. Returns EXIT_OK, or EXIT_FAILED after telling why. */
static int list_fds(const struct held *held, struct pollfd wanted[1 + DEVICES_MAX])
{
	wanted[0] = (struct pollfd){.fd = held->signals, .events = POLLIN};
	for (size_t i = 0; i < held->count; i++) {
		wanted[1 + i] = (struct pollfd){.fd = tap_follow(held->taps[i]), .events = POLLIN};
		if (wanted[1 + i].fd < 0) {
			complain("%s: cannot wait for the end of its lease: %s", tap_name(held->taps[i]),
				 strerror(errno));
			return EXIT_FAILED;
		}
	}
	return EXIT_OK;
}

/* Has the lease of one of them ended? Returns EXIT_ENDED after telling it, or GO_ON. */
static int look_at_leases(const struct held *held)
{
	unsigned int reason;

	for (size_t i = 0; i < held->count; i++)
		if (tap_ended(held->taps[i], &reason))
			return has_ended(held->taps[i], tap_reason(reason));
	return GO_ON;
}

/* The first one whose connection to the broker is lost, which ends nothing; or NULL. */
static const struct tap *find_lost(const struct held *held)
{
	for (size_t i = 0; i < held->count; i++) {
		struct pollfd lifeline = {.fd = tap_lifeline(held->taps[i]), .events = POLLIN};

		if (poll(&lifeline, 1, 0) > 0)
			return held->taps[i];
	}
	return NULL;
}

static int hold(const struct held *held)
{
	struct pollfd wanted[1 + DEVICES_MAX];
	const struct tap *lost = NULL;
	int ret = list_fds(held, wanted);

	if (ret != EXIT_OK)
		return ret;
	while ((ret = look_at_leases(held)) == GO_ON) {
		if (lost == NULL && (lost = find_lost(held)) != NULL)
			complain("%s: %s; holding on", tap_name(lost), tap_reason(TAP_ENDED_LOST));
		ret = wait_for(wanted, 1 + held->count);
		if (ret != GO_ON)
			break;
	}
	return ret;
}

int devices_hold(const struct device *devices, size_t count, int signals)
{
	struct held held = {.signals = signals};
	int ret;

	for (size_t i = 0; i < count; i++)
		if (device_is_held(&devices[i]))
			held.taps[held.count++] = devices[i].tap;
	if (hints_wanted() && isatty(STDERR_FILENO))
		fprintf(stderr, "The %s held until you press Ctrl-C.\n", held.count == 1 ? "device is" : "devices are");
	ret = hold(&held);
	close(held.signals);
	return ret;
}
