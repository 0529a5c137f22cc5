/* Tunnels: see tunnel.h. Runs in the monitor; USES CAP_NET_ADMIN. Must never touch an address of a device that is not
 * the order's, nor a route or rule that is not ours. */
#include "broker/monitor/kernel/tunnel.h"

#include "broker/monitor/kernel/entries.h"
#include "broker/monitor/kernel/link_change.h"
#include "broker/shared/alias.h"
#include "broker/shared/log.h"
#include "broker/shared/siphash.h"
#include "broker/shared/tunnel_ceiling.h"

#include <errno.h>
#include <string.h>

/* The worst there is: every route of a client's is better. */
#define BLOCK_METRIC UINT32_MAX

/* A throw route takes the place of a route to the same prefix; 0 would mean 1024 for IPv6. */
#define THROW_METRIC(family) ((family) == 6 ? 1 : 0)

enum level { LABEL, USER_MAIN, USER_SOME, USER_ALL, HOST_MAIN, HOST_SOME, HOST_ALL };

/* A tunnel that is written to the kernel: made, or removed. */
struct writing {
	const struct tunnels *tunnels;
	const struct tunnel *tunnel;
	const struct tb_configuration *kept; /* its addresses stay, whatever is removed; NULL: none */
	struct entries entries;
};

static uint32_t number_of(const struct writing *writing)
{
	return (uint32_t)(writing->tunnel - writing->tunnels->list);
}

static uint8_t last_family(const struct writing *writing)
{
	return writing->tunnels->ipv6 ? 6 : 4;
}

static bool is_kill_switch(const struct tb_configuration *wanted)
{
	return (wanted->question.flags & TB_REQUEST_KILL_SWITCH) != 0;
}

uint32_t tunnel_network_hash(const char *network)
{
	static const uint8_t no_key[SIPHASH_KEY_SIZE];

	return ((uint32_t)siphash(network, strlen(network), no_key) & TUNNEL_HASH) | 1;
}

/* Where the item leads packets to, if it does: else it is an exception. */
static bool leads_to(const struct tb_item *item, struct tb_prefix *prefix)
{
	*prefix = tunnel_item_prefix(item, item->kind == TB_ITEM_ADDRESS && tunnel_item_has_peer(item));
	tb_prefix_mask(prefix);
	return item->kind == TB_ITEM_ROUTE || item->kind == TB_ITEM_ADDRESS;
}

/* Everything else is blocked then: a family that it does not carry, too. */
static bool takes_all(const struct tb_configuration *wanted)
{
	bool all = is_kill_switch(wanted);

	for (uint32_t i = 0; i < wanted->count; i++)
		all |= tunnel_item_takes_all(&wanted->items[i]);
	return all;
}

/* ---- what a tunnel consists of ---- */

static bool has_address(const struct tb_configuration *wanted, const struct tb_item *address)
{
	for (uint32_t i = 0; wanted != NULL && i < wanted->count; i++)
		if (wanted->items[i].kind == TB_ITEM_ADDRESS && wanted->items[i].family == address->family &&
		    memcmp(wanted->items[i].address, address->address, sizeof(address->address)) == 0)
			return true;
	return false;
}

static void write_addresses(struct writing *writing)
{
	const struct tb_configuration *wanted = &writing->tunnel->wanted;

	for (uint32_t i = 0; i < wanted->count; i++)
		if (wanted->items[i].kind == TB_ITEM_ADDRESS && !has_address(writing->kept, &wanted->items[i]))
			entry_address(&writing->entries, writing->tunnel->ifindex, wanted->items[i].family,
				      wanted->items[i].address);
}

/* Where packets go that no route takes any more, or never took: nowhere. */
static void write_block(struct writing *writing, uint8_t family)
{
	struct entry_route route = {.table = TUNNEL_TABLE + number_of(writing),
				    .to = {.family = family},
				    .type = RTN_UNREACHABLE,
				    .metric = BLOCK_METRIC};

	entry_route(&writing->entries, &route);
}

