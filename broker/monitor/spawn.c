/* Starting the other processes: see spawn.h. Runs as root, before lock-down; this is the last exec of the broker. */
#include "broker/monitor/spawn.h"

#include "broker/shared/fd.h"
#include "broker/shared/log.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Puts the child's few fds where it looks for them, and closes all others. The fds are first moved out of the way, as
 * one may lie where another belongs. */
static void arrange_fds(int channel, int listening)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int high_channel = fcntl(channel, F_DUPFD_CLOEXEC, 10);
	int high_listening = listening < 0 ? -1 : fcntl(listening, F_DUPFD_CLOEXEC, 10);
	unsigned int first_unused = listening < 0 ? CHILD_LISTENING_FD : CHILD_LISTENING_FD + 1;

	if (null < 0 || high_channel < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(high_channel, CHILD_CHANNEL_FD) < 0)
		tb_die("cannot arrange a child's fds: %s", strerror(errno));
	if (listening >= 0 && (high_listening < 0 || dup2(high_listening, CHILD_LISTENING_FD) < 0))
		tb_die("cannot arrange a child's fds: %s", strerror(errno));
	if (close_range(first_unused, ~0u, 0) < 0)
		tb_die("cannot close a child's fds: %s", strerror(errno));
}

/* No capability in any set, and none to be had: uid 0 would get them back by exec, but for the empty bounding set and
 * no_new_privs. */
static void drop_rights(const struct child *child)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_change_id((int)child->uid, (int)child->gid,
			    CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT) != 0)
		tb_die("cannot give up the rights of %s", child->name);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		tb_die("cannot set no_new_privs for %s: %s", child->name, strerror(errno));
}

/* The variable with its name, as it stands in the environment, or NULL. */
static char *find_variable(const char *name)
{
	size_t length = strlen(name);

	for (char **variable = environ; *variable != NULL; variable++)
		if (strncmp(*variable, name, length) == 0 && (*variable)[length] == '=')
			return *variable;
	return NULL;
}

/* Of the environment a child gets nothing but where the bus is. */
static _Noreturn void become_child(const char *path, const struct child *child, int channel)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	arrange_fds(channel, child->listening);
	drop_rights(child);
	execve(path, child->argv, (char *[]){find_variable("DBUS_SYSTEM_BUS_ADDRESS"), NULL});
	tb_die("cannot start %s: %s", path, strerror(errno));
}

int spawn(const char *directory, const struct child *child, int *channel)
{
	int near TB_CLOSE = -1;
	int far TB_CLOSE = -1;
	char path[4096];
	int pair[2];
	pid_t pid;

	if (snprintf(path, sizeof(path), "%s/%s", directory, child->name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	/* Said here, as the child could only die of it. */
	if (access(path, X_OK) < 0)
		return -errno;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	near = pair[0];
	far = pair[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		become_child(path, child, far);
	*channel = tb_take(&near);
	return 0;
}
