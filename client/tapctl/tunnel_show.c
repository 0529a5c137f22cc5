/* What a lease's device has been configured with: see tunnel_show.h. Runs as the user. */
#include "client/tapctl/tunnel_show.h"

#include "client/tapctl/terms.h"

#include <stdio.h>
#include <string.h>

static const struct {
	unsigned int kind;
	const char *line; /* of tapctl show */
	const char *key;  /* of JSON */
} kinds[] = {
	{TAP_ENTRY_ADDRESS, "own_address: ", "addresses"},
	{TAP_ENTRY_ROUTE, "route:       ", "routes"},
	{TAP_ENTRY_EXCLUDE, "exclude:     ", "excludes"},
	{TAP_ENTRY_SERVER, "server:      ", "servers"},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void print_entry(const char *line, const struct tap_entry *entry)
{
	printf("%s%s", line, entry->prefix);
	if (entry->peer != NULL)
		printf(" %s %s", entry->kind == TAP_ENTRY_ROUTE ? "via" : "peer", entry->peer);
	if (entry->metric != 0)
		printf(" metric %u", entry->metric);
	putchar('\n');
}

void tunnel_print(const struct tap_configuration *configuration)
{
	char scope[TERM_TEXT];

	printf("scope:       %s\n", scope_term(configuration->scope, scope));
	printf("kill_switch: %s\n", (configuration->flags & TAP_KILL_SWITCH) != 0 ? "yes" : "no");
	for (size_t kind = 0; kind < KINDS; kind++)
		for (size_t i = 0; i < configuration->entries_count; i++)
			if (configuration->entries[i].kind == kinds[kind].kind)
				print_entry(kinds[kind].line, &configuration->entries[i]);
}

/* A destination or a server is a string; an address and a route have more to say. */
static void entry_json(struct json *json, const struct tap_entry *entry)
{
	bool route = entry->kind == TAP_ENTRY_ROUTE;

	if (!route && entry->kind != TAP_ENTRY_ADDRESS) {
		json_string(json, NULL, entry->prefix);
		return;
	}
	json_open(json, NULL, '{');
	json_string(json, "prefix", entry->prefix);
	json_string(json, route ? "via" : "peer", entry->peer != NULL ? entry->peer : "");
	if (route)
		json_number(json, "metric", entry->metric);
	json_close(json, '}');
}

void tunnel_json(struct json *json, const struct tap_configuration *configuration)
{
	json_open(json, "tunnel", '{');
	for (size_t kind = 0; kind < KINDS; kind++) {
		json_open(json, kinds[kind].key, '[');
		for (size_t i = 0; i < configuration->entries_count; i++)
			if (configuration->entries[i].kind == kinds[kind].kind)
				entry_json(json, &configuration->entries[i]);
		json_close(json, ']');
	}
	json_close(json, '}');
}

const char *tunnel_first_address(const struct tap_lease *lease)
{
	return lease->own_address[0] != '\0' ? lease->own_address : lease->own_address6;
}

void tunnel_write(const struct tap_lease *lease, char text[TUNNEL_TEXT])
{
	const char *address = tunnel_first_address(lease);

	text[0] = '\0';
	if (lease->scope == TAP_SCOPE_NETWORK)
		return;
	snprintf(text, TUNNEL_TEXT, "%s%s%u entr%s%s%s", address, address[0] != '\0' ? ", " : "", lease->entries,
		 lease->entries == 1 ? "y" : "ies", lease->scope == TAP_SCOPE_HOST ? ", for everybody" : "",
		 (lease->flags & TAP_KILL_SWITCH) != 0 ? ", kill switch" : "");
}
