/* What is known of a device, in words: see words.h. Runs as the user. */
#include "client/tapctl/words.h"

#include "client/tapctl/terms.h"
#include "proto/words.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[WORD_COUNT] = {
	[WORD_FD] = "fd",           [WORD_FDS] = "fds",
	[WORD_NAME] = "name",       [WORD_MAC] = "mac",
	[WORD_MTU] = "mtu",         [WORD_IFINDEX] = "ifindex",
	[WORD_LEASE] = "lease",     [WORD_LIFELINE] = "lifeline",
	[WORD_VHOSTFD] = "vhostfd", [WORD_VHOSTFDS] = "vhostfds",
	[WORD_ADDRESS] = "address", [WORD_PREFIX] = "prefix",
	[WORD_GATEWAY] = "gateway", [WORD_ADDRESS6] = "address6",
	[WORD_PREFIX6] = "prefix6", [WORD_GATEWAY6] = "gateway6",
};

static void write_number(char *text, unsigned int number)
{
	snprintf(text, WORD_TEXT, "%u", number);
}

/* Writes the fds that one() has for so many queues, with colons between. */
static void write_fds(char *text, const struct tap *tap, unsigned int count,
		      int (*one)(const struct tap *, unsigned int))
{
	int length = 0;

	for (unsigned int i = 0; i < count; i++)
		length += snprintf(text + length, WORD_TEXT - (size_t)length, "%s%d", i == 0 ? "" : ":", one(tap, i));
}

/* Takes an address with its prefix length apart. Both are "" where there is none. */
static void split_prefix(const char *prefixed, char *address, char *prefix)
{
	size_t length = strcspn(prefixed, "/");

	snprintf(address, WORD_TEXT, "%.*s", (int)length, prefixed);
	snprintf(prefix, WORD_TEXT, "%s", prefixed[length] == '/' ? prefixed + length + 1 : "");
}

void words_make(const char *alias, const struct tap *tap, struct words *words)
{
	memset(words, 0, sizeof(*words));
	words->alias = alias;
	snprintf(words->text[WORD_NAME], WORD_TEXT, "%s", tap_name(tap));
	mac_write(tap_mac(tap), words->text[WORD_MAC]);
	write_number(words->text[WORD_MTU], tap_mtu(tap));
	write_number(words->text[WORD_IFINDEX], tap_ifindex(tap));
	snprintf(words->text[WORD_LEASE], WORD_TEXT, "%s", tap_lease_id(tap));
	split_prefix(tap_address(tap), words->text[WORD_ADDRESS], words->text[WORD_PREFIX]);
	split_prefix(tap_address6(tap), words->text[WORD_ADDRESS6], words->text[WORD_PREFIX6]);
	snprintf(words->text[WORD_GATEWAY], WORD_TEXT, "%s", tap_gateway(tap));
	snprintf(words->text[WORD_GATEWAY6], WORD_TEXT, "%s", tap_gateway6(tap));
	if (tap_queues(tap) == 0)
		return;
	write_number(words->text[WORD_FD], (unsigned int)tap_fd(tap, 0));
	write_fds(words->text[WORD_FDS], tap, tap_queues(tap), tap_fd);
	write_number(words->text[WORD_LIFELINE], (unsigned int)tap_lifeline(tap));
	if (tap_vhosts(tap) == 0)
		return;
	write_number(words->text[WORD_VHOSTFD], (unsigned int)tap_vhost_fd(tap, 0));
	write_fds(words->text[WORD_VHOSTFDS], tap, tap_vhosts(tap), tap_vhost_fd);
}

/* The length of {alias.word}, or of {word} if the alias is "", where the text begins with it; else 0. */
static size_t begins_with(const char *text, const char *alias, int word)
{
	char braced[BRACED_TEXT];
	size_t length;

	snprintf(braced, sizeof(braced), "{%s%s%s}", alias, alias[0] != '\0' ? "." : "", names[word]);
	length = strlen(braced);
	return strncmp(text, braced, length) == 0 ? length : 0;
}

/* Whether there is an address is known only when the device is there. */
static bool word_may_be_empty(int word)
{
	return word >= WORD_ADDRESS;
}

/* What the text begins with: the length of that, and in *value what is put in its place. 0: nothing of ours. */
static size_t find_word(const struct words *devices, size_t count, const char *text, const char **value)
{
	for (size_t i = 0; i < count; i++) {
		for (int word = 0; word < WORD_COUNT; word++) {
			size_t length = begins_with(text, devices[i].alias, word);

			if (length == 0 && count == 1)
				length = begins_with(text, "", word);
			*value = devices[i].text[word];
			if (length != 0 && (**value != '\0' || word_may_be_empty(word)))
				return length;
		}
	}
	return 0;
}

