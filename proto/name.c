/* What a name may look like: see name.h. No malloc, no stdio, no locale. */
#include "name.h"

#include <errno.h>
#include <string.h>

static bool lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

bool tb_field_empty(const char *field, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (field[i] != '\0')
			return false;
	return true;
}

/* True if the field is a letter followed by letters, digits and the characters in extra, then at least one NUL and
 * only NULs. */
static bool word_valid(const char *field, size_t size, const char *extra)
{
	size_t length = strnlen(field, size);

	if (length == 0 || length == size || !lower(field[0]))
		return false;
	for (size_t i = 1; i < length; i++)
		if (!lower(field[i]) && !digit(field[i]) && strchr(extra, field[i]) == NULL)
			return false;
	return tb_field_empty(field + length, size - length);
}

bool tb_name_valid(const char *field, size_t size)
{
	return word_valid(field, size, "_.-") && strstr(field, "..") == NULL && strcmp(field, "all") != 0 &&
	       strcmp(field, "default") != 0;
}

bool tb_interface_valid(const char *field, size_t size)
{
	size_t length = strnlen(field, size);

	if (length == 0 || length >= size || length > 15 || strchr("_.-", field[0]) != NULL)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!lower(field[i]) && !upper(field[i]) && !digit(field[i]) && strchr("_.-", field[i]) == NULL)
			return false;
	return tb_field_empty(field + length, size - length) && strcmp(field, "all") != 0 &&
	       strcmp(field, "default") != 0;
}

bool tb_network_valid(const char *field, size_t size)
{
	return word_valid(field, size, "_-");
}

int tb_field_set(char *field, size_t size, const char *string)
{
	size_t length = strlen(string);

	if (length >= size)
		return -ENAMETOOLONG;
	memset(field, 0, size);
	memcpy(field, string, length);
	return 0;
}

bool tb_name_matches(const char *name, const char *pattern)
{
	size_t length = strlen(pattern);

	if (length > 0 && pattern[length - 1] == '*')
		return strncmp(name, pattern, length - 1) == 0;
	return strcmp(name, pattern) == 0;
}
