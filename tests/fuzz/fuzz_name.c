/* Fuzz target: what a name may look like. The oracle is the rule as name.h states it, told by other means, and the
 * kernel's own rule for interface names: what is accepted must never be changed or refused by the kernel.
 * The first byte chooses what the rest is.
 */
#include "proto/message.h"
#include "proto/name.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* True if the whole field is one match of the expression, padded with at least one NUL and only NULs. */
static bool spells(const char *field, size_t size, const char *expression)
{
	char text[256];
	regex_t compiled;
	bool matches;

	if (size >= sizeof(text) || memchr(field, '\0', size) == NULL)
		return false;
	memcpy(text, field, size);
	for (size_t i = strlen(text); i < size; i++)
		if (text[i] != '\0')
			return false;
	require(regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB) == 0);
	matches = regexec(&compiled, text, 0, NULL, 0) == 0;
	regfree(&compiled);
	return matches;
}

/* What dev_valid_name() and the expansion of %d in the kernel leave as it is, and the sysctls of no other device. */
static bool kernel_keeps(const char *name)
{
	if (strlen(name) == 0 || strlen(name) >= TB_NAME_SIZE || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strcmp(name, "all") == 0 || strcmp(name, "default") == 0)
		return false;
	for (; *name != '\0'; name++)
		if (*name == '/' || *name == ':' || *name == '%' || isspace((unsigned char)*name))
			return false;
	return true;
}

static void check_interface_name(const char field[TB_NAME_SIZE])
{
	bool expected = spells(field, TB_NAME_SIZE, "^[a-z][a-z0-9_.-]{0,14}$") && strstr(field, "..") == NULL &&
			strcmp(field, "all") != 0 && strcmp(field, "default") != 0;
	char copy[TB_NAME_SIZE];

	require(tb_name_valid(field, TB_NAME_SIZE) == expected);
	if (!expected)
		return;
	require(kernel_keeps(field));
	memset(copy, 'x', sizeof(copy));
	require(tb_field_set(copy, sizeof(copy), field) == 0 && memcmp(copy, field, sizeof(copy)) == 0);
	for (size_t length = 1; length <= strlen(field); length++) {
		char pattern[TB_NAME_SIZE + 1] = "";

		memcpy(pattern, field, length);
		require(tb_name_matches(field, pattern) == (length == strlen(field)));
		pattern[length] = '*';
		require(tb_name_matches(field, pattern));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char field[TB_NETWORK_SIZE] = "";

	if (size < 1)
		return 0;
	if (size - 1 > sizeof(field))
		size = 1 + sizeof(field);
	memcpy(field, data + 1, size - 1);
	require(tb_field_empty(field, sizeof(field)) == spells(field, sizeof(field), "^$"));
	if (data[0] % 2 == 0)
		check_interface_name(field);
	else
		require(tb_network_valid(field, sizeof(field)) ==
			spells(field, sizeof(field), "^[a-z][a-z0-9_-]{0,30}$"));
	return 0;
}
