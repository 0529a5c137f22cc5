/* Tunnels: see tunnel.h. Runs in the monitor; USES CAP_NET_ADMIN. Must never touch an address of a device that is not
 * the order's, nor a route or rule that is not ours. */
#include "broker/monitor/kernel/tunnel.h"

#include "broker/monitor/kernel/entries.h"
#include "broker/monitor/kernel/link_change.h"
#include "broker/shared/alias.h"
#include "broker/shared/tunnel_items.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <string.h>

/* The worst there is: every route of a client's is better. */
#define BLOCK_METRIC UINT32_MAX

/* A throw route takes the place of a route to the same prefix; 0 would mean 1024 for IPv6. */
#define THROW_METRIC(family) ((family) == 6 ? 1 : 0)

/* No rule leads to this table. The kernel lets nobody else have what one tunnel has there. */
#define CLAIMS_TABLE (TUNNEL_TABLE + TUNNELS_MAX)

enum level { LABEL, USER_MAIN, USER_SOME, USER_ALL, HOST_MAIN, HOST_SOME, HOST_ALL };

/* Made again is what can be. */
enum deed { DEED_MAKE, DEED_MAKE_AGAIN, DEED_REMOVE };

/* A tunnel that is written to the kernel. */
struct writing {
	const struct tunnels *tunnels;
	const struct tb_tunnel *tunnel;
	const struct tb_configuration *kept; /* of the same device: these addresses are there, and stay; NULL: none */
	struct entries entries;
};

uint32_t tunnel_network_hash(const char *network)
{
	static const uint8_t no_key[SIPHASH_KEY_SIZE];

	return ((uint32_t)siphash(network, strlen(network), no_key) & TUNNEL_HASH) | 1;
}

static bool has_address(const struct tb_configuration *wanted, const struct tb_item *address)
{
	for (uint32_t i = 0; wanted != NULL && i < wanted->count; i++)
		if (wanted->items[i].kind == TB_ITEM_ADDRESS && wanted->items[i].family == address->family &&
		    memcmp(wanted->items[i].address, address->address, sizeof(address->address)) == 0)
			return true;
	return false;
}

/* An address of another tunnel is refused: its claim is there, until its device is gone. */
static void write_address(struct writing *writing, const struct tb_item *item)
{
	struct entry_route claim = {.table = CLAIMS_TABLE,
				    .to = {.family = item->family, .length = (uint8_t)tb_prefix_bits(item->family)},
				    .type = RTN_UNICAST,
				    .scope = RT_SCOPE_LINK,
				    .ifindex = writing->tunnel->ifindex};

	if (item->kind != TB_ITEM_ADDRESS || has_address(writing->kept, item))
		return;
	memcpy(claim.to.address, item->address, sizeof(claim.to.address));
	entry_put(&writing->entries, ENTRY_ADDRESS, item->family, &claim);
	entry_put(&writing->entries, ENTRY_SOLE_ROUTE, item->family, &claim);
}

static void write_addresses(struct writing *writing)
{
	for (uint32_t i = 0; i < writing->tunnel->wanted.count; i++)
		write_address(writing, &writing->tunnel->wanted.items[i]);
}

/* Where packets go that no route takes any more, or never took: nowhere. */
static void write_block(struct writing *writing, uint8_t family)
{
	struct entry_route route = {.table = TUNNEL_TABLE + writing->tunnel->number,
				    .type = RTN_UNREACHABLE,
				    .metric = BLOCK_METRIC};

	entry_put(&writing->entries, ENTRY_ROUTE, family, &route);
}

/* A tun has no neighbours: there is nothing to be said but "into the device". */
static void write_route(struct writing *writing, const struct tb_item *item)
{
	bool via = item->kind == TB_ITEM_ROUTE && tb_item_has_peer(item) &&
		   writing->tunnel->wanted.question.kind == TB_KIND_TAP;
	struct entry_route route = {.table = TUNNEL_TABLE + writing->tunnel->number,
				    .to = tb_item_destination(item),
				    .type = RTN_THROW,
				    .metric = THROW_METRIC(item->family)};

	if (tb_item_leads(item)) {
		route.type = RTN_UNICAST;
		route.scope = RT_SCOPE_LINK;
		route.ifindex = writing->tunnel->ifindex;
		route.metric = item->metric;
	}
	memcpy(route.gateway, item->peer, sizeof(route.gateway));
	entry_put(&writing->entries, via ? ENTRY_ROUTE_VIA : ENTRY_ROUTE, item->family, &route);
}

