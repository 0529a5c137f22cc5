/* Unit test of the table of leases and its map: broker/monitor/lease.c and map.c. */
#include "broker/monitor/lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct network_table networks;
static struct lease_table table;
static const uint8_t id[TB_ID_SIZE] = {0x00, 0x01, 0x7f, 0x80, 0xff};

static int set_up(void **state)
{
	(void)state;
	memset(&networks, 0, sizeof(networks));
	networks.count = 2;
	for (size_t i = 0; i < networks.count; i++) {
		networks.networks[i].max = 100;
		networks.networks[i].max_per_user = 3;
	}
	strcpy(networks.networks[0].name, "lan");
	strcpy(networks.networks[1].name, "wan");
	return leases_init(&table, &networks, 8, 5);
}

static int tear_down(void **state)
{
	(void)state;
	leases_destroy(&table);
	return 0;
}

static void test_counts_per_user_and_network(void **state)
{
	struct outcome full;
	struct lease *lease;

	(void)state;
	lease_begin(&table, &networks.networks[0], 1000, id);
	lease = lease_begin(&table, &networks.networks[0], 1000, id);
	lease_begin(&table, &networks.networks[1], 1000, id);
	lease_begin(&table, &networks.networks[0], 1001, id);
	assert_int_equal(leases_held(&table, 1000, &networks.networks[0]), 2);
	assert_int_equal(leases_held(&table, 1000, &networks.networks[1]), 1);
	assert_int_equal(leases_held(&table, 1001, &networks.networks[0]), 1);
	assert_false(leases_user_network_full(&table, 1000, &networks.networks[0], &full));
	assert_false(leases_user_full(&table, 1000, &full));
	assert_int_equal(full.held, 3);
	assert_int_equal(full.limit, 5);
	lease_free(&table, lease);
	assert_int_equal(leases_held(&table, 1000, &networks.networks[0]), 1);
	assert_int_equal(table.count, 3);
}

/* The uid is in the upper half of a key: neighbours must not be mixed up, up to the last uid. */
static void test_high_uids(void **state)
{
	(void)state;
	lease_begin(&table, &networks.networks[0], 0xfffffffeu, id);
	assert_int_equal(leases_held(&table, 0xfffffffeu, &networks.networks[0]), 1);
	assert_int_equal(leases_held(&table, 0x7ffffffeu, &networks.networks[0]), 0);
	assert_int_equal(leases_held(&table, 0, &networks.networks[0]), 0);
}

static void test_slots_for_root(void **state)
{
	struct outcome full;

	(void)state;
	for (uid_t uid = 1000; !leases_full(&table, uid, &networks.networks[0], &full); uid++)
		lease_begin(&table, &networks.networks[0], uid, id);
	assert_int_equal(table.count, 8);
	assert_true(leases_full(&table, 1000, &networks.networks[0], &full));
	assert_int_equal(full.quota, TB_QUOTA_OF_BROKER);
	assert_false(leases_full(&table, 0, &networks.networks[0], &full));
	while (!leases_full(&table, 0, &networks.networks[0], &full))
		lease_begin(&table, &networks.networks[0], 0, id);
	assert_true(table.count > 8);
}

static void test_network_limit(void **state)
{
	struct outcome full;

	(void)state;
	networks.networks[1].max = 1;
	lease_begin(&table, &networks.networks[1], 1000, id);
	assert_true(leases_full(&table, 1001, &networks.networks[1], &full));
	assert_int_equal(full.quota, TB_QUOTA_OF_NETWORK);
	assert_false(leases_full(&table, 1001, &networks.networks[0], &full));
}

static void test_finds_by_ifindex(void **state)
{
	struct lease *lease = lease_begin(&table, &networks.networks[0], 1000, id);
	char name[TB_NAME_SIZE] = "vm0";

	(void)state;
	lease_set_device(&table, lease, name, 42);
	assert_ptr_equal(lease_by_ifindex(&table, 42), lease);
	assert_null(lease_by_ifindex(&table, 43));
	assert_ptr_equal(lease_by_number(&table, lease_number(&table, lease)), lease);
	lease_clear_device(&table, lease);
	assert_null(lease_by_ifindex(&table, 42));
	assert_int_equal(lease->ifindex, 0);
}

static void test_alias(void **state)
{
	struct lease *lease = lease_begin(&table, &networks.networks[0], 0xfffffffeu, id);
	char alias[LEASE_ALIAS_SIZE];

	(void)state;
	lease->pid = 4194304;
	lease->start_time = UINT64_MAX;
	lease_alias(lease, alias);
	assert_string_equal(alias, "tapbroker:1:00017f80ff0000000000000000000000:4294967294:0:4194304:"
				   "18446744073709551615:0:0:000000000000:lan");
	assert_true(sizeof(networks.networks[0].name) + 2 * strlen("4294967295") + strlen(alias) < LEASE_ALIAS_SIZE);
}

