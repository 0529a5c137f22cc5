/* The keys about a network's devices whose value is a word or a list: their kind, where they stand, their names, how
 * long they last. Runs in tapbrokerd and tapbroker-setup before any client is met, as root, on the text of root's
 * files. It must never let a name through that the kernel refuses.
 */
#include "broker/config/network_file.h"

#include "proto/name.h"
#include "proto/number.h"
#include "proto/words.h"

#include <stdio.h>
#include <string.h>

#define LEASE_TIME_MAX (3650u * 24 * 3600) /* seconds in the largest MaxLeaseTimeSec= */
#define NAME_PREFIX_MIN 2                  /* characters before '*' */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *const network_netns_words[NETNS_COUNT] = {[NETNS_HOST] = "host", [NETNS_CALLER] = "caller"};

void network_set_kind(struct network_file *file, unsigned int line, const char *value)
{
	static const enum tb_kind kinds[] = {TB_KIND_TAP, TB_KIND_TUN, TB_KIND_MACVTAP};
	const char *words[COUNT(kinds)];
	size_t found;

	for (size_t i = 0; i < COUNT(kinds); i++)
		words[i] = tb_kind_word(kinds[i]);
	found = network_take_word(file, line, "Kind", value, "it is tap, tun or macvtap", words, COUNT(words));
	if (found < COUNT(kinds))
		file->network.kind = kinds[found];
}

void network_set_mode(struct network_file *file, unsigned int line, const char *value)
{
	static const enum tb_macvtap_mode modes[] = {TB_MODE_BRIDGE, TB_MODE_VEPA, TB_MODE_PRIVATE, TB_MODE_PASSTHRU};
	const char *words[COUNT(modes)];
	size_t found;

	for (size_t i = 0; i < COUNT(modes); i++)
		words[i] = tb_mode_word(modes[i]);
	found = network_take_word(file, line, "Mode", value, "it is bridge, vepa, private or passthru", words,
				  COUNT(words));
	if (found < COUNT(modes))
		file->network.mode = modes[found];
}

static bool take_interface(char field[TB_NAME_SIZE], const char *value)
{
	return tb_field_set(field, TB_NAME_SIZE, value) == 0 && tb_name_valid(field, TB_NAME_SIZE);
}

/* An interface of the administrator's may have a name that none of ours has. */
static bool take_lower(char field[TB_NAME_SIZE], const char *value)
{
	return tb_field_set(field, TB_NAME_SIZE, value) == 0 && tb_interface_valid(field, TB_NAME_SIZE);
}

void network_set_bridge(struct network_file *file, unsigned int line, const char *value)
{
	if (!take_lower(file->network.bridge, value))
		network_file_error(file, line, "Bridge=%s: a bridge's name %s", value, network_lower_wrong(value));
}

void network_set_parent(struct network_file *file, unsigned int line, const char *value)
{
	if (!take_lower(file->network.parent, value))
		network_file_error(file, line, "Parent=%s: a parent's name %s", value, network_lower_wrong(value));
}

/* A name, or the beginning of one and '*'. */
static bool pattern_valid(const char *pattern)
{
	char name[TB_NAME_SIZE + 1] = "";
	char field[TB_NAME_SIZE];
	size_t length = strlen(pattern);

	if (length > 0 && pattern[length - 1] == '*') {
		length--;
		if (length < NAME_PREFIX_MIN)
			return false;
	}
	if (length > TB_NAME_SIZE)
		return false;
	memcpy(name, pattern, length);
	return take_interface(field, name);
}

/* What stands before a '*' at the end is the beginning of names. */
static void refuse_name(struct network_file *file, unsigned int line, const char *word)
{
	size_t length = strlen(word);
	bool begins = length > 0 && word[length - 1] == '*';
	char name[INI_LINE_MAX + 1];

	snprintf(name, sizeof(name), "%.*s", (int)(length - begins), word);
	network_file_error(file, line, "Names=%s: a name %s%s", word,
			   begins && length <= NAME_PREFIX_MIN ? "has two characters or more before the *"
							       : network_name_wrong(name),
			   strchr(name, '*') != NULL ? "; a * stands at its end" : "");
}

