/* Reads lines: see ini.h. It is strict: it must never read a line in a way that the administrator may not have meant.
 * No line continues another, nothing is quoted, and a line that is too long is refused as a whole.
 */
#include "broker/config/ini.h"

#include <stdbool.h>
#include <string.h>

#define BLANKS " \t"
#define KEY_BYTES "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

_Static_assert(INI_LINE_MAX == 190, "a message says so");

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static void trim(const char **start, const char **stop)
{
	while (*start < *stop && blank(**start))
		(*start)++;
	while (*stop > *start && blank((*stop)[-1]))
		(*stop)--;
}

void ini_start(struct ini *ini, const char *text, size_t size)
{
	memset(ini, 0, sizeof(*ini));
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark, from some editors */
		text += 3;
		size -= 3;
	}
	ini->next = text;
	ini->end = text + size;
}

/* Finds the next line, without its end and the blanks around it. False: there is none. */
static bool find_line(struct ini *ini, const char **start, const char **stop)
{
	if (ini->next == ini->end)
		return false;
	*start = ini->next;
	*stop = memchr(*start, '\n', (size_t)(ini->end - *start));
	ini->next = *stop != NULL ? *stop + 1 : ini->end;
	if (*stop == NULL)
		*stop = ini->end;
	if (*stop > *start && (*stop)[-1] == '\r') /* a line's end as on Windows */
		(*stop)--;
	trim(start, stop);
	ini->line++;
	return true;
}

static bool all_printable(const char *start, const char *stop)
{
	for (; start < stop; start++)
		if ((*start < ' ' || *start > '~') && *start != '\t')
			return false;
	return true;
}

static enum ini_kind wrong(struct ini *ini, const char *problem)
{
	ini->problem = problem;
	return INI_WRONG;
}

/* Where the value ends: before a blank with a comment behind it, or with the line. */
static const char *value_end(struct ini *ini, const char *value)
{
	for (const char *c = value; *c != '\0'; c++) {
		if (!blank(c[0]) || (c[1] != ';' && c[1] != '#'))
			continue;
		if (c[1] == '#')
			ini->problem =
				"a comment behind a value begins with ;, since # begins one only at the start of a line";
		return c;
	}
	return value + strlen(value);
}

static bool quote(char c)
{
	return c == '"' || c == '\'';
}

/* Leaves out the quotation marks that the value stands between, so that nothing else is said about it. */
static void unquote(struct ini *ini, const char **value, const char **stop)
{
	if (*stop - *value < 2 || !quote(**value) || (*stop)[-1] != **value)
		return;
	(*value)++;
	(*stop)--;
	ini->problem = "a value stands without quotation marks";
}

/* Splits the line in ini->text at its '='. */
static enum ini_kind split(struct ini *ini)
{
	char *key_end = ini->text + strspn(ini->text, KEY_BYTES);
	char *equals = key_end + strspn(key_end, BLANKS);
	const char *value = equals + 1;
	const char *stop;

	if (key_end == ini->text || *equals != '=')
		return wrong(ini,
			     "this line is not understood; a line is [Network], KEY=VALUE, or a comment after # or ;");
	stop = value_end(ini, value);
	trim(&value, &stop);
	unquote(ini, &value, &stop);
	*key_end = '\0';
	ini->text[stop - ini->text] = '\0';
	ini->value = value;
	return INI_KEY;
}

enum ini_kind ini_next(struct ini *ini)
{
	const char *start, *stop;

	do {
		if (!find_line(ini, &start, &stop))
			return INI_END;
	} while (start == stop || *start == '#' || *start == ';');

	ini->problem = NULL;
	if (stop - start > INI_LINE_MAX)
		return wrong(ini, "the line has more than 190 bytes");
	if (!all_printable(start, stop))
		return wrong(ini, "a byte in this line is no printable ASCII; only a comment may have such");
	memcpy(ini->text, start, (size_t)(stop - start));
	ini->text[stop - start] = '\0';
	ini->name = ini->text;
	return *start == '[' ? INI_SECTION : split(ini);
}