static uint8_t last_family(const struct writing *writing)
{
	return writing->tunnels->ipv6 ? 6 : 4;
}

/* What leads somewhere comes first: exceptions take its place. */
static void write_routes(struct writing *writing)
{
	const struct tb_configuration *wanted = &writing->tunnel->wanted;

	for (uint8_t family = 4; tunnel_takes_all(wanted) && family <= last_family(writing); family += 2)
		write_block(writing, family);
	for (int leads = 1; leads >= 0; leads--)
		for (uint32_t i = 0; i < wanted->count; i++)
			if (tb_item_leads(&wanted->items[i]) == leads)
				write_route(writing, &wanted->items[i]);
}

static uint32_t priority_of(const struct writing *writing, enum level level)
{
	return TUNNEL_PRIORITY + (uint32_t)level * TUNNELS_MAX + writing->tunnel->number;
}

/* The rule that tells of the tunnel. */
static void write_label(struct writing *writing)
{
	const struct tb_configuration *wanted = &writing->tunnel->wanted;
	struct entry_rule label = {.priority = priority_of(writing, LABEL),
				   .uid = wanted->question.uid,
				   .action = FR_ACT_NOP,
				   .suppress = ENTRY_ALL_ROUTES,
				   .mark = writing->tunnel->ifindex,
				   .mask = TUNNEL_LABEL | (wanted->scope == TB_SCOPE_HOST ? TUNNEL_HOST : 0)};

	if (tunnel_is_kill_switch(wanted))
		label.mask |= tunnel_network_hash(wanted->question.network);
	entry_put(&writing->entries, ENTRY_RULE_OF_USER, 4, &label);
}

/* The rules for the packets that this one is about. */
static void write_pair(struct writing *writing, enum entry_kind kind, uint8_t family, struct entry_rule rule)
{
	const struct tb_configuration *wanted = &writing->tunnel->wanted;
	enum level level = wanted->scope == TB_SCOPE_HOST ? HOST_MAIN : USER_MAIN;

	rule.action = FR_ACT_TO_TBL;
	rule.priority = priority_of(writing, level);
	rule.table = RT_TABLE_MAIN;
	entry_put(&writing->entries, kind, family, &rule);
	level += tunnel_takes_all(wanted) ? 2 : 1;
	rule.priority = priority_of(writing, level);
	rule.table = TUNNEL_TABLE + writing->tunnel->number;
	rule.suppress = ENTRY_ALL_ROUTES;
	entry_put(&writing->entries, kind, family, &rule);
}

static void write_rules(struct writing *writing)
{
	const struct tb_configuration *wanted = &writing->tunnel->wanted;
	bool host = wanted->scope == TB_SCOPE_HOST;
	struct entry_rule reply = {.uid = 0};

	for (uint8_t family = 4; family <= last_family(writing); family += 2)
		write_pair(writing, host ? ENTRY_RULE : ENTRY_RULE_OF_USER, family,
			   (struct entry_rule){.uid = wanted->question.uid});
	for (uint32_t i = 0; !host && i < wanted->count; i++) {
		const struct tb_item *item = &wanted->items[i];

		reply.from_length = (uint8_t)tb_prefix_bits(item->family);
		memcpy(reply.from, item->address, sizeof(reply.from));
		if (item->kind == TB_ITEM_ADDRESS)
			write_pair(writing, ENTRY_RULE_OF_USER, item->family, reply);
	}
}

