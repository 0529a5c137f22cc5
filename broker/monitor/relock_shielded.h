/* Locking the taps in the shield again. Runs in tapbrokerd as root, before lock-down; USES CAP_NET_ADMIN. */
#ifndef TB_RELOCK_SHIELDED_H
#define TB_RELOCK_SHIELDED_H

#include "broker/monitor/holdings.h"

/* Gives the chains of each tap in the shield, and its port, what its network's file says now: it was made by an earlier
 * broker, which may have read another one. Between the old rules and the new ones no frame passes. What is no tap of a
 * shielded network any more keeps its rules. Returns 0 or a negative errno. */
int relock_shielded(struct monitor *monitor);

#endif