void network_set_names(struct network_file *file, unsigned int line, const char *value)
{
	struct network *network = &file->network;
	struct network_words list;

	network_words_begin(&list, file, line, "Names", value);
	for (const char *word = network_words_next(&list); word != NULL; word = network_words_next(&list)) {
		if (!pattern_valid(word)) {
			refuse_name(file, line, word);
		} else if (network->names_count == NETWORK_NAMES_MAX) {
			network_file_error(file, line, "Names=%s: there are more than %d names", word,
					   NETWORK_NAMES_MAX);
			return;
		} else {
			memcpy(network->names[network->names_count], word, strlen(word) + 1);
			file->names_lines[network->names_count++] = line;
		}
	}
}

/* A number of seconds, or of one unit of those that systemd.time(7) has. */
void network_set_max_lease_time(struct network_file *file, unsigned int line, const char *value)
{
	static const struct {
		const char *name;
		uint32_t seconds;
	} units[] = {{"", 1}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 24 * 3600}};
	size_t digits = strspn(value, "0123456789");
	char number[sizeof("4294967295")] = "";
	uint64_t read;

	if (strcmp(value, "infinity") == 0) /* the default */
		return;
	if (digits < sizeof(number))
		memcpy(number, value, digits);
	for (size_t i = 0; i < COUNT(units); i++) {
		if (strcmp(value + digits, units[i].name) != 0)
			continue;
		if (tb_number_read(number, 1, LEASE_TIME_MAX / units[i].seconds, &read) < 0)
			break;
		file->network.max_lease_time = (uint32_t)read * units[i].seconds;
		return;
	}
	network_file_error(
		file, line,
		"MaxLeaseTimeSec=%s: it is a number of seconds, or one with a unit as 90s, 30min, 8h or 7d, from 1s to 3650d; or infinity",
		value);
}

void network_set_ipv6(struct network_file *file, unsigned int line, const char *value)
{
	static const char *const words[] = {"no-ra", "disabled"};
	size_t found = network_take_word(file, line, "IPv6", value, "it is disabled or no-ra", words, COUNT(words));

	if (found < COUNT(words))
		file->network.ipv6_disabled = found == 1;
}

void network_need_ipv6(struct network_file *file, enum network_key by)
{
	unsigned int line = file->lines[KEY_IPV6];

	if (line == 0)
		file->network.ipv6_disabled = false;
	else if (file->network.ipv6_disabled)
		network_file_error(
			file, line,
			"IPv6=disabled: devices have IPv6 addresses by %s= in line %u; take no-ra, or leave IPv6= out",
			network_key_name(by), file->lines[by]);
}

void network_set_lifetimes(struct network_file *file, unsigned int line, const char *value)
{
	const char *words[TB_LIFETIME_COUNT];

	for (int lifetime = 0; lifetime < TB_LIFETIME_COUNT; lifetime++)
		words[lifetime] = tb_lifetime_word((uint32_t)lifetime);
	network_take_bits(file, line, "Lifetimes", value, "they are session, fd, persistent, namespace and named",
			  words, COUNT(words), &file->network.lifetimes);
}

void network_set_netns(struct network_file *file, unsigned int line, const char *value)
{
	network_take_bits(file, line, "Netns", value, "they are host and caller", network_netns_words, NETNS_COUNT,
			  &file->network.netns);
}

void network_set_scope(struct network_file *file, unsigned int line, const char *value)
{
	static const enum tb_scope scopes[] = {TB_SCOPE_USER, TB_SCOPE_HOST};
	const char *words[COUNT(scopes)];
	size_t found;

	for (size_t i = 0; i < COUNT(scopes); i++)
		words[i] = tb_scope_word(scopes[i]);
	found = network_take_word(file, line, "Scope", value, "it is user or host", words, COUNT(words));
	if (found < COUNT(scopes))
		file->network.scope = scopes[found];
}