static void test_alias_is_read_back(void **state)
{
	struct lease *lease = lease_begin(&table, &networks.networks[1], 0xfffffffeu, id);
	char network[TB_NETWORK_SIZE];
	char alias[LEASE_ALIAS_SIZE];
	struct lease read;

	(void)state;
	lease->gid = 0x80000001u;
	lease->pid = 4194304;
	lease->start_time = UINT64_MAX;
	lease->since = 1790000000;
	lease->lifetime = TB_LIFETIME_PERSISTENT;
	memcpy(lease->mac, "\x02\x00\xff\x10\x01\x9a", TB_MAC_SIZE);
	lease_alias(lease, alias);
	assert_int_equal(lease_parse_alias(alias, &read, network), 0);
	assert_string_equal(network, "wan");
	assert_memory_equal(read.id, lease->id, TB_ID_SIZE);
	assert_memory_equal(read.mac, lease->mac, TB_MAC_SIZE);
	assert_int_equal(read.uid, lease->uid);
	assert_int_equal(read.gid, lease->gid);
	assert_int_equal(read.pid, lease->pid);
	assert_true(read.start_time == lease->start_time && read.since == lease->since);
	assert_int_equal(read.lifetime, lease->lifetime);
}

/* Whatever is not written exactly as we write it is not ours. */
static void test_other_aliases_are_refused(void **state)
{
	static const char *const aliases[] = {
		"",
		"tapbroker:1:",
		"uplink",
		"tapbroker:2:00017f80ff0000000000000000000000:1:1:1:1:1:0:000000000000:lan",
		"tapbroker:1:00017f80ff000000000000000000000:1:1:1:1:1:0:000000000000:lan",
		"tapbroker:1:00017f80ff0000000000000000000000:-1:1:1:1:1:0:000000000000:lan",
		"tapbroker:1:00017f80ff0000000000000000000000:01:1:1:1:1:0:000000000000:lan",
		"tapbroker:1:00017f80ff0000000000000000000000:4294967296:1:1:1:1:0:000000000000:lan",
		"tapbroker:1:00017f80ff0000000000000000000000:1:1:1:1:1:3:000000000000:lan",
		"tapbroker:1:00017f80ff0000000000000000000000:1:1:1:1:1:0:00000000000:lan",
		"tapbroker:1:00017f80ff0000000000000000000000:1:1:1:1:1:0:000000000000:LAN",
		"tapbroker:1:00017f80ff0000000000000000000000:1:1:1:1:1:0:000000000000:lan x",
		"tapbroker:1:00017f80ff0000000000000000000000:1:1:1:1:1:0:000000000000:",
		"tapbroker:1:00017f80ff0000000000000000000000:1:1:1:1:1:0:000000000000:"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	char network[TB_NETWORK_SIZE];
	struct lease read;

	(void)state;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		assert_true(lease_parse_alias(aliases[i], &read, network) < 0);
}

/* A million random steps against a plain array. */
static void test_map_against_an_array(void **state)
{
	enum { KEYS = 512, CAPACITY = 300 };
	static uint32_t expected[KEYS];
	struct map map;
	uint32_t used = 0;

	(void)state;
	srand(1);
	assert_int_equal(map_init(&map, CAPACITY), 0);
	for (int i = 0; i < 1000000; i++) {
		uint32_t key = (uint32_t)rand() % KEYS;
		uint64_t wide = (uint64_t)key << 32 | 7;
		uint32_t *found = map_find(&map, wide);

		assert_int_equal(found != NULL ? *found : 0, expected[key]);
		if (expected[key] != 0) {
			map_remove(&map, wide);
			expected[key] = 0;
			used--;
		} else if (used < CAPACITY) {
			assert_int_equal(*map_insert(&map, wide), 0);
			expected[key] = *map_insert(&map, wide) = (uint32_t)i + 1;
			used++;
		}
	}
	map_destroy(&map);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(test_counts_per_user_and_network),
		TEST(test_high_uids),
		TEST(test_slots_for_root),
		TEST(test_network_limit),
		TEST(test_finds_by_ifindex),
		TEST(test_alias),
		TEST(test_alias_is_read_back),
		TEST(test_other_aliases_are_refused),
		cmocka_unit_test(test_map_against_an_array),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
