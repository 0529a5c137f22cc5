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

/* So many bits has the smallest prefix that counts: half of what there is takes some that are no longer than this. */
#define WIDE 11
_Static_assert((TB_ADDRESSES_MAX + TB_ROUTES_MAX) >> (WIDE + 1 - 4) == 0, "all that are longer are less than a half");

unsigned int tunnel_ceiling_families(const struct network *network, const struct tb_configuration *configuration)
{
	struct tb_prefix prefixes[TB_ITEMS_MAX];
	size_t count = 0;

	for (uint32_t i = 0; !network->default_route && i < configuration->count; i++) {
		prefixes[count] = tb_item_destination(&configuration->items[i]);
		if (tb_item_leads(&configuration->items[i]) && !list_covers(&network->routes, prefixes[count]))
			count++;
	}
	return tb_prefixes_take_all(prefixes, count);
}

static bool destination_allowed(const struct network *network, const struct tb_item *item, bool takes_all)
{
	struct tb_prefix destination = tb_item_destination(item);
	bool anywhere = network->default_route && (item->kind == TB_ITEM_ROUTE || item->prefix <= 1);

	return anywhere || list_covers(&network->routes, destination) ||
	       (!takes_all && list_covers(&network->addresses, destination));
}

/* What is excluded, and the server, only takes away from the routes. An address brings a route: to its network, or to
 * its peer. */
enum tb_check tunnel_ceiling_item(const struct network *network, const struct tb_item *item, unsigned int families)
{
	struct tb_prefix own = {.family = item->family, .length = (uint8_t)tb_prefix_bits(item->family)};
	bool takes_all = item->prefix <= WIDE && (families & (item->family == 4 ? TB_ALL_IPV4 : TB_ALL_IPV6)) != 0;
	bool allowed = destination_allowed(network, item, takes_all);

	memcpy(own.address, item->address, sizeof(own.address));
	if (item->kind == TB_ITEM_ADDRESS)
		return allowed && list_covers(&network->addresses, own) ? TB_CHECK_NONE : TB_CHECK_ADDRESSES;
	if (item->kind != TB_ITEM_ROUTE || (item->metric <= TB_METRIC_MAX && allowed))
		return TB_CHECK_NONE;
	return takes_all ? TB_CHECK_DEFAULT_ROUTE : TB_CHECK_ROUTES;
}

static uint64_t bit_if(bool forbids, enum tb_check check)
{
	return forbids ? (uint64_t)1 << check : 0;
}

uint64_t tunnel_ceiling_all(const struct network *network, const struct tb_configuration *configuration)
{
	const struct tb_question *question = &configuration->question;
	unsigned int families;
	uint64_t forbid;

	if (network == NULL || network->off)
		return bit_if(true, TB_CHECK_NETWORK);
	families = tunnel_ceiling_families(network, configuration);
	forbid = bit_if(network->addresses.count == 0, TB_CHECK_ADDRESSES) |
		 bit_if(question->kind != network->kind, TB_CHECK_KIND) |
		 bit_if(question->mtu > network->mtu, TB_CHECK_MTU) |
		 bit_if(configuration->scope != TB_SCOPE_USER && configuration->scope != network->scope,
			TB_CHECK_SCOPE) |
		 bit_if(tunnel_is_kill_switch(configuration) && !network->kill_switch, TB_CHECK_KILL_SWITCH);
	for (uint32_t i = 0; i < configuration->count; i++)
		forbid |= bit_if(true, tunnel_ceiling_item(network, &configuration->items[i], families));
	return forbid & ~bit_if(true, TB_CHECK_NONE);
}
