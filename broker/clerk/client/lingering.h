/* Closes sockets that may hold a client's descriptors, in processes that nobody waits for. Runs in the clerk.
 *
 * Such a socket waits here for the next of those processes: a copy of the clerk that does nothing but exit. The clerk
 * closes its own copy while that process still has one, so that the last close is never the clerk's. There are at most
 * ten of these processes a second, however many sockets come.
 */
#ifndef TB_LINGERING_H
#define TB_LINGERING_H

/* Takes the socket, which was shut down. */
void lingering_take(int sock);

/* Starts a process for those that wait, if it is time. Returns the milliseconds until the next may start, or -1 if none
 * waits. */
int lingering_expire(void);

#endif
