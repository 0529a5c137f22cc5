/* What the items of a configuration mean: where each leads, and whether they lead everything there. One answer for the
 * ceiling, for what polkit is told, and for the routes that are made. */
#ifndef TB_ITEMS_H
#define TB_ITEMS_H

#include "broker.h"
#include "prefix.h"

#include <stdbool.h>
#include <stddef.h>

bool tb_item_has_peer(const struct tb_item *item);

/* True if packets go into the device by this item, and not past it: a route does so, and so does an address, which
 * leads to its network, or to that of its peer. */
bool tb_item_leads(const struct tb_item *item);

/* Where packets go by this item. */
struct tb_prefix tb_item_destination(const struct tb_item *item);

/* The families of which the prefixes together, or the destinations of the items, have everything; bits: */
#define TB_ALL_IPV4 1u
#define TB_ALL_IPV6 2u

/* Everything is at least half of a family's addresses, or of those that are given out for the Internet: whoever may
 * lead half of them there leads the rest with one item more. What the items exclude does not count. Takes about a
 * millisecond for the longest list. */
unsigned int tb_prefixes_take_all(const struct tb_prefix *prefixes, size_t count);
unsigned int tb_items_take_all(const struct tb_configuration *configuration);

#endif
