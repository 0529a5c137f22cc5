/* Whether a request waits for the order that is under way. Runs in the clerk.
 *
 * The monitor answers the client of an order before it tells the clerk. So that client, or another of its user, may ask
 * about a lease of which the clerk does not know yet, or for what the lease will have given back by then.
 */
#ifndef TB_AWAIT_H
#define TB_AWAIT_H

#include "broker/clerk/request/request.h"

/* True if the request is about leases, or wants what the order may get, and must wait until the clerk knows of the
 * lease. */
bool awaits_order(const struct request *request);

#endif