static void write_route(struct writing *writing, const struct tb_item *item, bool throws)
{
	struct entry_route route = {.table = TUNNEL_TABLE + number_of(writing),
				    .type = throws ? RTN_THROW : RTN_UNICAST,
				    .metric = throws ? THROW_METRIC(item->family) : item->metric};

	if (leads_to(item, &route.to) == throws)
		return;
	if (!throws)
		route.ifindex = writing->tunnel->ifindex;
	/* A tun has no neighbours: there is nothing to be said but "into the device". */
	if (item->kind == TB_ITEM_ROUTE && tunnel_item_has_peer(item) &&
	    writing->tunnel->wanted.question.kind == TB_KIND_TAP)
		route.gateway = item->peer;
	entry_route(&writing->entries, &route);
}

/* What leads somewhere comes first: exceptions take its place. */
static void write_routes(struct writing *writing)
{
	const struct tb_configuration *wanted = &writing->tunnel->wanted;

	for (uint8_t family = 4; takes_all(wanted) && family <= last_family(writing); family += 2)
		write_block(writing, family);
	for (int throws = 0; throws < 2; throws++)
		for (uint32_t i = 0; i < wanted->count; i++)
			write_route(writing, &wanted->items[i], throws);
}

static uint32_t priority_of(const struct writing *writing, enum level level)
{
	return TUNNEL_PRIORITY + (uint32_t)level * TUNNELS_MAX + number_of(writing);
}

/* The rules for the packets of this uid that have this source. */
static void write_pair(struct writing *writing, uint8_t family, uint32_t uid, const uint8_t *from)
{
	bool host = writing->tunnel->wanted.scope == TB_SCOPE_HOST;
	enum level level = host ? HOST_MAIN : USER_MAIN;
	struct entry_rule rule = {.family = family,
				  .uid = uid,
				  .from = from,
				  .priority = priority_of(writing, level),
				  .table = RT_TABLE_MAIN,
				  .specific = true};

	entry_rule(&writing->entries, &rule);
	level += takes_all(&writing->tunnel->wanted) ? 2 : 1;
	rule.priority = priority_of(writing, level);
	rule.table = TUNNEL_TABLE + number_of(writing);
	rule.specific = false;
	entry_rule(&writing->entries, &rule);
}

/* The rule that tells of the tunnel comes first and goes last. */
static void write_rules(struct writing *writing)
{
	const struct tb_configuration *wanted = &writing->tunnel->wanted;
	bool host = wanted->scope == TB_SCOPE_HOST;
	struct entry_rule label = {.family = 4,
				   .uid = wanted->question.uid,
				   .priority = priority_of(writing, LABEL),
				   .mark = writing->tunnel->ifindex,
				   .mask = TUNNEL_LABEL | (host ? TUNNEL_HOST : 0)};

	if (is_kill_switch(wanted))
		label.mask |= tunnel_network_hash(wanted->question.network);
	if (!writing->entries.remove)
		entry_rule(&writing->entries, &label);
	for (uint8_t family = 4; family <= last_family(writing); family += 2)
		write_pair(writing, family, host ? ENTRY_ANY_UID : wanted->question.uid, NULL);
	for (uint32_t i = 0; !host && i < wanted->count; i++)
		if (wanted->items[i].kind == TB_ITEM_ADDRESS)
			write_pair(writing, wanted->items[i].family, 0, wanted->items[i].address);
	if (writing->entries.remove)
		entry_rule(&writing->entries, &label);
}

/* In the order in which they are made; they are removed in the opposite one. */
static const struct {
	enum tb_stage stage;
	void (*write)(struct writing *writing);
} parts[] = {
	{TB_STAGE_ADDRESS, write_addresses},
	{TB_STAGE_ROUTE, write_routes},
	{TB_STAGE_RULE, write_rules},
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* Returns 0 or a negative errno, and in *stage what the kernel has refused. */
static int make(const struct tunnels *tunnels, const struct tunnel *tunnel, uint32_t *stage)
{
	struct writing writing = {.tunnels = tunnels, .tunnel = tunnel};
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < PARTS; i++) {
		*stage = parts[i].stage;
		entries_begin(&writing.entries, tunnels->sock, false);
		parts[i].write(&writing);
		ret = entries_end(&writing.entries);
	}
	return ret;
}

