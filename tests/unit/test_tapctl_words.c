/* {words} in arguments and TAPBROKER_ variables, of one device and of several. */
#include "client/tapctl/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Two devices, the second of which is opened by name. */
static struct words devices[2];

static int setup(void **state)
{
	(void)state;
	memset(devices, 0, sizeof(devices));
	devices[0].alias = "lan";
	strcpy(devices[0].text[WORD_FD], "3");
	strcpy(devices[0].text[WORD_FDS], "3:4");
	strcpy(devices[0].text[WORD_NAME], "lan-1");
	devices[1].alias = "wan-2";
	strcpy(devices[1].text[WORD_NAME], "wan-1");
	clearenv();
	return 0;
}

static void expect(size_t count, const char *argument, const char *result)
{
	char *replaced = words_replace(devices, count, argument);

	assert_non_null(replaced);
	assert_string_equal(replaced, result);
	free(replaced);
}

static void test_words_of_one_device(void **state)
{
	(void)state;
	expect(1, "", "");
	expect(1, "fd={fd},fds={fds}", "fd=3,fds=3:4");
	expect(1, "{lan.fd}{lan.name}", "3lan-1");
	expect(1, "{{{fd}}", "{3}");
	expect(1, "{\"fd\":{fd}}", "{\"fd\":3}");
	expect(1, "{wan-2.name} {FD} {fd { fd}", "{wan-2.name} {FD} {fd { fd}");
}

static void test_words_of_several_devices(void **state)
{
	(void)state;
	expect(2, "{lan.fd} {wan-2.name} {lan.name}", "3 wan-1 lan-1");
	expect(2, "{fd} {name}", "{fd} {name}");
}

static void test_words_without_a_text_stay(void **state)
{
	(void)state;
	expect(2, "{wan-2.fd} {lan.lifeline}", "{wan-2.fd} {lan.lifeline}");
}

static void test_two_braces_stand_for_one(void **state)
{
	(void)state;
	expect(1, "{{fd}", "{fd}");
	expect(1, "{{{{x", "{{x");
	expect(1, "}} {", "}} {");
}

static void expect_fault(size_t count, enum word_fault fault, const char *argument, const char *word)
{
	static const struct word_owner owners[] = {{"lan", 1u << WORD_FD | 1u << WORD_NAME},
						   {"wan-2", 1u << WORD_NAME}};
	char braced[BRACED_TEXT] = "";

	assert_int_equal(words_check(owners, count, argument, braced), fault);
	assert_string_equal(braced, word);
}

static void test_faults_in_words(void **state)
{
	(void)state;
	expect_fault(1, WORDS_GOOD, "x{fd}{lan.name} {} {FD} {\"fd\":{fd}} {fd { fd}", "");
	expect_fault(1, WORDS_GOOD, "{{typo} {{fd}", "");
	expect_fault(1, WORDS_UNKNOWN, "x{typo}{fds}", "{typo}");
	expect_fault(1, WORDS_UNKNOWN, "{wan.fd}", "{wan.fd}");
	expect_fault(1, WORDS_NO_TEXT, "{lan.vhostfd}", "{lan.vhostfd}");
	expect_fault(1, WORDS_NO_TEXT, "{fds}", "{fds}");
	expect_fault(2, WORDS_NO_DEVICE, "{lan.fd}{fd}", "{fd}");
	expect_fault(2, WORDS_NO_TEXT, "{wan-2.fd}", "{wan-2.fd}");
}

static void test_words_of_a_request(void **state)
{
	struct tap_request request = TAP_REQUEST_INIT;

	(void)state;
	assert_int_equal(words_of_request(&request) & (1u << WORD_FD | 1u << WORD_VHOSTFD), 1u << WORD_FD);
	request.flags = TAP_VHOST;
	assert_int_not_equal(words_of_request(&request) & 1u << WORD_VHOSTFDS, 0);
	request.lifetime = TAP_LIFETIME_PERSISTENT;
	assert_int_equal(words_of_request(&request) & (1u << WORD_FD | 1u << WORD_LIFELINE), 0);
	assert_int_not_equal(words_of_request(&request) & 1u << WORD_NAME, 0);
}

static void expect_variable(const char *name, const char *value)
{
	const char *found = getenv(name);

	if (value == NULL)
		assert_null(found);
	else if (found == NULL || strcmp(found, value) != 0)
		fail_msg("%s is \"%s\"", name, found);
}

static void test_variables_of_one_device(void **state)
{
	(void)state;
	setenv("TAPBROKER_MAC", "somebody else's", 1);
	assert_int_equal(words_export(devices, 1), 0);
	expect_variable("TAPBROKER_DEVICES", "lan");
	expect_variable("TAPBROKER_FD", "3");
	expect_variable("TAPBROKER_LAN_FD", "3");
	expect_variable("TAPBROKER_LAN_FDS", "3:4");
	expect_variable("TAPBROKER_MAC", NULL);
}

static void test_variables_of_several_devices(void **state)
{
	(void)state;
	setenv("TAPBROKER_FD", "somebody else's", 1);
	setenv("TAPBROKER_WAN_2_FD", "somebody else's", 1);
	assert_int_equal(words_export(devices, 2), 0);
	expect_variable("TAPBROKER_DEVICES", "lan wan-2");
	expect_variable("TAPBROKER_FD", NULL);
	expect_variable("TAPBROKER_LAN_FD", "3");
	expect_variable("TAPBROKER_WAN_2_NAME", "wan-1");
	expect_variable("TAPBROKER_WAN_2_FD", NULL);
}

static void test_names_of_variables(void **state)
{
	char text[VARIABLE_TEXT];

	(void)state;
	variable_write("", "fd", text);
	assert_string_equal(text, "TAPBROKER_FD");
	variable_write("br0.5", "name", text);
	assert_string_equal(text, "TAPBROKER_BR0_5_NAME");
	variable_write("abcdefghijklmnopqrstuvwxyz01234", "lifeline", text);
	assert_string_equal(text, "TAPBROKER_ABCDEFGHIJKLMNOPQRSTUVWXYZ01234_LIFELINE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_words_of_one_device, setup),
		cmocka_unit_test_setup(test_words_of_several_devices, setup),
		cmocka_unit_test_setup(test_words_without_a_text_stay, setup),
		cmocka_unit_test_setup(test_two_braces_stand_for_one, setup),
		cmocka_unit_test(test_faults_in_words),
		cmocka_unit_test(test_words_of_a_request),
		cmocka_unit_test_setup(test_variables_of_one_device, setup),
		cmocka_unit_test_setup(test_variables_of_several_devices, setup),
		cmocka_unit_test_setup(test_names_of_variables, setup),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
