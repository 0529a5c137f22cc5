/* Unit test of the table of leases and its map: what counts, what is full, what is found. */
#include "tests/unit/clerk.h"

#include "broker/clerk/lease/map.h"

#include <cmocka.h>

static const uint8_t id[TB_ID_SIZE] = {0x00, 0x01, 0x7f, 0x80, 0xff};
static const char vm0[TB_NAME_SIZE] = "vm0";
static const char old_network[TB_NETWORK_SIZE] = "old";
static struct lease_quota full;

static int set_up(void **state)
{
	(void)state;
	test_networks_set();
	test_lease_limits.leases = 8;
	test_lease_limits.per_user = 5;
	clerk_open();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	clerk_close();
	return 0;
}

static struct network *network(const char *name)
{
	return (struct network *)test_network(name);
}

static void test_counts_per_user_and_network(void **state)
{
	struct lease *lease;

	(void)state;
	lease_begin(network("lan"), ALICE, &full);
	lease = lease_begin(network("lan"), ALICE, &full);
	lease_begin(network("wan"), ALICE, &full);
	lease_begin(network("lan"), BOB, &full);
	assert_int_equal(lease->state, LEASE_ORDERED);
	assert_int_equal(lease->lifeline, -1);
	assert_int_equal(lease->holder, -1);
	assert_int_equal(leases_held(ALICE, network("lan")), 2);
	assert_int_equal(leases_held(ALICE, network("wan")), 1);
	assert_int_equal(leases_held(BOB, network("lan")), 1);
	assert_false(leases_user_full(ALICE, &full));
	assert_int_equal(full.held, 3);
	assert_int_equal(full.limit, 5);
	lease_free(lease);
	assert_int_equal(leases_held(ALICE, network("lan")), 1);
	assert_int_equal(leases_count(), 3);
}

/* Subordinate uids are their owner's, from the first of a range to its last. */
static void test_subordinate_uids_count_as_their_owner(void **state)
{
	(void)state;
	test_networks.subordinates[0] = (struct subordinate){.first = 100000, .count = 10, .owner = ALICE};
	test_networks.subordinates[1] = (struct subordinate){.first = 100010, .count = 10, .owner = BOB};
	test_networks.subordinates_count = 2;
	assert_int_equal(lease_account(ALICE), ALICE);
	assert_int_equal(lease_account(99999), 99999);
	assert_int_equal(lease_account(100000), ALICE);
	assert_int_equal(lease_account(100009), ALICE);
	assert_int_equal(lease_account(100010), BOB);
	assert_int_equal(lease_account(100020), 100020);
	for (uid_t uid = 100000; uid < 100005; uid++)
		assert_non_null(lease_begin(network("lan"), uid, &full));
	assert_true(leases_user_full(ALICE, &full));
	assert_null(lease_begin(network("lan"), ALICE, &full));
	assert_null(lease_begin(network("wan"), 100009, &full));
	assert_non_null(lease_begin(network("lan"), 100010, &full));
	test_networks.subordinates_count = 0;
}

/* The uid is in the upper half of a key: neighbours must not be mixed up, up to the last uid. */
static void test_high_uids(void **state)
{
	(void)state;
	lease_begin(network("lan"), 0xfffffffeu, &full);
	assert_int_equal(leases_held(0xfffffffeu, network("lan")), 1);
	assert_int_equal(leases_held(0x7ffffffeu, network("lan")), 0);
	assert_int_equal(leases_held(0, network("lan")), 0);
}

static void test_begin_refuses_a_full_user(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		assert_non_null(lease_begin(network("lan"), ALICE, &full));
	assert_null(lease_begin(network("wan"), ALICE, &full));
	assert_int_equal(full.status, TB_QUOTA_USER);
	assert_int_equal(full.check, TB_CHECK_MAX_LEASES_PER_USER);
	assert_int_equal(full.quota, TB_QUOTA_OF_BROKER);
	assert_int_equal(full.held, 5);
	assert_int_equal(full.limit, 5);
	assert_non_null(lease_begin(network("wan"), BOB, &full));
}