/* Makes all of it, or removes it, whatever the kernel says of some. */
static void write_all(const struct tunnels *tunnels, const struct tunnel *tunnel, bool remove,
		      const struct tb_configuration *kept)
{
	struct writing writing = {.tunnels = tunnels, .tunnel = tunnel, .kept = kept};

	for (size_t i = 0; i < PARTS; i++) {
		entries_begin(&writing.entries, tunnels->sock, remove);
		parts[remove ? PARTS - 1 - i : i].write(&writing);
		entries_end(&writing.entries);
	}
}

static void take_away(const struct tunnels *tunnels, struct tunnel *tunnel, const struct tb_configuration *kept)
{
	write_all(tunnels, tunnel, true, kept);
	tunnel->used = false;
}

/* ---- one beside the other ---- */

static struct tunnel *find_tunnel(struct tunnels *tunnels, const uint8_t lease[TB_ID_SIZE])
{
	for (uint32_t i = 0; i < TUNNELS_MAX; i++)
		if (tunnels->list[i].used && memcmp(tunnels->list[i].wanted.lease, lease, TB_ID_SIZE) == 0)
			return &tunnels->list[i];
	return NULL;
}

static bool is_block_of(const struct tunnel *tunnel, uint32_t uid, const char *network)
{
	return tunnel->used && tunnel->left && tunnel->wanted.question.uid == uid &&
	       strcmp(tunnel->wanted.question.network, network) == 0;
}

/* True if the new one takes the place of this one: the lease's own, or a block that its user's last one has left. */
static bool is_replaced(const struct tunnel *tunnel, const struct tb_configuration *wanted)
{
	return (tunnel->used && memcmp(tunnel->wanted.lease, wanted->lease, TB_ID_SIZE) == 0) ||
	       is_block_of(tunnel, wanted->question.uid, wanted->question.network);
}

/* What leads everywhere and what leads somewhere go together; all else that has an address in common does not. */
static bool collide(const struct tb_configuration *one, const struct tb_configuration *other)
{
	struct tb_prefix here;
	struct tb_prefix there;

	if (one->scope != other->scope || (one->scope == TB_SCOPE_USER && one->question.uid != other->question.uid))
		return false;
	if (takes_all(one) && takes_all(other))
		return true;
	for (uint32_t i = 0; i < one->count; i++)
		for (uint32_t j = 0; j < other->count; j++)
			if (leads_to(&one->items[i], &here) && leads_to(&other->items[j], &there) && here.length > 1 &&
			    there.length > 1 && (tb_prefix_covers(&here, &there) || tb_prefix_covers(&there, &here)))
				return true;
	return false;
}

/* TB_CHECK_NONE, or what is in use. */
static enum tb_check in_use(struct tunnels *tunnels, const struct tb_configuration *wanted)
{
	const struct tunnel *own = find_tunnel(tunnels, wanted->lease);

	for (uint32_t i = 0; i < wanted->count; i++)
		if (wanted->items[i].kind == TB_ITEM_ADDRESS &&
		    !has_address(own != NULL ? &own->wanted : NULL, &wanted->items[i]) &&
		    entry_address_free(tunnels->sock, wanted->items[i].family, wanted->items[i].address) < 0)
			return TB_CHECK_ADDRESS_IN_USE;
	for (uint32_t i = 0; i < TUNNELS_MAX; i++) {
		const struct tunnel *other = &tunnels->list[i];

		if (!other->used || is_replaced(other, wanted) || !collide(&other->wanted, wanted))
			continue;
		tb_log(TB_LOG_NOTICE, "%s is not configured: %s of uid %u leads there already", wanted->question.name,
		       other->wanted.question.name, other->wanted.question.uid);
		return TB_CHECK_ROUTE_IN_USE;
	}
	return TB_CHECK_NONE;
}

