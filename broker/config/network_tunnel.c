/* The keys of a network file that say which addresses and routes a user may give his device. Runs in tapbrokerd before
 * lock-down, as root, on the text of root's files. It must never let a prefix through that has bits behind it: what is
 * compared with it later would not be what the administrator reads.
 */
#include "broker/config/network_file.h"

#include <string.h>

/* Takes one prefix, or says what is wrong with it. */
static void add_prefix(struct network_file *file, unsigned int line, const char *key, const char *word,
		       struct network_prefixes *list)
{
	struct tb_prefix prefix;
	const char *wrong = network_take_prefix(word, &prefix);

	if (strcmp(word, "default") == 0)
		wrong = "DefaultRoute=yes allows a default route";
	if (wrong != NULL)
		network_file_error(file, line, "%s=%s: %s", key, word, wrong);
	else if (list->count == NETWORK_PREFIXES_MAX)
		network_file_error(file, line, "%s=%s: there are more than %d prefixes", key, word,
				   NETWORK_PREFIXES_MAX);
	else
		list->prefixes[list->count++] = prefix;
}

static void set_prefixes(struct network_file *file, unsigned int line, const char *key, const char *value,
			 struct network_prefixes *list)
{
	struct network_words words;

	network_words_begin(&words, file, line, key, value);
	for (const char *word = network_words_next(&words); word != NULL; word = network_words_next(&words))
		add_prefix(file, line, key, word, list);
}

void network_set_addresses(struct network_file *file, unsigned int line, const char *value)
{
	set_prefixes(file, line, "Addresses", value, &file->network.addresses);
}

void network_set_routes(struct network_file *file, unsigned int line, const char *value)
{
	set_prefixes(file, line, "Routes", value, &file->network.routes);
}

static bool has_ipv6(const struct network_prefixes *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->prefixes[i].family == 6)
			return true;
	return false;
}

void network_tunnel_finish(struct network_file *file)
{
	static const enum network_key depend[] = {KEY_ROUTES, KEY_DEFAULT_ROUTE, KEY_SCOPE, KEY_KILL_SWITCH};
	struct network *network = &file->network;

	if (file->lines[KEY_ADDRESSES] == 0) {
		for (size_t i = 0; i < sizeof(depend) / sizeof(depend[0]); i++)
			if (file->lines[depend[i]] != 0)
				network_file_error(
					file, file->lines[depend[i]],
					"%s= says nothing without Addresses=; add the addresses that a device "
					"may have",
					network_key_name(depend[i]));
		return;
	}
	if (file->lines[KEY_ADDRESS] != 0)
		network_file_error(
			file, file->lines[KEY_ADDRESSES],
			network->routed
				? "Addresses= is for devices that their users configure; with Address= in line %u each has its own"
				: "Addresses= is for a device that the host itself talks to; with Address= in line %u it is a port of a bridge",
			file->lines[KEY_ADDRESS]);
	if (file->lines[KEY_BRIDGE] != 0)
		network_file_error(
			file, file->lines[KEY_ADDRESSES],
			"Addresses= is for a device that the host itself talks to; a port of the bridge in line %u "
			"has no address",
			file->lines[KEY_BRIDGE]);
	if (network->kill_switch && !network->default_route)
		network_file_error(file, file->lines[KEY_KILL_SWITCH],
				   "KillSwitch=yes: it blocks everything, which says nothing without DefaultRoute=yes");
	if (has_ipv6(&network->addresses))
		network_need_ipv6(file, KEY_ADDRESSES);
}
