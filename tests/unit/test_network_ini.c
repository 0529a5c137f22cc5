/* Unit test of the reader of lines, broker/config/ini.c, and of proto/suggest.c. */
#include "broker/config/ini.h"
#include "proto/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct ini ini;

static void begins(const char *text)
{
	ini_start(&ini, text, strlen(text));
}

static void ends(void)
{
	assert_int_equal(ini_next(&ini), INI_END);
}

static void key(unsigned int line, const char *name, const char *value)
{
	assert_int_equal(ini_next(&ini), INI_KEY);
	assert_int_equal(ini.line, line);
	assert_string_equal(ini.name, name);
	assert_string_equal(ini.value, value);
}

static void section(unsigned int line, const char *name)
{
	assert_int_equal(ini_next(&ini), INI_SECTION);
	assert_int_equal(ini.line, line);
	assert_string_equal(ini.name, name);
}

static void wrong(unsigned int line)
{
	assert_int_equal(ini_next(&ini), INI_WRONG);
	assert_int_equal(ini.line, line);
	assert_non_null(ini.problem);
}

static void test_lines(void **state)
{
	(void)state;
	begins("");
	ends();
	begins("\n\n \t\n# x\n;x\n");
	ends();
	begins("\xef\xbb\xbf[A]\r\n\n  b =\tc d \n#\xc3\xa4\n\te=f");
	section(1, "[A]");
	key(3, "b", "c d");
	key(5, "e", "f");
	ends();
	ends();
	begins("[A] x\n[]\n[\n[A ; x\n");
	section(1, "[A] x");
	section(2, "[]");
	section(3, "[");
	section(4, "[A ; x");
	ends();
}

static void test_values(void **state)
{
	(void)state;
	begins("a=\na= \na==b\na=b=c\na=\"b\"\na=b\\\na=b;c\na=;b\na=b#c\n");
	key(1, "a", "");
	key(2, "a", "");
	key(3, "a", "=b");
	key(4, "a", "b=c");
	key(5, "a", "b");
	assert_string_equal(ini.problem, "a value stands without quotation marks");
	key(6, "a", "b\\");
	key(7, "a", "b;c");
	key(8, "a", ";b");
	key(9, "a", "b#c");
	assert_null(ini.problem);
	ends();
	begins("a=b ; c\na=b\t;c # d\na= ;c\na=b # c ; d\na=b\n");
	key(1, "a", "b");
	key(2, "a", "b");
	key(3, "a", "");
	assert_null(ini.problem);
	key(4, "a", "b"); /* it is a value, and a mistake */
	assert_non_null(ini.problem);
	key(5, "a", "b");
	assert_null(ini.problem);
	ends();
}

static void test_wrong_lines(void **state)
{
	static const char nul[] = "a=b\0c\na=b\n";
	char text[INI_LINE_MAX + 8];

	(void)state;
	begins("a\n=b\na: b\na b=c\na.b=c\na ;=b\n");
	for (unsigned int line = 1; line <= 6; line++)
		wrong(line);
	ends();
	begins("a=\x1b\na=\x7f\na=\xc3\xa4\na=b\rc\n");
	for (unsigned int line = 1; line <= 4; line++)
		wrong(line);
	ends();
	ini_start(&ini, nul, sizeof(nul) - 1);
	wrong(1);
	key(2, "a", "b");

	memset(text, 'x', sizeof(text));
	memcpy(text, "a=", 2);
	ini_start(&ini, text, INI_LINE_MAX);
	assert_int_equal(ini_next(&ini), INI_KEY);
	assert_int_equal(strlen(ini.value), INI_LINE_MAX - 2);
	ini_start(&ini, text, INI_LINE_MAX + 1);
	wrong(1);
	ends();
}

/* The text ends where its size says: nothing behind it is read. */
static void test_size(void **state)
{
	(void)state;
	ini_start(&ini, "a=bc", 3);
	key(1, "a", "b");
	ends();
	ini_start(&ini, "\xef\xbb\xbf", 2);
	wrong(1);
	ini_start(&ini, NULL, 0);
	ends();
}

static void test_suggest(void **state)
{
	static const char *const words[] = {"Bridge", "Kind", "Max", "MaxPerUser", "MTU", "passthru", "private"};
	static const char *const rows[][2] = {
		{"Brigde", "Bridge"},
		{"bridge", "Bridge"},
		{"Bride", "Bridge"},
		{"Bridges", "Bridge"},
		{"mtu", "MTU"},
		{"MaxPerUsr", "MaxPerUser"},
		{"passthrough", "passthru"},
		{"privat", "private"},
		{"brid", "Bridge"},
		{"maxper", "MaxPerUser"},
		{"max", "Max"},
		{"", NULL},
		{"x", NULL},
		{"Gateway", NULL},
		{"DHCP", NULL},
	};
	static const char *const alike[] = {"on", "no"};
	char longest[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *found = tb_suggest(rows[i][0], words, sizeof(words) / sizeof(words[0]));

		if (rows[i][1] == NULL)
			assert_null(found);
		else
			assert_string_equal(found != NULL ? found : "nothing", rows[i][1]);
	}
	assert_null(tb_suggest("ono", alike, 2)); /* as near to one as to the other */
	memset(longest, 'B', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_null(tb_suggest(longest, words, 1));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines), cmocka_unit_test(test_values),  cmocka_unit_test(test_wrong_lines),
		cmocka_unit_test(test_size),  cmocka_unit_test(test_suggest),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("network_ini", tests, NULL, NULL);
}
