/* The command line of tapbroker-bridge-helper: what QEMU and libvirt say, our own options before it, and what is wrong.
 */
#include "client/bridge-helper/options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 16

static struct helper_options options;
static char wrong[HELPER_WRONG_SIZE];

/* Reads a command line whose words are separated by blanks. The options point into its memory. */
static int read_line(const char *line)
{
	static char copy[400];
	char *words[WORDS_MAX] = {"tapbroker-bridge-helper"};
	char *rest = NULL;
	int count = 1;

	wrong[0] = '\0';
	strncpy(copy, line, sizeof(copy) - 1);
	for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	return helper_options_read(count, words, &options, wrong);
}

static void expect_good(const char *line)
{
	if (read_line(line) < 0)
		fail_msg("%s: %s", line, wrong);
}

static void expect_wrong(const char *line, const char *text)
{
	if (read_line(line) != -EINVAL || strstr(wrong, text) == NULL)
		fail_msg("%s: \"%s\" is not in \"%s\"", line, text, wrong);
}

static void test_as_qemu_says_it(void **state)
{
	(void)state;
	expect_good("--use-vnet --fd=7 --br=br0");
	assert_string_equal(options.bridge, "br0");
	assert_int_equal(options.fd, 7);
	assert_true(options.vnet_hdr);
	assert_null(options.network);
	assert_null(options.name);
	assert_int_equal(options.mtu, 0);
	assert_false(options.interactive);
}

static void test_as_libvirt_says_it(void **state)
{
	(void)state;
	expect_good("--br=virbr0 --fd=25");
	assert_string_equal(options.bridge, "virbr0");
	assert_int_equal(options.fd, 25);
	assert_false(options.vnet_hdr);
}

static void test_any_order(void **state)
{
	static const char *const lines[] = {
		"--use-vnet --br=br0 --fd=7", "--br=br0 --use-vnet --fd=7", "--br=br0 --fd=7 --use-vnet",
		"--fd=7 --use-vnet --br=br0", "--fd=7 --br=br0 --use-vnet", "--fd 7 --br br0 --use-vnet",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		expect_good(lines[i]);
		assert_string_equal(options.bridge, "br0");
		assert_int_equal(options.fd, 7);
		assert_true(options.vnet_hdr);
	}
}

static void test_our_own_options(void **state)
{
	(void)state;
	expect_good("--network=lan --name=vm0 --mtu=1400 --interactive --use-vnet --fd=7 --br=br0");
	assert_string_equal(options.network, "lan");
	assert_string_equal(options.name, "vm0");
	assert_int_equal(options.mtu, 1400);
	assert_true(options.interactive);
	assert_string_equal(options.bridge, "br0");
	expect_good("--network=lan --fd=7");
	assert_null(options.bridge);
}

/* As in QEMU's own helper. */
static void test_the_last_word_counts(void **state)
{
	(void)state;
	expect_good("--br=br0 --fd=3 --br=br1 --fd=4");
	assert_string_equal(options.bridge, "br1");
	assert_int_equal(options.fd, 4);
}

static void test_fd_numbers(void **state)
{
	(void)state;
	expect_good("--br=br0 --fd=0");
	assert_int_equal(options.fd, 0);
	expect_good("--br=br0 --fd=2147483647");
	assert_int_equal(options.fd, 2147483647);
	for (const char *const *value = (const char *const[]){"", "-1", "+1", "x", "7x", "0x7", "1.5", "2147483648",
							      "99999999999999999999999", NULL};
	     *value != NULL; value++) {
		char line[64] = "--br=br0 --fd=";

		strcat(line, *value);
		expect_wrong(line, "a number from 0 to 2147483647 is wanted");
	}
}

static void test_mtu_numbers(void **state)
{
	(void)state;
	expect_wrong("--mtu=67 --br=br0 --fd=3", "a number from 68 to 65535");
	expect_wrong("--mtu=65536 --br=br0 --fd=3", "a number from 68 to 65535");
	expect_good("--mtu=68 --br=br0 --fd=3");
	expect_good("--mtu=65535 --br=br0 --fd=3");
}

static void test_what_is_missing(void **state)
{
	(void)state;
	expect_wrong("", "--br=BRIDGE is missing");
	expect_wrong("--fd=3", "--br=BRIDGE is missing");
	expect_wrong("--br=br0", "--fd=N is missing");
	expect_wrong("--br=br0 --fd", "--fd wants a value");
	expect_wrong("--fd=3 --br", "--br wants a value");
}

static void test_what_is_too_much(void **state)
{
	(void)state;
	expect_wrong("--isolated --br=br0 --fd=3", "--isolated is no option");
	expect_wrong("-x --br=br0 --fd=3", "-x is no option");
	expect_wrong("--use-vnet=yes --br=br0 --fd=3", "--use-vnet=yes is no option");
	expect_wrong("--br=br0 --fd=3 br1", "\"br1\" is no option");
	expect_wrong("--br=br0 --fd=3 -- --use-vnet", "\"--use-vnet\" is no option");
}

static void test_a_long_mistake_fits(void **state)
{
	char line[390] = "--br=br0 --fd=3 --";

	(void)state;
	memset(line + strlen(line), 'x', sizeof(line) - strlen(line) - 1);
	assert_int_equal(read_line(line), -EINVAL);
	assert_true(strlen(wrong) < sizeof(wrong));
}

static void test_help_and_version_need_nothing_else(void **state)
{
	(void)state;
	expect_good("--help");
	assert_true(options.help);
	expect_good("--version");
	assert_true(options.version);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_qemu_says_it),
		cmocka_unit_test(test_as_libvirt_says_it),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_our_own_options),
		cmocka_unit_test(test_the_last_word_counts),
		cmocka_unit_test(test_fd_numbers),
		cmocka_unit_test(test_mtu_numbers),
		cmocka_unit_test(test_what_is_missing),
		cmocka_unit_test(test_what_is_too_much),
		cmocka_unit_test(test_a_long_mistake_fits),
		cmocka_unit_test(test_help_and_version_need_nothing_else),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