static void test_begin_refuses_a_full_user_of_a_network(void **state)
{
	(void)state;
	network("lan")->max_per_user = 1;
	assert_non_null(lease_begin(network("lan"), ALICE, &full));
	assert_null(lease_begin(network("lan"), ALICE, &full));
	assert_int_equal(full.status, TB_QUOTA_USER);
	assert_int_equal(full.check, TB_CHECK_MAX_PER_USER);
	assert_int_equal(full.quota, TB_QUOTA_OF_NETWORK);
	assert_int_equal(full.held, 1);
	assert_non_null(lease_begin(network("wan"), ALICE, &full));
}

static void test_begin_refuses_a_full_network(void **state)
{
	(void)state;
	network("lan")->max = 2;
	assert_non_null(lease_begin(network("lan"), ALICE, &full));
	assert_non_null(lease_begin(network("lan"), BOB, &full));
	assert_null(lease_begin(network("lan"), 0, &full));
	assert_int_equal(full.status, TB_QUOTA_NETWORK);
	assert_int_equal(full.check, TB_CHECK_MAX);
	assert_int_equal(full.quota, TB_QUOTA_OF_NETWORK);
	/* How many others hold is nobody's business. */
	assert_int_equal(full.held, 0);
	assert_int_equal(full.limit, 0);
}

/* Users never get the last ones, root gets those, and nobody gets one more: nothing is written past the table. */
static void test_begin_refuses_a_full_table(void **state)
{
	(void)state;
	for (uid_t uid = ALICE; uid < ALICE + 8; uid++)
		assert_non_null(lease_begin(network("lan"), uid, &full));
	assert_null(lease_begin(network("lan"), BOB, &full));
	assert_int_equal(full.status, TB_QUOTA_NETWORK);
	assert_int_equal(full.check, TB_CHECK_MAX_LEASES);
	assert_int_equal(full.quota, TB_QUOTA_OF_BROKER);
	for (int i = 0; i < LEASES_RESERVED_FOR_ROOT; i++)
		assert_non_null(lease_begin(network("lan"), 0, &full));
	assert_null(lease_begin(network("lan"), 0, &full));
	assert_null(lease_begin_again(network("lan"), network("lan")->name, 0));
	assert_int_equal(leases_count(), 8 + LEASES_RESERVED_FOR_ROOT);
	lease_free(TAILQ_FIRST(leases_all()));
	assert_non_null(lease_begin(network("lan"), 0, &full));
}

/* An adopted lease is there already: no quota says no to it, and its network may be gone. */
static void test_adopted_are_beyond_quotas(void **state)
{
	struct lease *lease;

	(void)state;
	network("lan")->max = 1;
	network("lan")->max_per_user = 1;
	assert_non_null(lease_begin_again(network("lan"), network("lan")->name, ALICE));
	assert_non_null(lease_begin_again(network("lan"), network("lan")->name, ALICE));
	lease = lease_begin_again(NULL, old_network, ALICE);
	assert_non_null(lease);
	assert_string_equal(lease->network_name, "old");
	leases_user_full(ALICE, &full);
	assert_int_equal(full.held, 3);
	lease_free(lease);
	leases_user_full(ALICE, &full);
	assert_int_equal(full.held, 2);
}

static void test_found_by_id_and_ifindex(void **state)
{
	struct lease *lease = lease_begin(network("lan"), ALICE, &full);
	uint8_t other[TB_ID_SIZE];

	(void)state;
	lease_set_id(lease, id);
	lease_set_device(lease, vm0, 7);
	memcpy(other, id, sizeof(other));
	other[TB_ID_SIZE - 1] ^= 1;
	assert_ptr_equal(lease_by_id(id), lease);
	assert_null(lease_by_id(other));
	assert_ptr_equal(lease_by_ifindex(7), lease);
	assert_null(lease_by_ifindex(0));
	assert_ptr_equal(lease_by_number(lease_number(lease)), lease);
	assert_null(lease_by_number(lease_number(lease) + 1));
	assert_null(lease_by_number(UINT32_MAX));
	lease_clear_device(lease);
	assert_null(lease_by_ifindex(7));
	assert_ptr_equal(lease_by_id(id), lease);
	lease_free(lease);
	assert_null(lease_by_id(id));
	assert_null(lease_by_number(0));
}

