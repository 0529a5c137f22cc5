/* Unit test of the alias that devices carry: broker/shared/alias.c and alias_read.c. */
#include "broker/shared/alias.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A container's id, and the name of an interface in it. */
#define EXTERNAL_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/net1.abcdefghij"

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
	.external_id = EXTERNAL_ID,
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
	assert_string_equal(found->external_id, longest.external_id);
}

static void test_what_is_written_is_read(void **state)
{
	char text[ALIAS_SIZE];
	char start[ALIAS_START_SIZE];
	struct alias found;

	(void)state;
	alias_write(&longest, text);
	assert_true(strlen(text) < ALIAS_SIZE);
	assert_true(strstr(text, ":" EXTERNAL_ID ":") != NULL);
	assert_int_equal(alias_read(text, &found), 0);
	assert_same(&found);
	alias_write_start(longest.lease, start);
	assert_int_equal(strlen(start), ALIAS_START_SIZE - 1);
	assert_memory_equal(text, start, strlen(start));
	assert_string_equal(strrchr(text, ':') + 1, longest.network);
}

/* The whole id counts, and what stands behind it. */
static void test_whose_an_alias_is(void **state)
{
	uint8_t other[TB_ID_SIZE];
	char text[ALIAS_SIZE];

	(void)state;
	alias_write(&longest, text);
	assert_true(alias_has_lease(text, longest.lease));
	for (size_t i = 0; i < TB_ID_SIZE; i++) {
		memcpy(other, longest.lease, TB_ID_SIZE);
		other[i] ^= 1;
		assert_false(alias_has_lease(text, other));
	}
	text[ALIAS_START_SIZE - 2] = '\0';
	assert_false(alias_has_lease(text, longest.lease));
	assert_false(alias_has_lease("", longest.lease));
}

static void test_an_external_id_is_not_everybodys(void **state)
{
	char text[ALIAS_SIZE];
	struct alias alias = longest;
	struct alias found;

	(void)state;
	alias.external_id[0] = '\0';
	alias_write(&alias, text);
	assert_int_equal(alias_read(text, &found), 0);
	assert_string_equal(found.external_id, "");
	assert_string_equal(found.network, longest.network);
	/* Until it is handed out, whoever looks at the host's links may see it. */
	alias = longest;
	alias.state = ALIAS_MADE;
	alias_write(&alias, text);
	assert_null(strstr(text, EXTERNAL_ID));
	assert_int_equal(alias_read(text, &found), 0);
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
		"m:1:1:1:1:1:0:1500:made/net1:020000000000:lan",
		"h:1:1:1:1:1:0:1500::020000000000:lan",
		"h:1:1:1:1:1:0:1500:a b:020000000000:lan",
		"h:1:1:1:1:1:0:1500:/net1:020000000000:lan",
		"h:1:1:1:1:1:0:1500:a:b:020000000000:lan",
		"h:1:1:1:1:1:0:1500:" EXTERNAL_ID "0:020000000000:lan",
	};
	char text[ALIAS_SIZE];
	struct alias found;

	(void)state;
	snprintf(text, sizeof(text), "%sm:1:1:1:1:1:0:1500:020000000000:lan", start);
	assert_int_equal(alias_read(text, &found), 0);
	snprintf(text, sizeof(text), "%sh:1:1:1:1:1:0:1500:020000000000:abc", start);
	assert_int_equal(alias_read(text, &found), 0);
	assert_string_equal(found.network, "abc");
	snprintf(text, sizeof(text), "%sh:1:1:1:1:1:0:1500:abcdefabcdef:020000000000:abc", start);
	assert_int_equal(alias_read(text, &found), 0);
	assert_string_equal(found.external_id, "abcdefabcdef");
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", start, ends[i]);
		assert_true(alias_read(text, &found) < 0);
	}
	assert_true(alias_read("tapbroker:1:", &found) < 0);
}

static void test_a_stored_device_is_read_as_it_was_written(void **state)
{
	char text[STORED_NAME_SIZE];
	struct stored_device written = {.name = "abcdefghijklmno", .ifindex = 99999, .nsid = 9999};
	struct stored_device device;
	struct alias real = longest;
	struct alias found;

	(void)state;
	/* No machine has such numbers: pids have 7 digits at most, clock ticks 11 in thirty years. */
	assert_int_equal(alias_write_device(&longest, &written, text), -ENAMETOOLONG);
	real.pid = 4194304;
	real.start_time = 99999999999;
	real.since = 9999999999;
	real.uid = real.gid = 2147483647;
	assert_int_equal(alias_write_device(&real, &written, text), 0);
	assert_null(strchr(text, ':'));
	assert_int_equal(alias_read_device(text, &found, &device), 0);
	assert_string_equal(found.external_id, EXTERNAL_ID);
	real = longest;
	real.external_id[0] = '\0';
	assert_int_equal(alias_write_device(&real, &written, text), 0);
	assert_int_equal(alias_read_device(text, &found, &device), 0);
	assert_string_equal(found.network, longest.network);
	assert_string_equal(device.name, "abcdefghijklmno");
	assert_int_equal(device.ifindex, 99999);
	assert_int_equal(device.nsid, 9999);
	text[strlen(text) - 1] = '+';
	assert_true(alias_read_device(text, &found, &device) < 0);
	written.ifindex = 0;
	alias_write_device(&real, &written, text);
	assert_true(alias_read_device(text, &found, &device) < 0);
	assert_true(alias_read_device("device-", &found, &device) < 0);
	assert_true(alias_read_device("lease-", &found, &device) < 0);
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
		cmocka_unit_test(test_whose_an_alias_is),
		cmocka_unit_test(test_an_external_id_is_not_everybodys),
		cmocka_unit_test(test_nothing_else_is_read),
		cmocka_unit_test(test_a_stored_device_is_read_as_it_was_written),
		cmocka_unit_test(test_a_lifeline_is_read_as_it_was_written),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
