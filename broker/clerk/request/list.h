/* Lists: which networks and which leases there are. Runs in the clerk.
 *
 * A list of leases waits for a look at all devices that begins after it was asked for, and that all lists share. A
 * short one is sent at once; of a long one see list_stream.h.
 */
#ifndef TB_LIST_H
#define TB_LIST_H

#include "broker/clerk/request/request.h"

/* Answers with the networks, and ends the request. */
void list_networks(struct request *request);

/* Begins to answer with the leases that the request may see. */
void list_leases(struct request *request);

/* Goes on with the lists that can. Returns the milliseconds until it wants to be called again, or -1. */
int lists_proceed(void);

#endif
