/* The closer: closes device fds beside whoever had them. To close the last one of a device takes the kernel about 16
 * ms, and longer while others make and end links. Its threads run in the monitor; they need no right.
 *
 * Its queue is short, and full while the kernel is busy with links. Then the giver waits, for as long as the kernel
 * lets every order wait: no write is lost, and none ends the broker. */
#ifndef TB_CLOSER_H
#define TB_CLOSER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define CLOSER_THREADS 8

/* Several orders' worth of fds. */
#define CLOSER_ROOM 256

struct closer {
	pthread_mutex_t lock; /* for everything below */
	pthread_cond_t changed;
	int fds[CLOSER_ROOM]; /* owned; a ring */
	uint32_t first;
	uint32_t count;
	uint32_t closing; /* taken out, and not closed yet */
};

/* One of the threads; context is the closer, all zero but for its lock. It does not return. */
void closer_run(void *context);

/* Gives the fd away, if it is one, and forgets it here. */
void closer_give(struct closer *closer, int *fd);

/* True if everything that was given is closed. */
bool closer_idle(struct closer *closer);

#endif
