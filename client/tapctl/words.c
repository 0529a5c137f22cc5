/* What is known of a device, in words: see words.h. Runs as the user. */
#include "client/tapctl/words.h"

#include "client/tapctl/terms.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *braced;
	const char *variable;
} spellings[WORD_COUNT] = {
	[WORD_FD] = {"{fd}", "TAPBROKER_FD"},
	[WORD_FDS] = {"{fds}", "TAPBROKER_FDS"},
	[WORD_NAME] = {"{name}", "TAPBROKER_NAME"},
	[WORD_MAC] = {"{mac}", "TAPBROKER_MAC"},
	[WORD_MTU] = {"{mtu}", "TAPBROKER_MTU"},
	[WORD_IFINDEX] = {"{ifindex}", "TAPBROKER_IFINDEX"},
	[WORD_LEASE] = {"{lease}", "TAPBROKER_LEASE"},
	[WORD_LIFELINE] = {"{lifeline}", "TAPBROKER_LIFELINE"},
	[WORD_VHOSTFD] = {"{vhostfd}", "TAPBROKER_VHOSTFD"},
	[WORD_VHOSTFDS] = {"{vhostfds}", "TAPBROKER_VHOSTFDS"},
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

void words_make(const struct tap *tap, struct words *words)
{
	memset(words, 0, sizeof(*words));
	snprintf(words->text[WORD_NAME], WORD_TEXT, "%s", tap_name(tap));
	mac_write(tap_mac(tap), words->text[WORD_MAC]);
	write_number(words->text[WORD_MTU], tap_mtu(tap));
	write_number(words->text[WORD_IFINDEX], tap_ifindex(tap));
	snprintf(words->text[WORD_LEASE], WORD_TEXT, "%s", tap_lease(tap));
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

/* True if the text begins with this word, and there is something to put in its place. */
static bool begins_with(const char *text, const struct words *words, int word)
{
	return words->text[word][0] != '\0' &&
	       strncmp(text, spellings[word].braced, strlen(spellings[word].braced)) == 0;
}

/* The word that the text begins with, or WORD_COUNT. */
static int find_word(const char *text, const struct words *words)
{
	int word = 0;

	while (word < WORD_COUNT && !begins_with(text, words, word))
		word++;
	return word;
}

char *words_replace(const struct words *words, const char *argument)
{
	char *result = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&result, &size);
	bool failed;

	if (out == NULL)
		return NULL;
	while (*argument != '\0') {
		int word = find_word(argument, words);

		if (word == WORD_COUNT) {
			fputc(*argument++, out);
		} else {
			fputs(words->text[word], out);
			argument += strlen(spellings[word].braced);
		}
	}
	failed = ferror(out) != 0;
	if (fclose(out) != 0 || failed) {
		free(result);
		return NULL;
	}
	return result;
}

int words_export(const struct words *words)
{
	for (int word = 0; word < WORD_COUNT; word++) {
		const char *variable = spellings[word].variable;
		const char *text = words->text[word];

		if ((text[0] != '\0' ? setenv(variable, text, 1) : unsetenv(variable)) < 0)
			return -1;
	}
	return 0;
}
