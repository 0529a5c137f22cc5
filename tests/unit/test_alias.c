/* Unit test of the alias that devices carry: broker/shared/alias.c and alias_read.c. */
#include "broker/shared/alias.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The longest that there is. */
static const struct alias longest = {
	.lease = {0xab, 0xcd},
	.state = ALIAS_HANDED_OUT,
	.uid = UINT32_MAX,
	.gid = UINT32_MAX,
	.pid = INT32_MAX,
	.start_time = UINT64_MAX,
	.since = UINT64_MAX,
	.lifetime = TB_LIFETIME_PERSISTENT,
	.mtu = TB_MTU_MAX,
	.mac = {0x02, 0xff, 1, 2, 3, 4},
	.network = "abcdefghijklmnopqrstuvwxyz01234",
};

static void assert_same(const struct alias *found)
{
	assert_memory_equal(found->lease, longest.lease, TB_ID_SIZE);
	assert_int_equal(found->state, longest.state);
	assert_int_equal(found->uid, longest.uid);
	assert_int_equal(found->gid, longest.gid);
	assert_int_equal(found->pid, longest.pid);
	assert_true(found->start_time == longest.start_time && found->since == longest.since);
	assert_int_equal(found->lifetime, longest.lifetime);
	assert_int_equal(found->mtu, longest.mtu);
	assert_memory_equal(found->mac, longest.mac, TB_MAC_SIZE);
	assert_string_equal(found->network, longest.network);
}

static void test_what_is_written_is_read(void **state)
{
	char text[ALIAS_SIZE];
	char start[ALIAS_START_SIZE];
	struct alias found;

	(void)state;
	alias_write(&longest, text);
	assert_true(strlen(text) < ALIAS_SIZE - 1);
	assert_int_equal(alias_read(text, &found), 0);
	assert_same(&found);
	alias_write_start(longest.lease, start);
	assert_int_equal(strlen(start), ALIAS_START_SIZE - 1);
	assert_memory_equal(text, start, strlen(start));
	assert_string_equal(strrchr(text, ':') + 1, longest.network);
}

static void test_nothing_else_is_read(void **state)
{
	static const char start[] = "tapbroker:2:abababababababababababababababab:";
	static const char *const ends[] = {
		"",
		"m:1:1:1:1:1:0:1500:020000000000",
		"m:01:1:1:1:1:0:1500:020000000000:lan",
		"m:+1:1:1:1:1:0:1500:020000000000:lan",
		"m:1:1:-1:1:1:9:1500:020000000000:lan",
		"x:1:1:1:1:1:0:1500:020000000000:lan",
		"m:1:1:1:1:1:0:1500:02000000000:lan",
		"m:1:1:1:1:1:0:1500:020000000000:LAN",
		"m:1:1:1:1:1:0:1500:020000000000:lan ",
		"m:1:1:1:1:1:0:1500:020000000000:lan:x",
		"m:4294967297:1:1:1:1:0:1500:020000000000:lan",
	};
	char text[ALIAS_SIZE];
	struct alias found;

	(void)state;
	snprintf(text, sizeof(text), "%sm:1:1:1:1:1:0:1500:020000000000:lan", start);
	assert_int_equal(alias_read(text, &found), 0);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", start, ends[i]);
		assert_true(alias_read(text, &found) < 0);
	}
	assert_true(alias_read("tapbroker:1:", &found) < 0);
}

static void test_a_stored_device_is_read_as_it_was_written(void **state)
{
	char text[STORED_NAME_SIZE];
	char device[TB_NAME_SIZE];
	uint32_t ifindex;
	struct alias found;

	(void)state;
	alias_write_device(&longest, "abcdefghijklmno", INT32_MAX, text);
	assert_true(strlen(text) < STORED_NAME_SIZE - 1);
	assert_null(strchr(text, ':'));
	assert_int_equal(alias_read_device(text, &found, device, &ifindex), 0);
	assert_same(&found);
	assert_string_equal(device, "abcdefghijklmno");
	assert_int_equal(ifindex, INT32_MAX);
	text[strlen(text) - 1] = '+';
	assert_true(alias_read_device(text, &found, device, &ifindex) < 0);
	alias_write_device(&longest, "abcdefghijklmno", 0, text);
	assert_true(alias_read_device(text, &found, device, &ifindex) < 0);
	assert_true(alias_read_device("device-", &found, device, &ifindex) < 0);
	assert_true(alias_read_device("lease-", &found, device, &ifindex) < 0);
}

static void test_a_lifeline_is_read_as_it_was_written(void **state)
{
	char text[STORED_NAME_SIZE];
	uint8_t lease[TB_ID_SIZE];

	(void)state;
	alias_write_lifeline(longest.lease, text);
	assert_int_equal(alias_read_lifeline(text, lease), 0);
	assert_memory_equal(lease, longest.lease, TB_ID_SIZE);
	assert_true(alias_read_lifeline("lease-abc", lease) < 0);
	assert_true(alias_read_lifeline("tapbroker.socket", lease) < 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_nothing_else_is_read),
		cmocka_unit_test(test_a_stored_device_is_read_as_it_was_written),
		cmocka_unit_test(test_a_lifeline_is_read_as_it_was_written),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