/* Makes the new one beside what there is, then removes what it takes the place of; or itself, if it cannot be made. */
static int replace(struct tunnels *tunnels, struct tunnel *tunnel, const struct link *link, uint32_t *stage)
{
	bool used = tunnel->wanted.count > 0 || is_kill_switch(&tunnel->wanted);
	uint32_t mtu = tunnel->wanted.question.mtu;
	struct tunnel *own = find_tunnel(tunnels, tunnel->wanted.lease);
	int ret;

	*stage = TB_STAGE_LINK;
	ret = mtu != 0 ? link_set_mtu(tunnels->sock, link->ifindex, mtu) : 0;
	if (ret == 0 && used)
		ret = make(tunnels, tunnel, stage);
	if (ret < 0) {
		take_away(tunnels, tunnel, own != NULL ? &own->wanted : NULL);
		link_set_mtu(tunnels->sock, link->ifindex, link->mtu);
		return ret;
	}
	for (uint32_t i = 0; i < TUNNELS_MAX; i++)
		if (&tunnels->list[i] != tunnel && is_replaced(&tunnels->list[i], &tunnel->wanted))
			take_away(tunnels, &tunnels->list[i], &tunnel->wanted);
	/* With the last IPv4 address of a device the kernel removes all routes there. */
	tunnel->used = used;
	if (own != NULL && used)
		write_all(tunnels, tunnel, false, NULL);
	return 0;
}

void tunnel_configure(struct tunnels *tunnels, const struct tb_configure_order *order, struct tb_configured *answer)
{
	const struct tb_configuration *wanted = &order->configuration;
	const struct tb_question *question = &wanted->question;
	struct tunnel *tunnel = NULL;
	struct link link;
	int ret = link_get(tunnels->sock, order->ifindex, &link);

	for (uint32_t i = 0; i < TUNNELS_MAX && tunnel == NULL; i++)
		if (!tunnels->list[i].used)
			tunnel = &tunnels->list[i];
	if (tunnel == NULL)
		ret = -ENOSPC;
	if (ret == 0 && (strcmp(link.kind, "tun") != 0 || link.master != 0 ||
			 !alias_is_of(link.alias, wanted->lease, question->uid, question->network)))
		ret = -ENODEV;
	answer->check = ret == 0 ? in_use(tunnels, wanted) : TB_CHECK_NONE;
	answer->status = answer->check != TB_CHECK_NONE ? TB_IN_USE : TB_OK;
	if (ret == 0 && answer->status == TB_OK) {
		*tunnel = (struct tunnel){.ifindex = order->ifindex, .wanted = *wanted};
		ret = replace(tunnels, tunnel, &link, &answer->stage);
	}
	if (ret < 0) {
		answer->status = TB_KERNEL;
		answer->error = -ret;
	}
}

void tunnel_end(struct tunnels *tunnels, const uint8_t lease[TB_ID_SIZE])
{
	struct tunnel *tunnel = find_tunnel(tunnels, lease);

	if (tunnel == NULL)
		return;
	tunnel->left = is_kill_switch(&tunnel->wanted);
	if (!tunnel->left)
		take_away(tunnels, tunnel, NULL);
}

void tunnel_restore(struct tunnels *tunnels, uint32_t number, uint32_t ifindex)
{
	for (uint32_t i = 0; i < TUNNELS_MAX; i++)
		if (tunnels->list[i].used && (i == number || (ifindex != 0 && tunnels->list[i].ifindex == ifindex)))
			write_all(tunnels, &tunnels->list[i], false, NULL);
}

void tunnel_unblock(struct tunnels *tunnels, uint32_t uid, const char *network)
{
	for (uint32_t i = 0; i < TUNNELS_MAX; i++)
		if (is_block_of(&tunnels->list[i], uid, network))
			take_away(tunnels, &tunnels->list[i], NULL);
}
