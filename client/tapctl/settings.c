/* The settings of one device: see settings.h. Runs as the user. */
#include "client/tapctl/settings.h"

#include "client/tapctl/tapctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static bool same_prefix(const struct inet *one, const struct inet *other)
{
	return one->bits == other->bits && inet_same_address(one, other);
}

/* The index of the one of this kind and prefix, or the count. */
static size_t find(const struct settings *settings, unsigned int kind, const struct inet *prefix)
{
	size_t i = 0;

	while (i < settings->count &&
	       (settings->list[i].kind != kind || !same_prefix(&settings->list[i].prefix, prefix)))
		i++;
	return i;
}

int settings_put(struct settings *settings, const struct setting *setting)
{
	size_t i = find(settings, setting->kind, &setting->prefix);

	if (i == SETTINGS_MAX)
		return -ENOSPC;
	settings->list[i] = *setting;
	if (i == settings->count)
		settings->count++;
	return 0;
}

int settings_take(struct settings *settings, unsigned int kind, const struct inet *prefix)
{
	size_t i = find(settings, kind, prefix);

	if (i == settings->count)
		return -ESRCH;
	settings->count--;
	memmove(&settings->list[i], &settings->list[i + 1], (settings->count - i) * sizeof(settings->list[0]));
	return 0;
}

/* The texts of one entry. */
struct entry_text {
	char prefix[INET_TEXT];
	char peer[INET_TEXT];
};

static void write_entry(const struct setting *setting, struct entry_text *text, struct tap_entry *entry)
{
	*entry = (struct tap_entry){.prefix = text->prefix, .kind = setting->kind, .metric = setting->metric};
	if (setting->prefix.bits == 0)
		snprintf(text->prefix, sizeof(text->prefix), "%s",
			 setting->prefix.family == AF_INET ? "default" : "default6");
	else
		inet_write_prefix(&setting->prefix, text->prefix);
	if (setting->kind == TAP_ENTRY_SERVER)
		inet_write_address(&setting->prefix, text->prefix);
	if (setting->peer.family == 0)
		return;
	inet_write_address(&setting->peer, text->peer);
	entry->peer = text->peer;
}

/* True if the command line says the same already. */
static bool is_given(const struct tunnel_options *given, const struct tap_entry *entry)
{
	for (size_t i = 0; i < given->count; i++)
		if (given->entries[i].kind == entry->kind && strcmp(given->entries[i].prefix, entry->prefix) == 0)
			return true;
	return false;
}

int settings_give(const struct settings *settings, const struct tunnel_options *given, const char *word,
		  const char *lease)
{
	static struct entry_text texts[SETTINGS_MAX];
	static struct tunnel_options all;
	struct tap_entry entry;

	all = *given;
	for (size_t i = 0; i < settings->count; i++) {
		write_entry(&settings->list[i], &texts[i], &entry);
		if (is_given(given, &entry))
			continue;
		if (all.count == TUNNEL_ENTRIES_MAX) {
			complain("%s: there are more than %d addresses and routes", word, TUNNEL_ENTRIES_MAX);
			return EXIT_USAGE;
		}
		all.entries[all.count++] = entry;
	}
	return tunnel_ask(word, lease, &all, 0, settings->mtu, 0);
}
