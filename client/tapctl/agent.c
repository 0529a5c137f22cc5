/* The agent at the terminal: see agent.h. Runs as the user. */
#include "client/tapctl/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PKTTYAGENT "/usr/bin/pkttyagent"
#define REGISTERED_WITHIN 5000 /* milliseconds; if it takes longer, the question is asked all the same */

bool at_terminal(void)
{
	pid_t foreground;

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return false;
	/* A job in the background would be stopped when it asks for a password. */
	foreground = tcgetpgrp(STDIN_FILENO);
	return foreground < 0 || foreground == getpgrp();
}

/* True if systemd-logind counts this process to a session, or to a user who has one. */
static bool in_session(void)
{
	char groups[4096];
	ssize_t length;
	int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	length = read(fd, groups, sizeof(groups) - 1);
	close(fd);
	if (length <= 0)
		return false;
	groups[length] = '\0';
	return strstr(groups, "/session-") != NULL || strstr(groups, "/user@") != NULL;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* Becomes the agent. It talks to the terminal only, whatever our own output is connected to. */
static _Noreturn void become_agent(pid_t parent, int terminal, int notify, bool fallback)
{
	char process[32];
	char fd[32];

	snprintf(process, sizeof(process), "--process=%d", (int)parent);
	snprintf(fd, sizeof(fd), "--notify-fd=%d", notify);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(1);
	if (dup2(terminal, STDIN_FILENO) < 0 || dup2(terminal, STDOUT_FILENO) < 0 || dup2(terminal, STDERR_FILENO) < 0)
		_exit(1);
	if (fcntl(notify, F_SETFD, 0) < 0)
		_exit(1);
	execl(PKTTYAGENT, PKTTYAGENT, process, fd, fallback ? "--fallback" : NULL, (char *)NULL);
	_exit(1);
}

/* The agent closes its end when polkit has taken it, and so does its death. */
static void await_registration(int notify)
{
	struct pollfd end = {.fd = notify, .events = POLLIN};
	int ready;

	do {
		ready = poll(&end, 1, REGISTERED_WITHIN);
	} while (ready < 0 && errno == EINTR);
}

void agent_start(struct agent *agent)
{
	/* A fallback lets an agent on the user's screen go first. But polkitd (122) then looks for no agent but a
	 * session's, and so finds none for a process without a session. */
	bool fallback = in_session();
	pid_t parent = getpid();
	int notify[2] = {-1, -1};
	int terminal = -1;
	pid_t pid;

	if (geteuid() == 0 || access(PKTTYAGENT, X_OK) < 0)
		return;
	terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0 || pipe2(notify, O_CLOEXEC) < 0)
		goto out;
	pid = fork();
	if (pid == 0)
		become_agent(parent, terminal, notify[1], fallback);
	if (pid < 0)
		goto out;
	agent->pid = pid;
	close(notify[1]);
	notify[1] = -1;
	await_registration(notify[0]);
out:
	close_if_open(terminal);
	close_if_open(notify[0]);
	close_if_open(notify[1]);
}

void agent_stop(struct agent *agent)
{
	if (agent->pid == 0)
		return;
	kill(agent->pid, SIGTERM);
	kill(agent->pid, SIGCONT); /* it may have been stopped, and then it does not hear the first */
	while (waitpid(agent->pid, NULL, 0) < 0 && errno == EINTR)
		;
	agent->pid = 0;
}
