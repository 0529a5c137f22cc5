/* Orders: the monitor makes the devices that have passed the gate. Runs in the clerk.
 *
 * One order at a time is under way, and users take turns: the monitor may wait for the kernel for seconds, and behind
 * it waits nothing but what wants a device as well.
 */
#ifndef TB_CLERK_ORDER_H
#define TB_CLERK_ORDER_H

#include "broker/clerk/request/request.h"

/* Forgets what was under way. begun() is called for each lease that begins. */
void orders_init(void (*begun)(const struct lease *lease));

/* The request waits for its order. */
void order_ready(struct request *request);

/* Sends the next order, if none is under way. Returns the milliseconds until the next try, or -1. */
int orders_expire(void);

/* The request whose order is under way, or NULL. Its client may know the end of it before the clerk does: the monitor
 * answers the one before it tells the other. */
const struct request *order_under_way(void);

/* What became of the one that is under way. */
void order_made(const struct tb_made *made);

#endif
