/* Lists: which networks and which leases there are. Runs in the clerk.
 *
 * A list of leases waits for a look at all devices that begins after it was asked for, and that all lists share. A
 * short one is sent at once. A long one is sent as fast as its client reads, one such list at a time; the others wait.
 */
#ifndef TB_LIST_H
#define TB_LIST_H

#include "broker/clerk/request/request.h"

/* Makes room for one long list. Returns 0 or -ENOMEM. */
int lists_init(uint32_t capacity);

/* Answers with the networks, and ends the request. */
void list_networks(struct request *request);

/* Begins to answer with the leases that the request may see. */
void list_leases(struct request *request);

/* Goes on with the lists that can. The client of a long one can read again, or is too slow. */
void lists_proceed(void);

#endif
