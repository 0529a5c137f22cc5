/* The parent of a command: see keep.h. Runs as the user, with the user's rights, as does the command. */
#include "client/tapctl/keep.h"

#include "client/tapctl/control.h"
#include "client/tapctl/cover.h"
#include "client/tapctl/device_settings.h"
#include "client/tapctl/supervise.h"
#include "client/tapctl/tapctl.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is passed on to the command. The terminal sends its own to the command as well. */
static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

struct keeper {
	struct configurable all;
	struct control control; /* the stand-ins' */
	int calls;              /* of the filter; -1: none */
	int signals;
	sigset_t mask; /* before ours */
	pid_t command;
	int status; /* of the command, when it has ended */
	bool ended;
};

static int block_signals(struct keeper *keeper)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		sigaddset(&signals, passed_on[i]);
	if (sigprocmask(SIG_BLOCK, &signals, &keeper->mask) < 0)
		return -1;
	keeper->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return keeper->signals < 0 ? -1 : 0;
}

/* Takes the ends of the command, and of what it has left behind. */
static void reap(struct keeper *keeper)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == keeper->command)
			keeper->status = status;
	}
	keeper->ended = pid < 0 && errno == ECHILD;
}

static void read_signals(struct keeper *keeper)
{
	struct signalfd_siginfo info;

	while (read(keeper->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		if (info.ssi_code != SI_KERNEL)
			kill(keeper->command, (int)info.ssi_signo);
	}
	reap(keeper);
}

/* Until nothing of the command is left. */
static int wait_for_end(struct keeper *keeper)
{
	struct pollfd wanted[] = {{.fd = keeper->signals, .events = POLLIN},
				  {.fd = keeper->control.listener, .events = POLLIN},
				  {.fd = keeper->calls, .events = POLLIN}};

	while (!keeper->ended) {
		if (poll(wanted, 3, -1) < 0 && errno != EINTR)
			return EXIT_FAILED;
		if (wanted[1].revents != 0)
			control_serve(&keeper->control, &keeper->all);
		if ((wanted[2].revents & POLLIN) != 0)
			supervise_answer(keeper->calls, &keeper->all);
		else if (wanted[2].revents != 0)
			wanted[2].fd = -1; /* whoever had the filter is gone */
		if (wanted[0].revents != 0)
			read_signals(keeper);
	}
	return WIFSIGNALED(keeper->status) ? 128 + WTERMSIG(keeper->status) : WEXITSTATUS(keeper->status);
}

/* In the new process. */
static _Noreturn void become(const struct get_options *options, const struct keeper *keeper, int calls,
			     char **arguments, int (*prepared)(const struct get_options *options))
{
	if (options->configure)
		cover_programs();
	if ((options->supervise && supervise_begin(calls) < 0) || prepared(options) < 0 ||
	    sigprocmask(SIG_SETMASK, &keeper->mask, NULL) < 0) {
		complain("cannot prepare the command, so it is not run: %s", strerror(errno));
		_exit(EXIT_FAILED);
	}
	execvp(arguments[0], arguments);
	complain("%s: %s", arguments[0], strerror(errno));
	_exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

static int start(const struct get_options *options, struct keeper *keeper, char **arguments,
		 int (*prepared)(const struct get_options *options))
{
	int calls[2] = {-1, -1};

	if (options->supervise && supervise_pair(calls) < 0)
		return -1;
	keeper->command = fork();
	if (keeper->command == 0)
		become(options, keeper, calls[1], arguments, prepared);
	if (options->supervise) {
		close(calls[1]);
		keeper->calls = keeper->command > 0 ? supervise_take(calls[0]) : -1;
		close(calls[0]);
	}
	return keeper->command < 0 ? -1 : 0;
}

static void keeper_open(struct keeper *keeper, const struct get_options *options)
{
	*keeper = (struct keeper){.control = CONTROL_NONE, .calls = -1, .signals = -1};
	for (size_t i = 0; i < options->count; i++) {
		keeper->all.devices[i].tap = options->devices[i].tap;
		keeper->all.devices[i].given = &options->devices[i].tunnel;
	}
	keeper->all.count = options->count;
}

static void keeper_close(struct keeper *keeper)
{
	control_close(&keeper->control);
	if (keeper->calls >= 0)
		close(keeper->calls);
	if (keeper->signals >= 0)
		close(keeper->signals);
}

int keep_command(const struct get_options *options, char **arguments,
		 int (*prepared)(const struct get_options *options))
{
	static struct keeper keeper;
	int ret = EXIT_FAILED;

	keeper_open(&keeper, options);
	/* What the command leaves behind when it goes into the background is ours to wait for, too. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || block_signals(&keeper) < 0 ||
	    (options->configure && control_open(&keeper.control) < 0) ||
	    start(options, &keeper, arguments, prepared) < 0)
		complain("cannot start the command: %s", strerror(errno));
	else
		ret = wait_for_end(&keeper);
	keeper_close(&keeper);
	return ret;
}
