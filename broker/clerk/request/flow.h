/* The life of a request, from a client's socket that can be read to its answer. Runs in the clerk. The highest layer of
 * requests: it calls the others, and none of them calls it.
 */
#ifndef TB_FLOW_H
#define TB_FLOW_H

#include "broker/clerk/request/request.h"

/* Takes the channel to the authority, which stays the caller's. Returns 0 or a negative errno. */
int flow_init(int authority);

/* Takes a client's prepared socket that can be read: the request's from now on. */
void flow_begin(int sock);

/* Tells a client that its user has too many connections, and hangs up. */
void flow_turn_away(int sock);

/* Does what can be done now: asks, orders, lists, refuses what has waited too long, lets those go on that have room.
 * Returns the milliseconds until it wants to be called again, or -1. */
int flow_expire(void);

/* The broker stops: tells every client that still waits to ask once more. */
void flow_stop(void);

#endif
