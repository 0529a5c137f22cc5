/* The command line of `tapctl get`: which option is meant for which network, aliases, and what is wrong. */
#include "client/tapctl/options.h"
#include "client/tapctl/tapctl.h"

#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 32

static struct get_options options;
static char wrong[400];

/* In place of tapctl's own, which prints. */
void complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(wrong, sizeof(wrong), format, arguments);
	va_end(arguments);
}

/* Reads a command line whose words are separated by blanks. The options point into its memory. */
static int read_line(const char *line)
{
	static char copy[400];
	static char *words[WORDS_MAX];
	static char verb[] = "get";
	char *rest = NULL;
	int count = 1;

	memset(words, 0, sizeof(words));
	words[0] = verb;
	strncpy(copy, line, sizeof(copy) - 1);
	for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	optind = 0; /* getopt begins anew */
	return get_options_read(count, words, &options);
}

static void expect_good(const char *line)
{
	if (read_line(line) != EXIT_OK)
		fail_msg("%s: %s", line, wrong);
}

static void expect_wrong(const char *line, const char *text)
{
	wrong[0] = '\0';
	if (read_line(line) != EXIT_USAGE || strstr(wrong, text) == NULL)
		fail_msg("%s: \"%s\" is not in \"%s\"", line, text, wrong);
}

static const struct tap_request *request(size_t device)
{
	return &options.devices[device].request;
}

static void test_one_network(void **state)
{
	(void)state;
	expect_good("--mtu=1400 lan --queues=2 --name=vm0");
	assert_int_equal(options.count, 1);
	assert_string_equal(request(0)->network, "lan");
	assert_string_equal(options.devices[0].alias, "lan");
	assert_string_equal(request(0)->name, "vm0");
	assert_int_equal(request(0)->mtu, 1400);
	assert_int_equal(request(0)->queues, 2);
	expect_good("--name=vm0 lan");
	assert_string_equal(request(0)->name, "vm0");
}

static void test_options_before_are_of_all_and_behind_of_one(void **state)
{
	(void)state;
	expect_good("--vnet-hdr --mtu=1400 lan --name=a --queues=4 wan --mtu=1300 --persistent --kind=tun");
	assert_int_equal(options.count, 2);
	assert_string_equal(request(0)->network, "lan");
	assert_string_equal(request(0)->name, "a");
	assert_int_equal(request(0)->mtu, 1400);
	assert_int_equal(request(0)->queues, 4);
	assert_int_equal(request(0)->kind, TAP_KIND_ANY);
	assert_int_equal(request(0)->lifetime, TAP_LIFETIME_SESSION);
	assert_int_equal(request(0)->flags & TAP_VNET_HDR, TAP_VNET_HDR);
	assert_string_equal(request(1)->network, "wan");
	assert_null(request(1)->name);
	assert_int_equal(request(1)->mtu, 1300);
	assert_int_equal(request(1)->queues, 0);
	assert_int_equal(request(1)->kind, TAP_KIND_TUN);
	assert_int_equal(request(1)->lifetime, TAP_LIFETIME_PERSISTENT);
	assert_int_equal(request(1)->flags & TAP_VNET_HDR, TAP_VNET_HDR);
}

static void test_options_of_the_whole_stand_anywhere(void **state)
{
	(void)state;
	expect_good("lan --interactive wan --timeout=5 --confine -- true");
	assert_true(options.confine);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(request(i)->flags, TAP_INTERACTIVE);
		assert_int_equal(request(i)->timeout, 5000);
	}
	assert_string_equal(options.command[0], "true");
	expect_good("--interactive lan wan --no-ask-password");
	assert_int_equal(request(0)->flags, 0);
	expect_good("lan --json wan");
	assert_true(options.json);
}

static void test_aliases(void **state)
{
	(void)state;
	expect_good("a=lan b-2=lan lan");
	assert_string_equal(options.devices[0].word, "a=lan");
	assert_string_equal(options.devices[0].alias, "a");
	assert_string_equal(request(0)->network, "lan");
	assert_string_equal(options.devices[1].alias, "b-2");
	assert_string_equal(options.devices[2].alias, "lan");
	expect_good("--bridge a=br0.5 Br1 -n vm0 -qi");
	assert_string_equal(request(1)->name, "vm0");
	assert_int_equal(request(0)->flags & TAP_INTERACTIVE, TAP_INTERACTIVE);
	assert_true(options.quiet);
	expect_good("--bridge a=br0.5 Br1");
	assert_string_equal(request(0)->network, "br0.5");
	assert_string_equal(options.devices[1].alias, "Br1");
	expect_good("abcdefghijklmnopqrstuvwxyz01234=lan");
}

static void test_wrong_aliases(void **state)
{
	(void)state;
	expect_wrong("=lan", "no ALIAS=NETWORK");
	expect_wrong("a=", "no ALIAS=NETWORK");
	expect_wrong("A=lan", "no ALIAS=NETWORK");
	expect_wrong("2=lan", "no ALIAS=NETWORK");
	expect_wrong("a.b=lan", "no ALIAS=NETWORK");
	expect_wrong("abcdefghijklmnopqrstuvwxyz012345=lan", "no ALIAS=NETWORK");
}

