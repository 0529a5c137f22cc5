/* Configurations: the monitor makes those that have passed the gate, and ends the blocks of kill switches. Runs in the
 * clerk.
 *
 * One order at a time is under way, in the order of arrival: the monitor may wait for the kernel. */
#ifndef TB_CLERK_CONFIGURE_H
#define TB_CLERK_CONFIGURE_H

#include "broker/clerk/request/request.h"

/* Forgets what was under way. */
void configure_init(void);

/* The request waits for its order. */
void configure_ready(struct request *request);

/* Sends the next order, if none is under way. Returns the milliseconds until the next try, or -1. */
int configure_expire(void);

/* What became of the one that is under way. */
void configure_done(const struct tb_configured *configured);

#endif
