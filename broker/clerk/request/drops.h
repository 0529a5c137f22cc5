/* The answer to a client that wants to know what the locks of a lease's device have dropped. Runs in the clerk.
 *
 * Only who has CAP_NET_ADMIN may ask the kernel for its rules, but anybody may read the answer who has the socket. So
 * the monitor asks, and the clerk reads: what the kernel says is taken apart without any right.
 */
#ifndef TB_CLERK_DROPS_H
#define TB_CLERK_DROPS_H

#include "broker/clerk/request/request.h"

/* The kernel answers on these sockets, which stay the caller's: about rules here, and about those in the shield; -1:
 * there is none. Returns 0 or a negative errno. */
int drops_init(int here, int shield);

/* Answers the request, later. */
void drops_begin(struct request *request);

/* Goes on with those that wait. */
void drops_proceed(void);

#endif
