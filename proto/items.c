/* What the items of a configuration mean: see items.h. No malloc, no stdio. */
#include "items.h"

#include "name.h"

#include <string.h>

/* What there is: all of IPv4, and of IPv6 all, and the part that is given out as global addresses. */
static const struct {
	unsigned int bit;
	struct tb_prefix prefix;
} spaces[] = {
	{TB_ALL_IPV4, {.family = 4}},
	{TB_ALL_IPV6, {.family = 6}},
	{TB_ALL_IPV6, {.family = 6, .length = 3, .address = {0x20}}},
};

bool tb_item_has_peer(const struct tb_item *item)
{
	return !tb_field_empty((const char *)item->peer, sizeof(item->peer));
}

bool tb_item_leads(const struct tb_item *item)
{
	return item->kind == TB_ITEM_ROUTE || item->kind == TB_ITEM_ADDRESS;
}

struct tb_prefix tb_item_destination(const struct tb_item *item)
{
	bool to_peer = item->kind == TB_ITEM_ADDRESS && tb_item_has_peer(item);
	struct tb_prefix prefix = {.family = item->family, .length = item->prefix};

	memcpy(prefix.address, to_peer ? item->peer : item->address, sizeof(prefix.address));
	tb_prefix_mask(&prefix);
	return prefix;
}

/* How much of its family a prefix is, in parts of 2^-63. One that is less than a part is too little to count. */
static uint64_t share(const struct tb_prefix *prefix)
{
	return prefix->length < 64 ? (uint64_t)1 << (63 - prefix->length) : 0;
}

/* True if another prefix has all of this one, and is the one that counts: the larger, or the first of equal ones. */
static bool is_counted_elsewhere(const struct tb_prefix *prefixes, size_t count, size_t number)
{
	const struct tb_prefix *prefix = &prefixes[number];

	for (size_t i = 0; i < count; i++)
		if (i != number && tb_prefix_covers(&prefixes[i], prefix) &&
		    (prefixes[i].length < prefix->length || i < number))
			return true;
	return false;
}

/* Of two prefixes one has the other, or they have nothing in common: so they are added up. */
static bool take_half(const struct tb_prefix *prefixes, size_t count, const struct tb_prefix *space)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		if (tb_prefix_covers(&prefixes[i], space))
			return true;
		if (tb_prefix_covers(space, &prefixes[i]) && !is_counted_elsewhere(prefixes, count, i))
			sum += share(&prefixes[i]);
	}
	return sum >= share(space) / 2;
}

unsigned int tb_prefixes_take_all(const struct tb_prefix *prefixes, size_t count)
{
	unsigned int families = 0;

	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		if (take_half(prefixes, count, &spaces[i].prefix))
			families |= spaces[i].bit;
	return families;
}

unsigned int tb_items_take_all(const struct tb_configuration *configuration)
{
	struct tb_prefix prefixes[TB_ITEMS_MAX];
	size_t count = 0;

	for (uint32_t i = 0; i < configuration->count; i++)
		if (tb_item_leads(&configuration->items[i]))
			prefixes[count++] = tb_item_destination(&configuration->items[i]);
	return tb_prefixes_take_all(prefixes, count);
}
