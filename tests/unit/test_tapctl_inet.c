/* Addresses, prefixes and netmasks as text, and the settings of a device. */
#include "client/tapctl/inet.h"
#include "client/tapctl/settings.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static void expect_prefix(const char *text, int family, unsigned int bits, const char *written)
{
	char back[INET_TEXT];
	struct inet inet;

	assert_int_equal(inet_read_prefix(text, &inet), 0);
	assert_int_equal(inet.family, family);
	assert_int_equal(inet.bits, bits);
	inet_write_prefix(&inet, back);
	assert_string_equal(back, written);
}

static void test_prefixes(void **state)
{
	(void)state;
	expect_prefix("10.8.0.2/24", AF_INET, 24, "10.8.0.2/24");
	expect_prefix("10.8.0.2", AF_INET, 32, "10.8.0.2/32");
	expect_prefix("0.0.0.0/0", AF_INET, 0, "0.0.0.0/0");
	expect_prefix("FD00:8:0::2/64", AF_INET6, 64, "fd00:8::2/64");
	expect_prefix("::/0", AF_INET6, 0, "::/0");
	expect_prefix("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128", AF_INET6, 128,
		      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
}

static void test_what_is_no_prefix(void **state)
{
	static const char *const bad[] = {"",
					  "/",
					  "10.8.0.2/",
					  "10.8.0.2/33",
					  "10.8.0.2/-1",
					  "10.8.0.2/024",
					  "10.8.0.2/2 4",
					  "10.8.0",
					  "010.8.0.2",
					  "10.8.0.2 ",
					  " 10.8.0.2",
					  "10.8.0.256",
					  "0x0a.8.0.2",
					  "fd00::2/129",
					  "fe80::1%lo",
					  "fd00:::1",
					  "fd00::2/64/",
					  "10.8.0.2;x",
					  "default",
					  "0000000000000000000000000000000000000000000000000000000000::/64"};
	struct inet inet;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(inet_read_prefix(bad[i], &inet), -EINVAL);
	assert_int_equal(inet_read_address("10.8.0.2/24", &inet), -EINVAL);
}

static void test_netmasks(void **state)
{
	unsigned int bits = 99;

	(void)state;
	assert_int_equal(inet_read_netmask("255.255.255.0", &bits), 0);
	assert_int_equal(bits, 24);
	assert_int_equal(inet_read_netmask("0.0.0.0", &bits), 0);
	assert_int_equal(bits, 0);
	assert_int_equal(inet_read_netmask("255.255.255.255", &bits), 0);
	assert_int_equal(bits, 32);
	assert_int_equal(inet_read_netmask("255.0.255.0", &bits), -EINVAL);
	assert_int_equal(inet_read_netmask("0.0.0.255", &bits), -EINVAL);
	assert_int_equal(inet_read_netmask("24", &bits), -EINVAL);
	assert_int_equal(inet_read_netmask("ffff::", &bits), -EINVAL);
}

static void test_masking(void **state)
{
	char text[INET_TEXT];
	struct inet inet;

	(void)state;
	assert_int_equal(inet_read_prefix("10.8.255.2/17", &inet), 0);
	inet_mask(&inet);
	inet_write_prefix(&inet, text);
	assert_string_equal(text, "10.8.128.0/17");
	assert_int_equal(inet_read_prefix("fd00:8:ffff::2/47", &inet), 0);
	inet_mask(&inet);
	inet_write_prefix(&inet, text);
	assert_string_equal(text, "fd00:8:fffe::/47");
}

static struct setting setting_of(unsigned int kind, const char *text)
{
	struct setting setting = {.kind = kind};

	assert_int_equal(inet_read_prefix(text, &setting.prefix), 0);
	return setting;
}

static void test_settings(void **state)
{
	static struct settings settings;
	struct setting one = setting_of(TAP_ENTRY_ADDRESS, "10.8.0.2/24");
	struct setting other = setting_of(TAP_ENTRY_ROUTE, "10.8.0.2/24");

	(void)state;
	assert_int_equal(settings_put(&settings, &one), 0);
	assert_int_equal(settings_put(&settings, &other), 0);
	other.metric = 7;
	assert_int_equal(settings_put(&settings, &other), 0);
	assert_int_equal(settings.count, 2);
	assert_int_equal(settings.list[1].metric, 7);
	assert_int_equal(settings_take(&settings, TAP_ENTRY_EXCLUDE, &one.prefix), -ESRCH);
	assert_int_equal(settings_take(&settings, TAP_ENTRY_ADDRESS, &one.prefix), 0);
	assert_int_equal(settings.count, 1);
	assert_int_equal(settings.list[0].kind, TAP_ENTRY_ROUTE);
}

static void test_settings_can_be_full(void **state)
{
	static struct settings settings;
	struct setting setting = setting_of(TAP_ENTRY_ROUTE, "10.0.0.0/32");

	(void)state;
	for (unsigned int i = 0; i < SETTINGS_MAX; i++) {
		setting.prefix.bytes[2] = (uint8_t)(i >> 8);
		setting.prefix.bytes[3] = (uint8_t)i;
		assert_int_equal(settings_put(&settings, &setting), 0);
	}
	assert_int_equal(settings_put(&settings, &setting), 0);
	setting.prefix.bytes[0] = 11;
	assert_int_equal(settings_put(&settings, &setting), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefixes), cmocka_unit_test(test_what_is_no_prefix),
		cmocka_unit_test(test_netmasks), cmocka_unit_test(test_masking),
		cmocka_unit_test(test_settings), cmocka_unit_test(test_settings_can_be_full),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
