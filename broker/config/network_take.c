/* How the values of a network file are read: words, lists, numbers, yes and no. Runs in tapbrokerd and tapbroker-setup
 * before any client is met, as root, on the text of root's files. It must never take half a value.
 */
#include "broker/config/network_file.h"

#include "proto/number.h"
#include "proto/prefix.h"
#include "proto/suggest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t"

void network_words_begin(struct network_words *words, struct network_file *file, unsigned int line, const char *key,
			 const char *value)
{
	snprintf(words->text, sizeof(words->text), "%s", value);
	words->rest = words->text;
	if (value[strspn(value, BLANKS)] == '\0') {
		network_file_error(file, line, "%s= is empty; leave it out for the default", key);
	} else if (strchr(value, ',') != NULL) {
		network_file_error(file, line, "%s=%s: words are separated by blanks, without commas", key, value);
		words->text[0] = '\0';
	}
}

char *network_words_next(struct network_words *words)
{
	return strtok_r(NULL, BLANKS, &words->rest);
}

size_t network_take_word(struct network_file *file, unsigned int line, const char *key, const char *value,
			 const char *rule, const char *const words[], size_t count)
{
	const char *meant;
	size_t i = 0;

	while (i < count && strcmp(value, words[i]) != 0)
		i++;
	if (i < count)
		return i;
	meant = tb_suggest(value, words, count);
	if (meant != NULL)
		network_file_error(file, line, "%s=%s: %s; did you mean %s?", key, value, rule, meant);
	else
		network_file_error(file, line, "%s=%s: %s", key, value, rule);
	return count;
}

void network_take_bits(struct network_file *file, unsigned int line, const char *key, const char *value,
		       const char *rule, const char *const words[], size_t count, uint32_t *bits)
{
	struct network_words list;

	network_words_begin(&list, file, line, key, value);
	for (const char *word = network_words_next(&list); word != NULL; word = network_words_next(&list)) {
		size_t found = network_take_word(file, line, key, word, rule, words, count);

		if (found < count)
			*bits |= 1u << found;
	}
}

void network_take_number(struct network_file *file, unsigned int line, const char *key, const char *value,
			 uint32_t least, uint32_t most, uint32_t *number)
{
	const char *unit = value + strspn(value, "0123456789");
	bool has_unit = unit > value && isalpha((unsigned char)unit[strspn(unit, BLANKS)]);
	uint64_t read;

	if (tb_number_read(value, least, most, &read) < 0)
		network_file_error(file, line, "%s=%s: it is a decimal number from %u to %u%s", key, value, least, most,
				   has_unit ? ", without a unit" : "");
	else
		*number = (uint32_t)read;
}

const char *network_take_prefix(const char *word, struct tb_prefix *prefix)
{
	static char wrong[TB_PREFIX_TEXT + sizeof("it has bits behind its length; the prefix is ")];
	char text[TB_PREFIX_TEXT];
	struct tb_prefix masked;

	if (tb_prefix_read(word, prefix) < 0)
		return network_address_wrong(word, "it is an address, or a prefix such as 10.8.0.0/16 or fd00:8::/32");
	masked = *prefix;
	tb_prefix_mask(&masked);
	if (memcmp(&masked, prefix, sizeof(masked)) == 0)
		return NULL;
	tb_prefix_write(&masked, text);
	snprintf(wrong, sizeof(wrong), "it has bits behind its length; the prefix is %s", text);
	return wrong;
}

void network_take_bool(struct network_file *file, unsigned int line, const char *key, const char *value, bool *boolean)
{
	static const char *const words[][2] = {{"no", "yes"}, {"false", "true"}, {"off", "on"}, {"0", "1"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (int word = 0; word < 2; word++) {
			if (strcasecmp(value, words[i][word]) == 0) {
				*boolean = word == 1;
				return;
			}
		}
	}
	network_file_error(file, line, "%s=%s: it is yes or no (or true, false, on, off, 1, 0)", key, value);
}
