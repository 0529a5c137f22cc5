/* What polkit is asked of a configuration: see polkit_details.h. No malloc, no stdio. */
#include "polkit_details.h"

#include "items.h"
#include "number.h"
#include "prefix.h"
#include "words.h"

#include <string.h>

/* So many destinations does the dialog name, and how many more there are. */
#define DESTINATIONS_TOLD 8

/* The longest list: all routes, each with a gateway and a few words. */
#define LIST_SIZE (2 * TB_ROUTES_MAX * (2 * TB_PREFIX_TEXT + 8))

struct list {
	char text[LIST_SIZE];
	size_t used;
};

static void append(struct list *list, const char *text)
{
	size_t length = strlen(text);

	if (length >= sizeof(list->text) - list->used)
		return;
	memcpy(list->text + list->used, text, length + 1);
	list->used += length;
}

static void append_prefix(struct list *list, const struct tb_item *item, const uint8_t address[16], unsigned int length)
{
	struct tb_prefix prefix = {.family = item->family, .length = (uint8_t)length};
	char text[TB_PREFIX_TEXT];

	memcpy(prefix.address, address, sizeof(prefix.address));
	tb_prefix_write(&prefix, text);
	append(list, list->used > 0 ? " " : "");
	append(list, text);
}

/* All items of one kind, with blanks between; an address or route may be followed by a word and its peer. */
static void list_items(struct list *list, const struct tb_configuration *configuration, enum tb_item_kind kind)
{
	list->used = 0;
	list->text[0] = '\0';
	for (uint32_t i = 0; i < configuration->count; i++) {
		const struct tb_item *item = &configuration->items[i];

		if (item->kind != kind)
			continue;
		append_prefix(list, item, item->address, item->prefix);
		if (!tb_item_has_peer(item))
			continue;
		append(list, kind == TB_ITEM_ADDRESS ? " peer" : " via");
		append_prefix(list, item, item->peer, tb_prefix_bits(item->family));
	}
}

/* The families of which everything is led into the device. */
static const char *default_word(const struct tb_configuration *configuration)
{
	static const char *const words[] = {"no", "ipv4", "ipv6", "ipv4 ipv6"};

	return words[tb_items_take_all(configuration)];
}

/* For the dialog: which packets would be taken. */
static const char *list_destinations(struct list *list, const struct tb_configuration *configuration)
{
	char number[TB_NUMBER_TEXT];
	uint32_t count = 0;

	list->used = 0;
	if (strcmp(default_word(configuration), "no") != 0)
		return "everything";
	for (uint32_t i = 0; i < configuration->count; i++) {
		const struct tb_item *item = &configuration->items[i];
		bool to_peer = item->kind == TB_ITEM_ADDRESS && tb_item_has_peer(item);

		if (tb_item_leads(item) && count++ < DESTINATIONS_TOLD)
			append_prefix(list, item, to_peer ? item->peer : item->address, item->prefix);
	}
	if (count > DESTINATIONS_TOLD) {
		tb_number_write(count - DESTINATIONS_TOLD, number);
		append(list, " and ");
		append(list, number);
		append(list, " more");
	}
	return list->used > 0 ? list->text : "nothing";
}

void tb_polkit_tunnel_details(const struct tb_configuration *configuration, tb_polkit_each *each, void *context)
{
	static const struct {
		const char *key;
		enum tb_item_kind kind;
	} lists[] = {{"address", TB_ITEM_ADDRESS},
		     {"route", TB_ITEM_ROUTE},
		     {"exclude", TB_ITEM_EXCLUDE},
		     {"server", TB_ITEM_SERVER}};
	bool kill_switch = (configuration->question.flags & TB_REQUEST_KILL_SWITCH) != 0;
	struct list list;

	tb_polkit_details(&configuration->question, each, context);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		list_items(&list, configuration, lists[i].kind);
		each(context, lists[i].key, list.text);
	}
	each(context, "default", default_word(configuration));
	each(context, "scope", tb_scope_word(configuration->scope));
	each(context, "killswitch", kill_switch ? "yes" : "no");
	each(context, "destinations", list_destinations(&list, configuration));
	each(context, "whose", configuration->scope == TB_SCOPE_HOST ? "all users and services" : "this user");
}
