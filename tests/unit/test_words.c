/* proto/words.c: every number has a word of its own, and a number of a later release has none. */
#include "proto/message.h"
#include "proto/checks.h"
#include "proto/words.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

typedef const char *word_of(uint32_t number);

/* The numbers from first up to count have words, no two the same; the others have none. */
static void expect_words(word_of *word, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < count; i++) {
		assert_non_null(word(i));
		for (uint32_t j = first; j < i; j++)
			assert_string_not_equal(word(i), word(j));
	}
	for (uint32_t i = 0; i < first; i++)
		assert_null(word(i));
	assert_null(word(count));
	assert_null(word(UINT32_MAX));
}

static void test_words(void **state)
{
	(void)state;
	expect_words(tb_kind_word, TB_KIND_TAP, TB_KIND_MACVTAP + 1);
	expect_words(tb_mode_word, TB_MODE_BRIDGE, TB_MODE_PASSTHRU + 1);
	expect_words(tb_lifetime_word, 0, TB_LIFETIME_COUNT);
	expect_words(tb_reason_word, 1, TB_REASON_COUNT);
	expect_words(tb_stage_word, 0, TB_STAGE_RULE + 1);
	expect_words(tb_event_word, 0, TB_EVENT_COUNT);
	expect_words(tb_check_word, 0, TB_CHECK_COUNT);
	assert_string_equal(tb_kind_word(TB_KIND_MACVTAP), "macvtap");
	assert_string_equal(tb_lifetime_word(TB_LIFETIME_FD), "fd");
	assert_string_equal(tb_reason_word(TB_REASON_GUARD_FLOOD), "guard-flood");
}

typedef int number_of(const char *word, uint32_t *number);

static void expect_numbers(number_of *read, word_of *word, uint32_t first, uint32_t count)
{
	static const char *const none[] = {"", "Tap", "tap ", "none", "-", "0"};
	uint32_t number;

	for (uint32_t i = first; i < count; i++) {
		number = 99;
		assert_int_equal(read(word(i), &number), 0);
		assert_int_equal(number, i);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(read(none[i], &number), -EINVAL);
}

static void test_numbers(void **state)
{
	(void)state;
	expect_numbers(tb_kind_read, tb_kind_word, TB_KIND_TAP, TB_KIND_MACVTAP + 1);
	expect_numbers(tb_mode_read, tb_mode_word, TB_MODE_BRIDGE, TB_MODE_PASSTHRU + 1);
	expect_numbers(tb_lifetime_read, tb_lifetime_word, 0, TB_LIFETIME_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_words), cmocka_unit_test(test_numbers)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
