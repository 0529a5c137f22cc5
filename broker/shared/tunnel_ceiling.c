/* The ceiling of configurations: see tunnel_ceiling.h. Runs in the monitor and in the clerk; needs no right. Each row
 * forbids something, and the first that does is the answer: nothing here allows. */
#include "broker/shared/tunnel_ceiling.h"

#include "proto/name.h"

#include <string.h>

struct tb_prefix tunnel_item_prefix(const struct tb_item *item, bool peer)
{
	struct tb_prefix prefix = {.family = item->family, .length = item->prefix};

	memcpy(prefix.address, peer ? item->peer : item->address, sizeof(prefix.address));
	return prefix;
}

bool tunnel_item_has_peer(const struct tb_item *item)
{
	return !tb_field_empty((const char *)item->peer, sizeof(item->peer));
}

bool tunnel_item_takes_all(const struct tb_item *item)
{
	return item->kind == TB_ITEM_ROUTE && item->prefix <= 1;
}

static bool list_covers(const struct network_prefixes *list, const struct tb_prefix *prefix)
{
	for (size_t i = 0; i < list->count; i++)
		if (tb_prefix_covers(&list->prefixes[i], prefix))
			return true;
	return false;
}

/* An address brings the route to its prefix; with a peer, it is the address alone, and the route is to the peer's. */
static bool address_allowed(const struct network *network, const struct tb_item *item)
{
	struct tb_prefix prefix = tunnel_item_prefix(item, false);
	struct tb_prefix peer = tunnel_item_prefix(item, true);

	if (!tunnel_item_has_peer(item))
		return list_covers(&network->addresses, &prefix);
	prefix.length = (uint8_t)tb_prefix_bits(prefix.family);
	return list_covers(&network->addresses, &prefix) &&
	       (list_covers(&network->addresses, &peer) || list_covers(&network->routes, &peer));
}

static enum tb_check item_forbidden(const struct network *network, const struct tb_item *item)
{
	struct tb_prefix prefix = tunnel_item_prefix(item, false);

	/* What is excluded, and the server, only takes away from the routes. */
	switch (item->kind) {
	case TB_ITEM_ADDRESS:
		return address_allowed(network, item) ? TB_CHECK_NONE : TB_CHECK_ADDRESSES;
	case TB_ITEM_ROUTE:
		if (item->metric > TB_METRIC_MAX)
			return TB_CHECK_ROUTES;
		if (network->default_route || list_covers(&network->routes, &prefix) ||
		    list_covers(&network->addresses, &prefix))
			return TB_CHECK_NONE;
		return tunnel_item_takes_all(item) ? TB_CHECK_DEFAULT_ROUTE : TB_CHECK_ROUTES;
	default:
		return TB_CHECK_NONE;
	}
}

enum tb_check tunnel_ceiling_forbids(const struct network *network, const struct tb_configuration *configuration)
{
	const struct tb_question *question = &configuration->question;

	if (network == NULL || network->off)
		return TB_CHECK_NETWORK;
	if (network->addresses.count == 0)
		return TB_CHECK_ADDRESSES;
	if (question->kind != network->kind)
		return TB_CHECK_KIND;
	if (question->mtu > network->mtu)
		return TB_CHECK_MTU;
	if (configuration->scope != TB_SCOPE_USER && configuration->scope != network->scope)
		return TB_CHECK_SCOPE;
	if ((question->flags & TB_REQUEST_KILL_SWITCH) != 0 && !network->kill_switch)
		return TB_CHECK_KILL_SWITCH;
	for (uint32_t i = 0; i < configuration->count; i++) {
		enum tb_check forbidden = item_forbidden(network, &configuration->items[i]);

		if (forbidden != TB_CHECK_NONE)
			return forbidden;
	}
	return TB_CHECK_NONE;
}
