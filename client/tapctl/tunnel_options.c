/* Options about addresses and routes: see tunnel_options.h. Runs as the user. */
#include "client/tapctl/tunnel_options.h"

#include "client/tapctl/tapctl.h"
#include "proto/message.h"
#include "proto/number.h"
#include "proto/words.h"

#include <string.h>

static int add_entry(const char *command, unsigned int kind, const char *prefix, struct tunnel_options *options)
{
	struct tap_entry entry = {.prefix = prefix, .kind = kind};

	if (tunnel_entry_check(command, options, &entry) != EXIT_OK)
		return EXIT_USAGE;
	if (options->count == TUNNEL_ENTRIES_MAX) {
		complain("%s: there are more than %d addresses and routes", command, TUNNEL_ENTRIES_MAX);
		return EXIT_USAGE;
	}
	options->entries[options->count++] = entry;
	return EXIT_OK;
}

static int add_peer(const char *command, const char *peer, struct tunnel_options *options)
{
	struct tap_entry *last = options->count > 0 ? &options->entries[options->count - 1] : NULL;

	if (last == NULL || last->kind != TAP_ENTRY_ADDRESS || last->peer != NULL) {
		complain("%s: --peer=%s is of no address; it stands behind its --address", command, peer);
		return EXIT_USAGE;
	}
	last->peer = peer;
	return tunnel_peer_check(command, "--peer=", peer, last);
}

static int read_part(const char *command, const char *part, struct tap_entry *entry)
{
	uint64_t metric;

	if (strncmp(part, "via=", 4) == 0) {
		entry->peer = part + 4;
		return tunnel_peer_check(command, "--route=...,via=", entry->peer, entry);
	}
	if (strncmp(part, "metric=", 7) == 0 && tb_number_read(part + 7, 1, TB_METRIC_MAX, &metric) == 0) {
		entry->metric = (unsigned int)metric;
		return EXIT_OK;
	}
	complain("%s: --route=...,%s: via=ADDRESS and metric=N (1 to %u) may follow the destination", command, part,
		 TB_METRIC_MAX);
	return EXIT_USAGE;
}

static int add_route(const char *command, char *value, struct tunnel_options *options)
{
	char *rest = value;
	char *part = strsep(&rest, ",");
	int ret = add_entry(command, TAP_ENTRY_ROUTE, part, options);

	while (ret == EXIT_OK && (part = strsep(&rest, ",")) != NULL)
		ret = read_part(command, part, &options->entries[options->count - 1]);
	return ret;
}

static int read_scope(const char *command, const char *value, struct tunnel_options *options)
{
	if (tb_scope_read(value, &options->scope) == 0)
		return EXIT_OK;
	complain("%s: --scope=%s: user or host is wanted", command, value);
	return EXIT_USAGE;
}

int tunnel_option_read(const char *command, int letter, char *value, struct tunnel_options *options)
{
	switch (letter) {
	case OPTION_ADDRESS:
		return add_entry(command, TAP_ENTRY_ADDRESS, value, options);
	case OPTION_PEER:
		return add_peer(command, value, options);
	case OPTION_ROUTE:
		return add_route(command, value, options);
	case OPTION_EXCLUDE:
		return add_entry(command, TAP_ENTRY_EXCLUDE, value, options);
	case OPTION_SERVER:
		return add_entry(command, TAP_ENTRY_SERVER, value, options);
	case OPTION_SCOPE:
		return read_scope(command, value, options);
	default:
		options->flags |= TAP_KILL_SWITCH;
		return EXIT_OK;
	}
}

bool tunnel_options_given(const struct tunnel_options *options)
{
	return options->count > 0 || options->flags != 0 || options->scope != TAP_SCOPE_NETWORK;
}
