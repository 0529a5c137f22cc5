/* A configuration in polkit's terms: see polkit_tunnel.h. Runs in the authority. Administrators write rules about these
 * keys and words: they never change. */
#include "broker/authority/polkit_tunnel.h"

#include "proto/name.h"
#include "proto/prefix.h"
#include "proto/request.h"
#include "proto/words.h"

#include <string.h>

/* So many destinations does the dialog name, and how many more there are. */
#define DESTINATIONS_TOLD 8

bool polkit_tunnel_valid(const struct tb_configuration *configuration)
{
	return configuration->scope != TB_SCOPE_NETWORK && configuration->scope < TB_SCOPE_COUNT &&
	       configuration->count <= TB_ITEMS_MAX && tb_items_valid(configuration->items, configuration->count);
}

static void add_detail(GVariantBuilder *details, const char *key, const char *text)
{
	g_variant_builder_add(details, "{ss}", key, text);
}

static void append_prefix(GString *list, const struct tb_item *item, const uint8_t address[16], unsigned int length)
{
	struct tb_prefix prefix = {.family = item->family, .length = (uint8_t)length};
	char text[TB_PREFIX_TEXT];

	memcpy(prefix.address, address, sizeof(prefix.address));
	tb_prefix_write(&prefix, text);
	g_string_append_printf(list, "%s%s", list->len > 0 ? " " : "", text);
}

/* All items of one kind, with blanks between; an address or route may be followed by the word via and its peer. */
static void detail_items(GVariantBuilder *details, const char *key, const struct tb_configuration *configuration,
			 enum tb_item_kind kind)
{
	GString *list = g_string_new("");

	for (uint32_t i = 0; i < configuration->count; i++) {
		const struct tb_item *item = &configuration->items[i];

		if (item->kind != kind)
			continue;
		append_prefix(list, item, item->address, item->prefix);
		if (tb_field_empty((const char *)item->peer, sizeof(item->peer)))
			continue;
		g_string_append(list, kind == TB_ITEM_ADDRESS ? " peer" : " via");
		append_prefix(list, item, item->peer, tb_prefix_bits(item->family));
	}
	add_detail(details, key, list->str);
	g_string_free(list, TRUE);
}

static bool is_default(const struct tb_item *item)
{
	return item->kind == TB_ITEM_ROUTE && item->prefix <= 1;
}

/* The families of which everything is led into the device. */
static const char *default_word(const struct tb_configuration *configuration)
{
	static const char *const words[] = {"no", "ipv4", "ipv6", "ipv4 ipv6"};
	unsigned int families = 0;

	for (uint32_t i = 0; i < configuration->count; i++)
		if (is_default(&configuration->items[i]))
			families |= configuration->items[i].family == 4 ? 1 : 2;
	return words[families];
}

/* For the dialog: which packets would be taken. */
static void detail_destinations(GVariantBuilder *details, const struct tb_configuration *configuration)
{
	GString *list = g_string_new("");
	uint32_t count = 0;

	for (uint32_t i = 0; i < configuration->count; i++) {
		const struct tb_item *item = &configuration->items[i];

		if (item->kind != TB_ITEM_ROUTE && (item->kind != TB_ITEM_ADDRESS))
			continue;
		if (count++ < DESTINATIONS_TOLD)
			append_prefix(list, item, item->address, item->prefix);
	}
	if (count > DESTINATIONS_TOLD)
		g_string_append_printf(list, " and %u more", count - DESTINATIONS_TOLD);
	if (strcmp(default_word(configuration), "no") != 0)
		g_string_assign(list, "everything");
	add_detail(details, "destinations", list->len > 0 ? list->str : "nothing");
	g_string_free(list, TRUE);
}

void polkit_tunnel_details(GVariantBuilder *details, const struct tb_configuration *configuration)
{
	bool host = configuration->scope == TB_SCOPE_HOST;

	detail_items(details, "address", configuration, TB_ITEM_ADDRESS);
	detail_items(details, "route", configuration, TB_ITEM_ROUTE);
	detail_items(details, "exclude", configuration, TB_ITEM_EXCLUDE);
	detail_items(details, "server", configuration, TB_ITEM_SERVER);
	add_detail(details, "default", default_word(configuration));
	add_detail(details, "scope", tb_scope_word(configuration->scope));
	add_detail(details, "killswitch", (configuration->question.flags & TB_REQUEST_KILL_SWITCH) != 0 ? "yes" : "no");
	detail_destinations(details, configuration);
	add_detail(details, "whose", host ? "all users and services" : "this user");
}
