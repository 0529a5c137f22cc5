/* Unit test of prefixes: proto/prefix.c and prefix_text.c. */
#include "proto/prefix.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct tb_prefix prefix_of(const char *text)
{
	struct tb_prefix prefix;

	assert_int_equal(tb_prefix_read(text, &prefix), 0);
	return prefix;
}

static void test_text(void **state)
{
	static const char *const texts[] = {"10.8.0.2/24", "0.0.0.0/0", "10.8.0.2",   "fd00:8::2/64",
					    "::/0",        "fd00::1",   "10.0.0.0/1", "fd00::/127"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct tb_prefix prefix = prefix_of(texts[i]);
		char text[TB_PREFIX_TEXT];

		tb_prefix_write(&prefix, text);
		assert_string_equal(text, texts[i]);
	}
	assert_int_equal(prefix_of("10.8.0.2").length, 32);
	assert_int_equal(prefix_of("fd00::").length, 128);
	assert_int_equal(prefix_of("10.8.0.2/32").length, 32);
}

static void test_what_is_none(void **state)
{
	static const char *const texts[] =
		{"",           "/",           "10.8.0",       "10.8.0.2/",     "10.8.0.2/33",
		 "10.8.0.2/a", "10.8.0.2/+1", "10.8.0.2/024", "fd00::/129",    "fe80::1%eth0",
		 " 10.8.0.2",  "10.8.0.256",  "default",      "10.8.0.2/24/8", "010.8.0.2",
		 "fd00:::1",   "host"};
	struct tb_prefix prefix;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (tb_prefix_read(texts[i], &prefix) == 0)
			fail_msg("\"%s\" is a prefix", texts[i]);
	}
}

static void expect_covers(const char *outer, const char *inner, bool covers)
{
	struct tb_prefix one = prefix_of(outer);
	struct tb_prefix other = prefix_of(inner);

	if (tb_prefix_covers(&one, &other) != covers)
		fail_msg("%s in %s: expected %d", inner, outer, covers);
}

static void test_covers(void **state)
{
	(void)state;
	expect_covers("10.8.0.0/16", "10.8.0.0/16", true);
	expect_covers("10.8.0.0/16", "10.8.255.255", true);
	expect_covers("10.8.0.0/16", "10.9.0.0/24", false);
	expect_covers("10.8.0.0/16", "10.8.0.0/15", false);
	expect_covers("10.8.0.0/17", "10.8.128.0/17", false);
	expect_covers("10.8.0.0/17", "10.8.127.255", true);
	expect_covers("0.0.0.0/0", "255.255.255.255", true);
	expect_covers("0.0.0.0/0", "fd00::1", false);
	expect_covers("::/0", "10.0.0.1", false);
	expect_covers("fd00:8::/33", "fd00:8:7fff::1", true);
	expect_covers("fd00:8::/33", "fd00:8:8000::1", false);
	expect_covers("fd00::1/128", "fd00::2/128", false);
}

static void test_mask(void **state)
{
	struct tb_prefix prefix = prefix_of("10.255.255.255/12");
	struct tb_prefix all = prefix_of("fd00::1/0");
	char text[TB_PREFIX_TEXT];

	(void)state;
	tb_prefix_mask(&prefix);
	tb_prefix_write(&prefix, text);
	assert_string_equal(text, "10.240.0.0/12");
	tb_prefix_mask(&all);
	tb_prefix_write(&all, text);
	assert_string_equal(text, "::/0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_what_is_none),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_mask),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("prefix", tests, NULL, NULL);
}
