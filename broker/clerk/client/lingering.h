/* Closes sockets that may hold a client's descriptors, in processes that nobody waits for. Runs in the clerk.
 *
 * Such a socket waits here for the next of those processes: a copy of the clerk that does nothing but exit. The clerk
 * closes its own copy while that process still has one, so that the last close is never the clerk's. At most ten of
 * these processes are started in a second, and few are there at a time, but for sockets that come by the hundred.
 */
#ifndef TB_LINGERING_H
#define TB_LINGERING_H

#include <stdbool.h>

/* Takes the socket, which was shut down. */
void lingering_take(int sock);

/* True if so many wait that no more connections are to be accepted: one that waits in the kernel needs none of us. */
bool lingering_many(void);

/* Starts a process for those that wait, if it is time. Returns the milliseconds until the next may start, or -1 if none
 * waits. */
int lingering_expire(void);

#endif
