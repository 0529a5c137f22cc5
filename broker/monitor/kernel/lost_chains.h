/* Chains in the shield whose tap is gone. Runs in tapbrokerd as root, before lock-down. */
#ifndef TB_LOST_CHAINS_H
#define TB_LOST_CHAINS_H

#include "broker/monitor/kernel/rules.h"

/* Deletes the chains of each lease that has no tap there any more: where a kernel keeps chains by the names of their
 * devices, they would drop what the next tap of that name sends. link is a socket in the shield. Returns 0 or a
 * negative errno. */
int lost_chains_delete(struct link_socket *link, struct rules *rules);

#endif
