/* What the items of a configuration mean: where each leads. Linked into the monitor, which makes it so, and into the
 * clerk, which keeps one tunnel from another's packets. */
#ifndef TB_TUNNEL_ITEMS_H
#define TB_TUNNEL_ITEMS_H

#include "proto/broker.h"
#include "proto/prefix.h"

#include <stdbool.h>

bool tunnel_item_has_peer(const struct tb_item *item);

/* Where packets go by this item: into the device if it leads there, else past it. */
struct tb_prefix tunnel_item_destination(const struct tb_item *item);
bool tunnel_item_leads(const struct tb_item *item);

/* True if a route leads to half of all there is, or to more: two such are a default route. */
bool tunnel_item_takes_all(const struct tb_item *item);

/* The block outlives the lease. */
bool tunnel_is_kill_switch(const struct tb_configuration *wanted);

/* True if all that it does not lead into the device is blocked: a family that it does not carry, too. */
bool tunnel_takes_all(const struct tb_configuration *wanted);

/* True if there is nothing to be made of it but the device's MTU. */
bool tunnel_is_empty(const struct tb_configuration *wanted);

#endif
