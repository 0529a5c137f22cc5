/* What a name may look like: see name.h. No malloc, no stdio, no locale. */
#include "name.h"

#include "message.h"

#include <errno.h>
#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

bool tb_field_empty(const char *field, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (field[i] != '\0')
			return false;
	return true;
}

/* True if the field is one of the first characters, followed by allowed ones, then at least one NUL and only NULs. */
static bool word_valid(const char *field, size_t size, const char *first, const char *allowed)
{
	size_t length = strnlen(field, size);

	return length > 0 && length < size && strchr(first, field[0]) != NULL && strspn(field, allowed) == length &&
	       tb_field_empty(field + length, size - length);
}

/* The kernel's sysctls have these names for all interfaces, and for those to come. */
static bool means_all(const char *name)
{
	return strcmp(name, "all") == 0 || strcmp(name, "default") == 0;
}

bool tb_name_valid(const char *field, size_t size)
{
	return word_valid(field, size, LOWER, LOWER DIGITS "_.-") && strstr(field, "..") == NULL && !means_all(field);
}

bool tb_interface_valid(const char *field, size_t size)
{
	return word_valid(field, size, LOWER UPPER DIGITS, LOWER UPPER DIGITS "_.-") && strlen(field) <= 15 &&
	       !means_all(field);
}

bool tb_network_valid(const char *field, size_t size)
{
	return word_valid(field, size, LOWER, LOWER DIGITS "_-");
}

bool tb_external_id_valid(const char *field, size_t size)
{
	return word_valid(field, size, LOWER UPPER DIGITS, LOWER UPPER DIGITS "_.@/-") &&
	       strlen(field) <= TB_EXTERNAL_ID_MAX;
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
