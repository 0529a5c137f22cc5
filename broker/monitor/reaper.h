/* The reaper: closes device fds, deletes devices and moves them to other network namespaces, which takes the kernel
 * about 16 ms each, beside the event loop and several at once. Its threads have the monitor's own rights, and share
 * nothing with it but two pipes of jobs.
 */
#ifndef TB_REAPER_H
#define TB_REAPER_H

#include "broker/monitor/link.h"
#include "proto/message.h"

#include <stdint.h>

#define REAPER_THREADS 16

/* The number of a job that nobody wants to hear of. */
#define REAPER_NO_ANSWER UINT32_MAX

enum reaper_deed {
	REAPER_CLOSE,       /* the fd */
	REAPER_DELETE,      /* the device with this ifindex, if its alias is a lease's */
	REAPER_DELETE_AWAY, /* the device behind the fd, in whichever network namespace it is */
	REAPER_MOVE,        /* the device with this ifindex, to the network namespace behind the fd; and set it up */
};

struct reaper_job {
	enum reaper_deed deed;
	int fd; /* -1: none; belongs to the reaper, which closes it in the end */
	uint32_t ifindex;
	uint32_t number; /* of the lease; comes back in the answer, or REAPER_NO_ANSWER */
	int result;      /* in the answer: 0 or a negative errno */
};

struct reaper {
	int jobs;         /* write end, never waited for */
	int answers;      /* read end, the same */
	int threads_jobs; /* the other ends */
	int threads_answers;
};

/* Makes the pipes, with room for capacity jobs: more than the kernel gives to everybody needs CAP_SYS_RESOURCE.
 * Returns 0 or a negative errno. */
int reaper_open(struct reaper *reaper, uint32_t capacity);

/* Starts the threads, and waits until all of them have. Returns 0 or a negative errno. */
int reaper_start(const struct reaper *reaper);

/* Hands a job over; never waits. */
void reaper_close(struct reaper *reaper, int fd);
void reaper_delete(struct reaper *reaper, uint32_t ifindex, uint32_t number);
void reaper_delete_away(struct reaper *reaper, int device, uint32_t number);
void reaper_move(struct reaper *reaper, uint32_t ifindex, int netns, uint32_t number);

/* Takes one answer. Returns true, or false if there is none. */
bool reaper_answer(struct reaper *reaper, struct reaper_job *answer);

#endif
