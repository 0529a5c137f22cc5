/* Starting the other processes. Runs in tapbrokerd before lock-down, as root. */
#ifndef TB_SPAWN_H
#define TB_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

/* Where a child finds the first of its fds. */
#define CHILD_FIRST_FD 3

struct program {
	const char *directory; /* of the broker's own programs */
	const char *name;
	uid_t uid;
	gid_t gid;
	char *const *argv;
	char *const *environment; /* all of it */
	const int *fds;           /* they stay the caller's; for -1 the program finds /dev/null in its place */
	size_t fds_count;
};

/* Starts the program: under its own uid, without any capability and without a way to gain one, and with no fd but
 * stderr and these, from CHILD_FIRST_FD on. Returns its pid or a negative errno; -ENOENT and -EACCES tell of the
 * program. */
pid_t spawn(const struct program *program);

#endif
