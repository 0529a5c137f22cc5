/* Starting the other processes. Runs in the monitor before lock-down, as root. */
#ifndef TB_SPAWN_H
#define TB_SPAWN_H

#include <sys/types.h>

/* Where a child finds its channel to the monitor, and the listener its listening socket. */
#define CHILD_CHANNEL_FD 3
#define CHILD_LISTENING_FD 4

struct child {
	const char *name; /* of the program, in the directory of the broker's own programs */
	uid_t uid;
	gid_t gid;
	char *const *argv;
	int listening; /* -1: none; stays the caller's */
};

/* Starts the child: under its own uid, without any capability and without a way to gain one, and with no fd but its
 * channel, the listening socket and stderr. *channel is the monitor's end.
 * Returns 0 or a negative errno; -ENOENT and -EACCES tell of the program. */
int spawn(const char *directory, const struct child *child, int *channel);

#endif
