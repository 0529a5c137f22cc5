/* Locking again what earlier brokers have handed out. Runs in tapbrokerd before lock-down. */
#ifndef TB_RELOCK_H
#define TB_RELOCK_H

#include "broker/monitor/holdings.h"
#include "broker/monitor/stored.h"

/* Makes the table of rules in the host's network namespace, and in it the chain of each device of ours that is to be
 * locked, as the network files say now; then the supervisor keeps its socket, and those of earlier brokers are closed,
 * with which their tables go. At no moment is a device without its rules. Returns 0 or a negative errno. */
int relock(struct monitor *monitor, struct stored_list *earlier);

#endif
