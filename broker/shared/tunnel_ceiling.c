/* The ceiling of configurations: see tunnel_ceiling.h. Runs in the monitor and in the clerk; needs no right. Each row
 * forbids something, and the first that does is the answer: nothing here allows. */
#include "broker/shared/tunnel_ceiling.h"

#include "broker/shared/tunnel_items.h"

#include <string.h>

static bool list_covers(const struct network_prefixes *list, struct tb_prefix prefix)
{
	for (size_t i = 0; i < list->count; i++)
		if (tb_prefix_covers(&list->prefixes[i], &prefix))
			return true;
	return false;
}

static bool destination_allowed(const struct network *network, const struct tb_item *item)
{
	struct tb_prefix destination = tunnel_item_destination(item);

	/* Who may have every address may not lead everything there for that. */
	return (tunnel_item_takes_all(item) ? network->default_route : list_covers(&network->addresses, destination)) ||
	       list_covers(&network->routes, destination);
}

/* What is excluded, and the server, only takes away from the routes. An address brings a route: to its network, or to
 * its peer. */
enum tb_check tunnel_ceiling_item(const struct network *network, const struct tb_item *item)
{
	struct tb_prefix own = {.family = item->family, .length = (uint8_t)tb_prefix_bits(item->family)};

	memcpy(own.address, item->address, sizeof(own.address));
	if (item->kind == TB_ITEM_ADDRESS)
		return list_covers(&network->addresses, own) && destination_allowed(network, item) ? TB_CHECK_NONE
												   : TB_CHECK_ADDRESSES;
	if (item->kind != TB_ITEM_ROUTE ||
	    (item->metric <= TB_METRIC_MAX && (network->default_route || destination_allowed(network, item))))
		return TB_CHECK_NONE;
	return tunnel_item_takes_all(item) ? TB_CHECK_DEFAULT_ROUTE : TB_CHECK_ROUTES;
}

static uint64_t bit_if(bool forbids, enum tb_check check)
{
	return forbids ? (uint64_t)1 << check : 0;
}

uint64_t tunnel_ceiling_all(const struct network *network, const struct tb_configuration *configuration)
{
	const struct tb_question *question = &configuration->question;
	uint64_t forbid;

	if (network == NULL || network->off)
		return bit_if(true, TB_CHECK_NETWORK);
	forbid = bit_if(network->addresses.count == 0, TB_CHECK_ADDRESSES) |
		 bit_if(question->kind != network->kind, TB_CHECK_KIND) |
		 bit_if(question->mtu > network->mtu, TB_CHECK_MTU) |
		 bit_if(configuration->scope != TB_SCOPE_USER && configuration->scope != network->scope,
			TB_CHECK_SCOPE) |
		 bit_if(tunnel_is_kill_switch(configuration) && !network->kill_switch, TB_CHECK_KILL_SWITCH);
	for (uint32_t i = 0; i < configuration->count; i++)
		forbid |= bit_if(true, tunnel_ceiling_item(network, &configuration->items[i]));
	return forbid & ~bit_if(true, TB_CHECK_NONE);
}