static void test_every_device_has_variables_of_its_own(void **state)
{
	(void)state;
	expect_wrong("lan lan",
		     "variables of lan and lan would be the same; give one of them another name, as in b=lan");
	expect_wrong("lan wan a=lan a=wan", "of a=lan and a=wan");
	expect_wrong("a-b=lan a_b=lan", "of a-b=lan and a_b=lan");
	expect_wrong("--bridge br0 Br0", "of br0 and Br0");
	expect_good("a=lan b=lan");
}

static void test_one_name_is_not_for_several(void **state)
{
	(void)state;
	expect_wrong("--name=vm0 lan wan", "put it behind its network");
	expect_good("lan --name=vm0 wan");
}

static void test_too_many_networks(void **state)
{
	(void)state;
	expect_good("a b c d e f g h i j k l m n o p");
	assert_int_equal(options.count, DEVICES_MAX);
	expect_wrong("a b c d e f g h i j k l m n o p q", "\"q\" is one network too many, 16 are possible");
}

static void test_words_of_several_say_which(void **state)
{
	(void)state;
	expect_good("lan -- echo {fd}");
	expect_good("lan wan -- echo {lan.fd},{wan.mac} {} {{other} {fd");
	expect_wrong("lan -- echo {typo}", "{typo} is not a word that is replaced");
	expect_wrong("lan -- echo {wan.fd}", "write {{wan.fd} for the text itself");
	expect_wrong("lan --persistent -- echo {name} {fd}", "{fd}: the device will not have that");
	expect_wrong("lan wan -- echo {lan.fd} fd={fd}",
		     "{fd} does not say of which device: with several it is {lan.fd}, {wan.fd}");
	expect_wrong("lan wan -- echo {{{lifeline}}", "{lifeline} does not");
	expect_wrong("lan wan -- {name}", "{lan.name}, {wan.name}");
}

static void test_a_wrong_name_is_told_with_the_rule(void **state)
{
	(void)state;
	expect_wrong(
		"LAN",
		"get: \"LAN\" cannot be the name of a network: \"L\" is none of a-z 0-9 _ -; did you mean \"lan\"?");
	expect_wrong("a=l.n", "\"l.n\" cannot be the name of a network: \".\" is none of");
	expect_wrong("1lan", "the first character must be a letter");
	expect_wrong("abcdefghijklmnopqrstuvwxyz012345", "it has 32 characters, and 31 are the most");
	expect_wrong(
		"lan --name=VM0",
		"\"VM0\" cannot be the name of an interface: \"V\" is none of a-z 0-9 _ . -; did you mean \"vm0\"?");
	expect_wrong("lan --name=abcdefghijklmnop", "it has 16 characters, and 15 are the most");
	expect_wrong("lan --name=all", "the kernel has another use for it");
	expect_wrong("lan --name=", "the name of an interface is empty");
	expect_wrong("lan --name=f\303\274r", "\"\303\274\" is none of");
	expect_wrong("lan --vhost --persistent", "--vhost does not go with a device to open by name");
}

static void test_an_option_of_a_command(void **state)
{
	(void)state;
	expect_wrong("lan sh -c",
		     "get: -c is no option of it; a command stands behind \"--\": tapctl get lan -- COMMAND ...");
	expect_wrong("lan qemu --enable-kvm", "--enable-kvm is no option of it; a command stands");
	expect_wrong("lan -x -- true", "there is no option -x; see");
	expect_wrong("--nothing", "there is no option --nothing; see");
	expect_wrong(
		"lan --adress=10.8.0.2/24",
		"get: --adress=10.8.0.2/24 is no option of it; a command stands behind \"--\": tapctl get lan -- COMMAND ...; or did you mean --address?");
	expect_wrong("--vnet_hdr lan", "get: there is no option --vnet_hdr; did you mean --vnet-hdr?");
	expect_wrong("lan --kill-switch=yes", "get: --kill-switch takes no value; see \"tapctl get --help\"");
	expect_wrong("lan --mtu", "get: --mtu wants a value; see");
	expect_wrong("lan --process=1", "get: --process is an option of \"tapctl explain\"");
	expect_wrong("lan --address=10.8.0.2/255.255.255.0", "a netmask is written as its length: /24 for");
	expect_wrong("lan --address=[fd00::2]/64", "an IPv6 address stands without brackets");
}

static void test_what_a_command_needs(void **state)
{
	(void)state;
	expect_wrong("lan --", "no command behind");
	expect_wrong("-- true", "no network is named");
	expect_wrong("lan --confine", "--confine is for a command");
	expect_wrong("lan --confine --", "no command behind");
	expect_wrong("lan --json -- true", "--json is for holding");
	expect_good("lan -- true --json --name=x -- y");
	assert_false(options.json);
	assert_null(request(0)->name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_network),
		cmocka_unit_test(test_options_before_are_of_all_and_behind_of_one),
		cmocka_unit_test(test_options_of_the_whole_stand_anywhere),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_wrong_aliases),
		cmocka_unit_test(test_every_device_has_variables_of_its_own),
		cmocka_unit_test(test_one_name_is_not_for_several),
		cmocka_unit_test(test_too_many_networks),
		cmocka_unit_test(test_words_of_several_say_which),
		cmocka_unit_test(test_a_wrong_name_is_told_with_the_rule),
		cmocka_unit_test(test_an_option_of_a_command),
		cmocka_unit_test(test_what_a_command_needs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