char *words_replace(const struct words *devices, size_t count, const char *argument)
{
	char *result = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&result, &size);
	bool failed;

	if (out == NULL)
		return NULL;
	while (*argument != '\0') {
		const char *value;
		size_t length = *argument == '{' ? find_word(devices, count, argument, &value) : 0;

		if (length == 0) {
			fputc(*argument, out);
			argument += strncmp(argument, "{{", 2) == 0 ? 2 : 1;
		} else {
			fputs(value, out);
			argument += length;
		}
	}
	failed = ferror(out) != 0;
	if (fclose(out) != 0 || failed) {
		free(result);
		return NULL;
	}
	return result;
}

unsigned int words_of_request(const struct tap_request *request)
{
	unsigned int words = 1u << WORD_NAME | 1u << WORD_MAC | 1u << WORD_MTU | 1u << WORD_IFINDEX | 1u << WORD_LEASE;

	for (int word = WORD_ADDRESS; word < WORD_COUNT; word++)
		words |= 1u << word;

	if (tb_lifetime_by_name(request->lifetime))
		return words;
	words |= 1u << WORD_FD | 1u << WORD_FDS | 1u << WORD_LIFELINE;
	if ((request->flags & TAP_VHOST) != 0)
		words |= 1u << WORD_VHOSTFD | 1u << WORD_VHOSTFDS;
	return words;
}

/* What is wrong with the word that the text begins with. */
static enum word_fault word_check(const struct word_owner *devices, size_t count, const char *text)
{
	for (int word = 0; word < WORD_COUNT; word++) {
		if (begins_with(text, "", word) != 0 && count > 1)
			return WORDS_NO_DEVICE;
		for (size_t i = 0; i < count; i++)
			if (begins_with(text, devices[i].alias, word) != 0 || begins_with(text, "", word) != 0)
				return (devices[i].words & 1u << word) != 0 ? WORDS_GOOD : WORDS_NO_TEXT;
	}
	return WORDS_UNKNOWN;
}

/* The length of a word in braces, whether or not it is one of ours; 0: the text does not begin with one. */
static size_t braced_length(const char *text)
{
	size_t length = strspn(text + 1, "abcdefghijklmnopqrstuvwxyz0123456789_.-");

	return length > 0 && text[1 + length] == '}' ? length + 2 : 0;
}

enum word_fault words_check(const struct word_owner *devices, size_t count, const char *argument,
			    char braced[BRACED_TEXT])
{
	while ((argument = strchr(argument, '{')) != NULL) {
		size_t length = braced_length(argument);
		enum word_fault fault = length != 0 ? word_check(devices, count, argument) : WORDS_GOOD;

		if (fault != WORDS_GOOD) {
			snprintf(braced, BRACED_TEXT, "%.*s", (int)length, argument);
			return fault;
		}
		argument += strncmp(argument, "{{", 2) == 0 ? 2 : 1;
	}
	return WORDS_GOOD;
}

void variable_write(const char *alias, const char *word, char text[VARIABLE_TEXT])
{
	snprintf(text, VARIABLE_TEXT, "TAPBROKER_%s%s%s", alias, alias[0] != '\0' ? "_" : "", word);
	for (; *text != '\0'; text++)
		*text = isalnum((unsigned char)*text) ? (char)toupper((unsigned char)*text) : '_';
}

/* Sets a variable, or removes it if there is no text for it. */
static int export_one(const char *alias, int word, const char *text)
{
	char variable[VARIABLE_TEXT];

	variable_write(alias, names[word], variable);
	return text[0] != '\0' ? setenv(variable, text, 1) : unsetenv(variable);
}

static int export_aliases(const struct words *devices, size_t count)
{
	char *aliases = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&aliases, &size);
	int ret = -1;

	if (out == NULL)
		return -1;
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i == 0 ? "" : " ", devices[i].alias);
	if (fclose(out) == 0)
		ret = setenv("TAPBROKER_DEVICES", aliases, 1);
	free(aliases);
	return ret;
}

int words_export(const struct words *devices, size_t count)
{
	for (int word = 0; word < WORD_COUNT; word++) {
		/* Of several devices there is none that these could mean; what was inherited is another's. */
		if (export_one("", word, count == 1 ? devices[0].text[word] : "") < 0)
			return -1;
		for (size_t i = 0; i < count; i++)
			if (export_one(devices[i].alias, word, devices[i].text[word]) < 0)
				return -1;
	}
	return export_aliases(devices, count);
}
