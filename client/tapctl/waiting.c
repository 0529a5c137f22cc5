/* A word while the broker is silent: see waiting.h. Runs as the user.
 *
 * The library's calls wait by themselves, so a signal says it. Its handler calls write() and nothing else.
 */
#include "client/tapctl/waiting.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define SILENT_FOR 2 /* seconds */

static bool hints = true;
static bool waiting;
static struct sigaction before; /* what we were started with, and the command inherits */
static char line[200];          /* what the handler writes */

static void tell(int number)
{
	int error = errno;
	ssize_t written = write(STDERR_FILENO, line, strlen(line));

	(void)number;
	(void)written; /* there is nobody else to tell */
	errno = error;
}

static void set_clock(time_t seconds)
{
	struct itimerval clock = {.it_value.tv_sec = seconds};

	setitimer(ITIMER_REAL, &clock, NULL);
}

void waiting_begin(const char *what)
{
	struct sigaction action = {.sa_handler = tell, .sa_flags = SA_RESTART};

	if (!hints || waiting)
		return;
	snprintf(line, sizeof(line), "tapctl: waiting for %s ...\n", what);
	if (sigaction(SIGALRM, &action, &before) < 0)
		return;
	waiting = true;
	set_clock(SILENT_FOR);
}

void waiting_end(void)
{
	if (!waiting)
		return;
	waiting = false;
	set_clock(0);
	sigaction(SIGALRM, &before, NULL);
}

void hints_off(void)
{
	hints = false;
}

bool hints_wanted(void)
{
	return hints;
}
