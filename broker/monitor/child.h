/* The other processes, once they run. Runs in the monitor. */
#ifndef TB_CHILD_H
#define TB_CHILD_H

#include <sys/types.h>

struct child {
	const char *name; /* "clerk" */
	pid_t pid;        /* 0: it does not run */
	int channel;      /* owned; to it, the clerk's is that of the orders; -1: it does not run */
};

/* The child has closed its channel: says how it ended, as far as that is known, and ends the broker. */
_Noreturn void child_lost(const struct child *child);

/* At the end of the process, whatever ends it: closes the channels, and waits for the children, but not for long. So
 * the supervisor finds nothing that it must kill. */
void children_wait_at_exit(const struct child *const *children, unsigned int count);

#endif