/* In the order in which they are made; they are removed in the opposite one. */
static const struct {
	enum tb_stage stage;
	void (*write)(struct writing *writing);
} parts[] = {
	{TB_STAGE_ADDRESS, write_addresses},
	{TB_STAGE_ROUTE, write_routes},
	{TB_STAGE_RULE, write_label},
	{TB_STAGE_RULE, write_rules},
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* Returns 0, or what the kernel says first of a tunnel that is made: nothing more is then written of it. */
static int write_tunnel(struct writing *writing, enum deed deed, uint32_t *stage)
{
	int ret = 0;

	for (size_t i = 0; i < PARTS && (ret == 0 || deed != DEED_MAKE); i++) {
		size_t part = deed == DEED_REMOVE ? PARTS - 1 - i : i;

		*stage = parts[part].stage;
		entries_begin(&writing->entries, writing->tunnels->sock, deed == DEED_REMOVE);
		parts[part].write(writing);
		ret = entries_end(&writing->entries);
	}
	return ret;
}

static uint64_t hash_of(const struct tunnels *tunnels, const struct tb_tunnel *tunnel)
{
	return siphash(tunnel, sizeof(*tunnel), tunnels->key) | 1;
}

void tunnel_note(struct tunnels *tunnels, const struct tb_tunnel *tunnel)
{
	tunnels->made[tunnel->number] = hash_of(tunnels, tunnel);
}

bool tunnel_was_made(const struct tunnels *tunnels, const struct tb_tunnel *tunnel)
{
	return tunnel->number < TUNNELS_MAX && tunnels->made[tunnel->number] == hash_of(tunnels, tunnel);
}

void tunnel_make_again(const struct tunnels *tunnels, const struct tb_tunnel *tunnel)
{
	struct writing writing = {.tunnels = tunnels, .tunnel = tunnel};
	uint32_t stage;

	write_tunnel(&writing, DEED_MAKE_AGAIN, &stage);
}

void tunnel_remove(struct tunnels *tunnels, const struct tb_tunnel *tunnel, const struct tb_configuration *kept)
{
	struct writing writing = {.tunnels = tunnels, .tunnel = tunnel, .kept = kept};
	uint32_t stage;

	write_tunnel(&writing, DEED_REMOVE, &stage);
	tunnels->made[tunnel->number] = 0;
}

/* Makes the new one beside the old one, which it takes the place of; or removes it again, if it cannot be made. */
static int replace(struct tunnels *tunnels, const struct tb_configure_order *order, const struct link *link,
		   uint32_t *stage)
{
	const struct tb_tunnel *tunnel = &order->tunnel;
	struct writing writing = {.tunnels = tunnels, .tunnel = tunnel, .kept = &order->old.wanted};
	const struct link_setup setup = {.mtu = tunnel->wanted.question.mtu};
	const struct link_setup before = {.mtu = link->mtu};
	int ret = link_set(tunnels->sock, link->ifindex, &setup);

	*stage = TB_STAGE_LINK;
	if (ret == 0 && !tunnel_is_empty(&tunnel->wanted))
		ret = write_tunnel(&writing, DEED_MAKE, stage);
	if (ret < 0) {
		tunnel_remove(tunnels, tunnel, &order->old.wanted);
		link_set(tunnels->sock, link->ifindex, &before);
		return ret;
	}
	if (order->replaces != 0)
		tunnel_remove(tunnels, &order->old, &tunnel->wanted);
	if (tunnel_is_empty(&tunnel->wanted))
		return 0;
	/* With the last IPv4 address of a device the kernel removes all routes there. */
	if (order->replaces != 0)
		tunnel_make_again(tunnels, tunnel);
	tunnel_note(tunnels, tunnel);
	return 0;
}

int tunnel_configure(struct tunnels *tunnels, const struct tb_configure_order *order, uint32_t *stage)
{
	const struct tb_configuration *wanted = &order->tunnel.wanted;
	struct link link;
	int ret = link_get(tunnels->sock, order->tunnel.ifindex, &link);

	if (ret == 0 && (strcmp(link.kind, "tun") != 0 || link.master != 0 ||
			 !alias_is_of(link.alias, wanted->lease, wanted->question.uid, wanted->question.network)))
		ret = -ENODEV;
	return ret < 0 ? ret : replace(tunnels, order, &link, stage);
}
