/* The orders of the clerk. Runs in the monitor. */
#ifndef TB_ORDERS_H
#define TB_ORDERS_H

#include "broker/monitor/holdings.h"

/* Takes one message of the clerk's, if there is one, and does what it says. Returns 0, or a negative errno if the clerk
 * is gone. */
int orders_take(struct monitor *monitor);

/* Takes everything that the authority has sent. Returns 0, or a negative errno if it is gone. */
int yeses_take(struct monitor *monitor);

#endif
