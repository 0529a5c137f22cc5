/* What a configuration means as a whole. Linked into the monitor, which makes it so, and into the clerk, which keeps
 * one tunnel from another's packets. */
#ifndef TB_TUNNEL_ITEMS_H
#define TB_TUNNEL_ITEMS_H

#include "proto/items.h"

/* The block outlives the lease. */
bool tunnel_is_kill_switch(const struct tb_configuration *wanted);

/* True if all that it does not lead into the device is blocked: a family that it does not carry, too. */
bool tunnel_takes_all(const struct tb_configuration *wanted);

/* True if there is nothing to be made of it but the device's MTU. */
bool tunnel_is_empty(const struct tb_configuration *wanted);

#endif
