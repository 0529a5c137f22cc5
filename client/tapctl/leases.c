/* Fetching and finding leases: see leases.h. Runs as the user. */
#include "client/tapctl/leases.h"

#include "client/tapctl/polkit_ask.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/terms.h"
#include "proto/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void lease_free(struct tap_lease *lease)
{
	free((char *)lease->id);
	free((char *)lease->network);
	free((char *)lease->name);
	free((char *)lease->external_id);
}

static int list_add(const struct tap_lease *lease, void *arg)
{
	struct lease_list *list = arg;
	struct tap_lease *longer = realloc(list->leases, (list->count + 1) * sizeof(*longer));
	struct tap_lease *copy;

	if (longer == NULL)
		return ENOMEM;
	list->leases = longer;
	copy = &longer[list->count];
	*copy = *lease;
	copy->id = strdup(lease->id);
	copy->network = strdup(lease->network);
	copy->name = strdup(lease->name);
	copy->external_id = strdup(lease->external_id);
	if (copy->id == NULL || copy->network == NULL || copy->name == NULL || copy->external_id == NULL) {
		lease_free(copy);
		return ENOMEM;
	}
	list->count++;
	return 0;
}

void leases_free(struct lease_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		lease_free(&list->leases[i]);
	free(list->leases);
}

int leases_ask(unsigned int flags, int timeout, struct lease_list *list)
{
	int error = tap_leases(flags, timeout, NULL, list_add, list);

	return error < 0 ? errno : error;
}

/* Asks for what is other users', too, if flags has TAP_ALL. Says what went wrong. Returns an exit code. */
static int fetch(unsigned int flags, polkit_question *question, void *context)
{
	struct polkit_answer answer;
	const char *text;
	int ret;

	polkit_ask_with_agent((flags & TAP_ALL) != 0 ? "the broker, which asks polkit" : "the broker", flags, question,
			      context, &answer);
	if (answer.error == 0)
		return EXIT_OK;
	ret = polkit_answer_read(&answer, REFUSED_LIST_ALL, &text);
	complain("%s", text);
	return ret;
}

static int ask_leases(void *context, unsigned int flags, struct tap_failure *failure)
{
	int error = tap_leases(flags, 0, failure, list_add, context);

	return error < 0 ? errno : error;
}

int leases_fetch(unsigned int flags, struct lease_list *list)
{
	return fetch(flags, ask_leases, list);
}

static int block_add(const struct tap_block *block, void *arg)
{
	struct block_list *list = arg;
	struct block *longer = realloc(list->blocks, (list->count + 1) * sizeof(*longer));

	if (longer == NULL)
		return ENOMEM;
	list->blocks = longer;
	longer[list->count].uid = block->uid;
	snprintf(longer[list->count++].network, sizeof(longer->network), "%s", block->network);
	return 0;
}

static int ask_blocks(void *context, unsigned int flags, struct tap_failure *failure)
{
	int error = tap_blocks(flags, 0, failure, block_add, context);

	return error < 0 ? errno : error;
}

int blocks_fetch(unsigned int flags, struct block_list *list)
{
	return fetch(flags, ask_blocks, list);
}

/* A configuration that is to be read. */
struct reading {
	const char *lease;
	int (*each)(const struct tap_configuration *configuration, void *arg);
	void *arg;
};

static int ask_configuration(void *context, unsigned int flags, struct tap_failure *failure)
{
	const struct reading *reading = context;
	int error = tap_read_configuration(reading->lease, flags, 0, failure, reading->each, reading->arg);

	return error < 0 ? errno : error;
}

int lease_read_configuration(const struct tap_lease *lease, unsigned int flags,
			     int (*each)(const struct tap_configuration *configuration, void *arg), void *arg)
{
	struct reading reading = {lease->id, each, arg};

	/* Of one's own nobody is asked. */
	if (lease->uid == getuid())
		flags &= ~(unsigned int)(TAP_ALL | TAP_INTERACTIVE);
	return fetch(flags, ask_configuration, &reading);
}

const struct tap_lease *leases_find(const struct lease_list *list, const char *word)
{
	const struct tap_lease *found = NULL;

	for (size_t i = 0; i < list->count; i++) {
		const struct tap_lease *lease = &list->leases[i];

		if (strcmp(word, lease->id) != 0 && strcmp(word, lease->name) != 0)
			continue;
		if (found != NULL) {
			complain("%s: several leases have that name; give the id of one", word);
			return NULL;
		}
		found = lease;
	}
	if (found == NULL)
		complain("%s: %s", word, tap_strerror(ENXIO));
	return found;
}

static bool is_of_network(const struct tap_lease *lease, const char *network)
{
	return strcmp(lease->network, network) == 0;
}

/* The pattern is an external id, or the beginning of some and a '*'. */
static bool has_external_id(const struct tap_lease *lease, const char *pattern)
{
	return lease->external_id[0] != '\0' && tb_name_matches(lease->external_id, pattern);
}

static void keep(struct lease_list *list, bool (*is)(const struct tap_lease *lease, const char *word), const char *word)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (is(&list->leases[i], word))
			list->leases[kept++] = list->leases[i];
		else
			lease_free(&list->leases[i]);
	}
	list->count = kept;
}

void leases_keep_network(struct lease_list *list, const char *network)
{
	keep(list, is_of_network, network);
}

void leases_keep_external_id(struct lease_list *list, const char *pattern)
{
	keep(list, has_external_id, pattern);
}

void lease_json(struct json *json, const struct tap_lease *lease)
{
	char kind[TERM_TEXT], lifetime[TERM_TEXT], scope[TERM_TEXT];
	char mac[MAC_TEXT];
	char user[USER_TEXT];

	mac_write(lease->mac, mac);
	user_write(lease->uid, user);
	json_string(json, "lease", lease->id);
	json_string(json, "network", lease->network);
	json_string(json, "name", lease->name);
	json_string(json, "external_id", lease->external_id);
	json_string(json, "kind", kind_term(lease->kind, kind));
	json_string(json, "lifetime", lifetime_term(lease->lifetime, lifetime));
	json_string(json, "netns", netns_word(lease->flags));
	json_number(json, "ifindex", lease->ifindex);
	json_string(json, "mac", mac);
	json_string(json, "address", lease->address);
	json_string(json, "address6", lease->address6);
	json_string(json, "own_address", lease->own_address);
	json_string(json, "own_address6", lease->own_address6);
	json_string(json, "scope", scope_term(lease->scope, scope));
	json_bool(json, "kill_switch", (lease->flags & TAP_KILL_SWITCH) != 0);
	json_number(json, "entries", lease->entries);
	json_number(json, "mtu", lease->mtu);
	json_number(json, "uid", lease->uid);
	json_string(json, "user", user);
	json_number(json, "pid", lease->pid);
	json_time(json, "since", lease->since);
	json_number(json, "rx_bytes", lease->rx_bytes);
	json_number(json, "rx_packets", lease->rx_packets);
	json_number(json, "tx_bytes", lease->tx_bytes);
	json_number(json, "tx_packets", lease->tx_packets);
}