/* What was taken over from one lease by another is not lost when the first goes. */
static void test_an_ifindex_of_the_next(void **state)
{
	struct lease *first = lease_begin(network("lan"), ALICE, &full);
	struct lease *second = lease_begin(network("lan"), ALICE, &full);

	(void)state;
	lease_set_id(first, id);
	lease_set_device(first, vm0, 7);
	lease_set_id(second, id);
	lease_set_device(second, vm0, 7);
	lease_free(first);
	assert_ptr_equal(lease_by_ifindex(7), second);
	assert_ptr_equal(lease_by_id(id), second);
}

static void test_ids_of_zeros_leave_nothing(void **state)
{
	static const uint8_t zeros[TB_ID_SIZE];

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct lease *lease = lease_begin(network("lan"), ALICE, &full);

		lease_set_id(lease, zeros);
		lease_free(lease);
		assert_null(lease_by_id(zeros));
	}
}

static void test_away_has_no_ifindex_here(void **state)
{
	struct lease *lease = lease_begin(network("pod"), ALICE, &full);

	(void)state;
	lease->away = true;
	lease_set_device(lease, vm0, 7);
	assert_null(lease_by_ifindex(7));
	assert_ptr_equal(lease_by_name(ALICE, "vm0"), lease);
	lease_free(lease);
}

static void test_by_name(void **state)
{
	struct lease *old = lease_begin(network("lan"), ALICE, &full);
	struct lease *new = lease_begin(network("lan"), ALICE, &full);

	(void)state;
	assert_null(lease_by_name(ALICE, ""));
	lease_set_device(old, vm0, 7);
	lease_set_device(new, vm0, 8);
	old->state = LEASE_DELETING;
	new->state = LEASE_HELD;
	assert_ptr_equal(lease_by_name(ALICE, "vm0"), new);
	assert_null(lease_by_name(BOB, "vm0"));
	assert_null(lease_by_name(ALICE, "vm1"));
	new->state = LEASE_UNCLAIMED;
	assert_ptr_equal(lease_by_name(ALICE, "vm0"), old);
	old->state = LEASE_UNCLAIMED;
	assert_null(lease_by_name(ALICE, "vm0"));
	assert_false(leases_name_free_soon("vm0"));
	assert_false(leases_room_soon(ALICE));
	old->state = LEASE_LATE;
	assert_true(leases_name_free_soon("vm0"));
	assert_false(leases_name_free_soon("vm"));
	assert_true(leases_room_soon(ALICE));
	assert_false(leases_room_soon(BOB));
}

static void test_mac_of_the_device(void **state)
{
	struct lease *tap = lease_begin(network("lan"), ALICE, &full);
	struct lease *macvtap = lease_begin(network("phys"), ALICE, &full);
	uint8_t mac[TB_MAC_SIZE];

	(void)state;
	memset(tap->mac, 2, TB_MAC_SIZE);
	memset(macvtap->mac, 2, TB_MAC_SIZE);
	lease_device_mac(tap, mac);
	assert_memory_equal(mac, "\xfe\2\2\2\2\2", 6);
	lease_device_mac(macvtap, mac);
	assert_memory_equal(mac, "\2\2\2\2\2\2", 6);
}

static void test_map(void **state)
{
	struct map map;

	(void)state;
	assert_int_equal(map_init(&map, 100), 0);
	for (uint64_t round = 0; round < 10; round++) {
		for (uint64_t key = 0; key < 100; key++)
			*map_insert(&map, key << 32 | round) = (uint32_t)key;
		for (uint64_t key = 0; key < 100; key++)
			assert_int_equal(*map_find(&map, key << 32 | round), key);
		assert_null(map_find(&map, UINT64_MAX));
		map_remove(&map, UINT64_MAX);
		for (uint64_t key = 0; key < 100; key++)
			map_remove(&map, key << 32 | round);
		assert_null(map_find(&map, round));
	}
	map_destroy(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counts_per_user_and_network, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_subordinate_uids_count_as_their_owner, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_high_uids, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_begin_refuses_a_full_user, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_begin_refuses_a_full_user_of_a_network, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_begin_refuses_a_full_network, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_begin_refuses_a_full_table, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_adopted_are_beyond_quotas, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_found_by_id_and_ifindex, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_an_ifindex_of_the_next, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ids_of_zeros_leave_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_away_has_no_ifindex_here, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_by_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mac_of_the_device, set_up, tear_down),
		cmocka_unit_test(test_map),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
