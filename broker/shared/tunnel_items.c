/* What the items of a configuration mean: see tunnel_items.h. Runs in the monitor and in the clerk; needs no right. */
#include "broker/shared/tunnel_items.h"

#include "proto/name.h"

#include <string.h>

bool tunnel_item_has_peer(const struct tb_item *item)
{
	return !tb_field_empty((const char *)item->peer, sizeof(item->peer));
}

struct tb_prefix tunnel_item_destination(const struct tb_item *item)
{
	bool to_peer = item->kind == TB_ITEM_ADDRESS && tunnel_item_has_peer(item);
	struct tb_prefix prefix = {.family = item->family, .length = item->prefix};

	memcpy(prefix.address, to_peer ? item->peer : item->address, sizeof(prefix.address));
	tb_prefix_mask(&prefix);
	return prefix;
}

bool tunnel_item_leads(const struct tb_item *item)
{
	return item->kind == TB_ITEM_ROUTE || item->kind == TB_ITEM_ADDRESS;
}

bool tunnel_item_takes_all(const struct tb_item *item)
{
	return tunnel_item_leads(item) && item->prefix <= 1;
}

bool tunnel_is_kill_switch(const struct tb_configuration *wanted)
{
	return (wanted->question.flags & TB_REQUEST_KILL_SWITCH) != 0;
}

bool tunnel_takes_all(const struct tb_configuration *wanted)
{
	bool all = tunnel_is_kill_switch(wanted);

	for (uint32_t i = 0; i < wanted->count; i++)
		all |= tunnel_item_takes_all(&wanted->items[i]);
	return all;
}

bool tunnel_is_empty(const struct tb_configuration *wanted)
{
	return wanted->count == 0 && !tunnel_is_kill_switch(wanted);
}
