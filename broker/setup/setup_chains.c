/* Chains of other firewalls: see setup_chains.h. Runs in tapbroker-setup, as root, on what nft prints; it guesses with
 * care: a table that names all interfaces of the guests is one in which somebody has thought about them.
 */
#include "broker/setup/setup_chains.h"

#include "broker/setup/setup_nft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the reading of the text is. */
struct chain_reader {
	const struct guest_interfaces *guests;
	struct blocking_chains *found;
	size_t first;                     /* of this table among what was found */
	bool names[GUEST_INTERFACES_MAX]; /* which of the guests' interfaces this table names */
	bool ours;
	enum firewall_kind kind;
	char family[CHAIN_WORD_SIZE], table[CHAIN_WORD_SIZE], chain[CHAIN_WORD_SIZE];
	bool hooked, forward, drops;
};

static bool begins(const char *line, const char *beginning)
{
	return strncmp(line, beginning, strlen(beginning)) == 0;
}

/* True if the rule drops whatever it sees: it has no condition before the verdict. */
static bool drops_all(const char *rule)
{
	unsigned long long packets, bytes;
	int length = 0;

	if (sscanf(rule, "counter packets %llu bytes %llu %n", &packets, &bytes, &length) == 2)
		rule += length;
	return begins(rule, "drop") || begins(rule, "reject");
}

static void begin_table(struct chain_reader *reader, const char *line)
{
	reader->first = reader->found->count;
	memset(reader->names, 0, sizeof(reader->names));
	reader->kind = FIREWALL_OTHER;
	sscanf(line, "table %63s %63s", reader->family, reader->table);
	reader->ours = begins(reader->table, TABLES_NETWORK_PREFIX);
	if (strcmp(reader->table, "firewalld") == 0)
		reader->kind = FIREWALL_FIREWALLD;
}

static void begin_chain(struct chain_reader *reader, const char *line)
{
	sscanf(line, "chain %63s", reader->chain);
	reader->hooked = false;
	reader->drops = false;
	if (strcmp(reader->chain, "DOCKER-USER") == 0)
		reader->kind = FIREWALL_DOCKER;
	if (begins(reader->chain, "ufw-") || begins(reader->chain, "ufw6-"))
		reader->kind = FIREWALL_UFW;
}

static void read_rule(struct chain_reader *reader, const char *line)
{
	if (begins(line, "type filter hook ")) {
		reader->forward = strstr(line, "hook forward") != NULL;
		reader->hooked = reader->forward || strstr(line, "hook input") != NULL;
		reader->drops = strstr(line, "policy drop") != NULL;
	} else if (drops_all(line)) {
		reader->drops = true;
	}
}

static void end_chain(struct chain_reader *reader)
{
	struct blocking_chain *chain = &reader->found->chains[reader->found->count];

	if (!reader->hooked || !reader->drops || reader->ours || reader->found->count == CHAINS_MAX)
		return;
	if (strcmp(reader->family, "ip") != 0 && strcmp(reader->family, "ip6") != 0 &&
	    strcmp(reader->family, "inet") != 0)
		return;
	*chain = (struct blocking_chain){.forward = reader->forward};
	memcpy(chain->family, reader->family, sizeof(chain->family));
	memcpy(chain->table, reader->table, sizeof(chain->table));
	memcpy(chain->chain, reader->chain, sizeof(chain->chain));
	reader->found->count++;
}

static void note_names(struct chain_reader *reader, const char *line)
{
	for (size_t i = 0; i < reader->guests->count; i++) {
		char quoted[TB_NAME_SIZE + 2];

		snprintf(quoted, sizeof(quoted), "\"%s\"", reader->guests->names[i]);
		if (strstr(line, quoted) != NULL)
			reader->names[i] = true;
	}
}

static bool names_all(const struct chain_reader *reader)
{
	for (size_t i = 0; i < reader->guests->count; i++)
		if (!reader->names[i])
			return false;
	return true;
}

static void end_table(struct chain_reader *reader)
{
	if (names_all(reader))
		reader->found->count = reader->first;
	for (size_t i = reader->first; i < reader->found->count; i++)
		reader->found->chains[i].kind = reader->kind;
}

/* Tables are not indented, what is in them by one tab, rules by two. */
static void read_line(struct chain_reader *reader, const char *line)
{
	if (begins(line, "table "))
		begin_table(reader, line);
	else if (begins(line, "}"))
		end_table(reader);
	else if (begins(line, "\tchain "))
		begin_chain(reader, line + 1);
	else if (begins(line, "\t}"))
		end_chain(reader);
	else if (begins(line, "\t\t"))
		read_rule(reader, line + 2);
	note_names(reader, line);
}

void chains_find(const char *ruleset, const struct guest_interfaces *guests, struct blocking_chains *found)
{
	struct chain_reader reader = {.guests = guests, .found = found};
	char *copy = strdup(ruleset);
	char *rest = NULL;

	found->count = 0;
	for (char *line = copy != NULL ? strtok_r(copy, "\n", &rest) : NULL; line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		read_line(&reader, line);
	free(copy);
}
