/* Starting the other processes: see spawn.h. Runs as root, before lock-down; this is the last exec of the broker. A
 * child that fails before its exec ends by _exit(): what the monitor does at its own end is not the child's to do. */
#include "broker/monitor/spawn.h"

#include "broker/shared/log.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static _Noreturn void fail_child(const struct program *program, const char *what)
{
	tb_log(TB_LOG_ERROR, "cannot start %s: %s: %s", program->name, what, strerror(errno));
	_exit(1);
}

/* Puts the child's fds where it looks for them, and closes all others. They are first copied to where none of them
 * belongs, as each may lie where another does. */
static void arrange_fds(const struct program *program)
{
	int first_free = CHILD_FIRST_FD + (int)program->fds_count;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int *copies = calloc(program->fds_count, sizeof(*copies));

	if (copies == NULL || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		fail_child(program, "/dev/null");
	for (size_t i = 0; i < program->fds_count; i++) {
		copies[i] = fcntl(program->fds[i] >= 0 ? program->fds[i] : null, F_DUPFD_CLOEXEC, first_free);
		if (copies[i] < 0)
			fail_child(program, "its fds");
	}
	for (size_t i = 0; i < program->fds_count; i++)
		if (dup2(copies[i], CHILD_FIRST_FD + (int)i) < 0)
			fail_child(program, "its fds");
	if (close_range((unsigned int)first_free, ~0u, 0) < 0)
		fail_child(program, "the others' fds");
	free(copies);
}

/* No capability in any set, and none to be had: uid 0 would get them back by exec, but for the empty bounding set and
 * no_new_privs. */
static void drop_rights(const struct program *program)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_change_id((int)program->uid, (int)program->gid,
			    CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT) != 0)
		fail_child(program, "its rights cannot be given up");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail_child(program, "no_new_privs");
}

static _Noreturn void become_child(const char *path, const struct program *program)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	arrange_fds(program);
	drop_rights(program);
	execve(path, program->argv, program->environment);
	fail_child(program, path);
}

pid_t spawn(const struct program *program)
{
	char path[4096];
	pid_t pid;

	if (snprintf(path, sizeof(path), "%s/%s", program->directory, program->name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	/* Said here, as the child could only die of it. */
	if (access(path, X_OK) < 0)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		become_child(path, program);
	return pid;
}
