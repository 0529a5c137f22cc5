/* The other processes: see child.h. Runs in the monitor; needs no right. */
#include "broker/monitor/child.h"

#include "broker/shared/clock.h"
#include "broker/shared/log.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* How long an end is waited for whose channel is closed already; and how often one looks. */
#define END_DEADLINE_MS 1000
#define END_PAUSE_MS 10

static const struct child *const *waited_for;
static unsigned int waited_for_count;

/* Returns true if the child has ended in time; *status says how. */
static bool wait_for_child(pid_t pid, uint64_t deadline, int *status)
{
	pid_t ended;

	while ((ended = waitpid(pid, status, WNOHANG)) == 0 && monotonic_ms() < deadline)
		poll(NULL, 0, END_PAUSE_MS);
	return ended == pid;
}

/* Children end when one of them does, in any order: the one that was killed is the cause. Returns it, and how it ended;
 * or the one that is known to have ended. */
static const struct child *find_cause(const struct child *lost, int *status)
{
	for (unsigned int i = 0; i < waited_for_count && !WIFSIGNALED(*status); i++) {
		int ended;

		if (waited_for[i]->pid > 0 && waitpid(waited_for[i]->pid, &ended, WNOHANG) > 0 && WIFSIGNALED(ended)) {
			lost = waited_for[i];
			*status = ended;
		}
	}
	return lost;
}

void child_lost(const struct child *child)
{
	int status = 0;

	if (!wait_for_child(child->pid, monotonic_ms() + END_DEADLINE_MS, &status))
		tb_die("the %s has closed its channel: the broker ends", child->name);
	child = find_cause(child, &status);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		tb_die("the %s made a system call that is not permitted (SIGSYS; its number stands in the kernel log): "
		       "the broker ends",
		       child->name);
	if (WIFSIGNALED(status))
		tb_die("the %s was killed by signal %d: the broker ends", child->name, WTERMSIG(status));
	tb_die("the %s has ended with code %d: the broker ends", child->name, WEXITSTATUS(status));
}

static void wait_at_exit(void)
{
	uint64_t deadline = monotonic_ms() + END_DEADLINE_MS;
	int status;

	for (unsigned int i = 0; i < waited_for_count; i++)
		if (waited_for[i]->channel >= 0)
			shutdown(waited_for[i]->channel, SHUT_RDWR);
	for (unsigned int i = 0; i < waited_for_count; i++)
		if (waited_for[i]->pid > 0)
			wait_for_child(waited_for[i]->pid, deadline, &status);
}

void children_wait_at_exit(const struct child *const *children, unsigned int count)
{
	waited_for = children;
	waited_for_count = count;
	if (atexit(wait_at_exit) != 0)
		tb_die("cannot prepare the end");
}
