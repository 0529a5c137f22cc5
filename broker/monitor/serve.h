/* The monitor's loop. */
#ifndef TB_SERVE_H
#define TB_SERVE_H

#include "broker/monitor/holdings.h"

/* Serves the clerk until SIGTERM or SIGINT, and then until the clerk has ended and what it wanted deleted is gone. Does
 * not return if a child ends before. */
void serve(struct monitor *monitor);

#endif
