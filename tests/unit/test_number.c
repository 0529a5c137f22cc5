/* proto/number.c: what is a number, and what is none. */
#include "proto/number.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *text, uint64_t least, uint64_t most, int error, uint64_t expected)
{
	uint64_t value = 42;

	assert_int_equal(tb_number_read(text, least, most, &value), error);
	assert_int_equal(value, error == 0 ? expected : 42);
}

static void test_numbers(void **state)
{
	(void)state;
	expect("0", 0, 9, 0, 0);
	expect("7", 0, 9, 0, 7);
	expect("70", 0, 99, 0, 70);
	expect("18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX);
}

static void test_no_numbers(void **state)
{
	static const char *const texts[] = {"",   " ",   " 7", "7 ",  "+7",  "-7", "-0",  "007",
					    "00", "0x7", "7k", "7.0", "7\n", "a",  "\t7", "1 2"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect(texts[i], 0, UINT64_MAX, -EINVAL, 0);
}

static void test_out_of_range(void **state)
{
	(void)state;
	expect("67", 68, 65535, -ERANGE, 0);
	expect("68", 68, 65535, 0, 68);
	expect("65535", 68, 65535, 0, 65535);
	expect("65536", 68, 65535, -ERANGE, 0);
	expect("18446744073709551616", 0, UINT64_MAX, -ERANGE, 0);
	expect("18446744073709551683", 0, 100, -ERANGE, 0); /* 67 in 64 bits */
	expect("99999999999999999999999999999999999999999", 0, UINT64_MAX, -ERANGE, 0);
}

static void test_take(void **state)
{
	const char *text = "10:200\n";
	uint64_t value;

	(void)state;
	assert_int_equal(tb_number_take(&text, 4095, &value), 0);
	assert_int_equal(value, 10);
	assert_string_equal(text, ":200\n");
	assert_int_equal(tb_number_take(&text, 4095, &value), -EINVAL);
	assert_string_equal(text, ":200\n");
	text++;
	assert_int_equal(tb_number_take(&text, 199, &value), -ERANGE);
	assert_string_equal(text, "200\n");
	assert_int_equal(tb_number_take(&text, 200, &value), 0);
	assert_int_equal(value, 200);
	text = "01";
	assert_int_equal(tb_number_take(&text, 200, &value), -EINVAL);
}

static void test_write(void **state)
{
	static const uint64_t numbers[] = {0, 7, 10, 12345, UINT64_MAX};
	char text[TB_NUMBER_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		tb_number_write(numbers[i], text);
		expect(text, 0, UINT64_MAX, 0, numbers[i]);
	}
	assert_int_equal(strlen(text), TB_NUMBER_TEXT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_no_numbers), cmocka_unit_test(test_out_of_range),
		cmocka_unit_test(test_take),    cmocka_unit_test(test_write),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
