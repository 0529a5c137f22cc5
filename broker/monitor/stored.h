/* What an earlier broker has stored with the supervisor, and comes back at the start. Runs in tapbrokerd before
 * lock-down. */
#ifndef TB_STORED_H
#define TB_STORED_H

#include <stddef.h>

/* The first fd that the supervisor passes (sd_listen_fds(3)). */
#define PASSED_FD 3

/* How many fds the supervisor has passed. */
int passed_fds(void);

struct stored_list {
	int *fds; /* owned */
	size_t count;
	char *names; /* of all, with ':' between two */
	size_t length;
};

struct stored {
	struct stored_list lifelines;
	struct stored_list devices;
	struct stored_list rules; /* sockets that own the locks of direct ports and macvtaps */
};

/* Takes those among the passed fds that have a name of ours (LISTEN_FDNAMES). Returns 0 or a negative errno. */
int stored_take(struct stored *stored);

#endif
