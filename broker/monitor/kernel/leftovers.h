/* What an earlier broker has left of tunnels: read from the kernel, and what belongs to nobody removed. Runs in
 * tapbrokerd before lock-down, as root, before there is any client. */
#ifndef TB_LEFTOVERS_H
#define TB_LEFTOVERS_H

#include "broker/config/table.h"
#include "broker/monitor/kernel/tunnel.h"

/* Notes what there is. Returns an fd, which the caller owns, of a struct tunnel_book for the clerk, or a negative
 * errno. */
int leftovers_take(struct tunnels *tunnels, const struct network_table *networks);

#endif
