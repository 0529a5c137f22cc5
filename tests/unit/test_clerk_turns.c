/* Unit test of turns: how many devices of one user are deleted at the same time. */
#include "tests/unit/clerk.h"

#include <cmocka.h>

static int set_up(void **state)
{
	(void)state;
	test_networks_set();
	test_lease_limits.leases = 64;
	test_lease_limits.per_user = 64;
	clerk_open();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	clerk_close();
	return 0;
}

static struct lease *ended_lease(uid_t uid)
{
	struct lease *lease = lease_begin_again(test_network("lan"), test_network("lan")->name, uid);

	assert_non_null(lease);
	lease_happens(lease, LEASE_ADOPTED);
	lease_happens(lease, LEASE_END);
	return lease;
}

static int count_in(uid_t uid, enum lease_state state)
{
	const struct lease *lease;
	int count = 0;

	TAILQ_FOREACH(lease, leases_all(), link)
		count += lease->uid == uid && lease->state == state;
	return count;
}

static void test_alone(void **state)
{
	(void)state;
	for (int i = 0; i < TURNS_MANY + 3; i++)
		ended_lease(ALICE);
	assert_int_equal(count_in(ALICE, LEASE_DELETING), TURNS_MANY);
	assert_int_equal(count_in(ALICE, LEASE_WAITING), 3);
}

/* One that is over makes room for one. */
static void test_one_over_of_many(void **state)
{
	struct lease *first;

	(void)state;
	first = ended_lease(ALICE);
	for (int i = 0; i < TURNS_MANY + 3; i++)
		ended_lease(ALICE);
	assert_int_equal(count_in(ALICE, LEASE_WAITING), 4);
	/* The others take longer. */
	lease_happens(first, LEASE_DELETED);
	test_now += TURN_MS;
	turns_expire();
	assert_int_equal(count_in(ALICE, LEASE_DELETING) + count_in(ALICE, LEASE_LATE), TURNS_MANY);
	assert_int_equal(count_in(ALICE, LEASE_WAITING), 3);
}

static void test_one_while_others_get_devices(void **state)
{
	(void)state;
	turns_serve(BOB);
	ended_lease(ALICE);
	ended_lease(ALICE);
	assert_int_equal(count_in(ALICE, LEASE_DELETING), 1);
	/* Bob himself is alone until Alice gets a device. */
	for (int i = 0; i < 3; i++)
		ended_lease(BOB);
	assert_int_equal(count_in(BOB, LEASE_DELETING), 3);
	turns_serve(ALICE);
	ended_lease(BOB);
	assert_int_equal(count_in(BOB, LEASE_DELETING), 3);
	/* Who got one long ago is not there any more. */
	test_now += TURNS_ALONE_MS + 1;
	ended_lease(ALICE);
	assert_int_equal(count_in(ALICE, LEASE_DELETING), 3);
}

/* A turn is given back when its time is over and the device is gone, whatever comes first; then the next has it. */
static void test_next_turn(void **state)
{
	struct lease *first;
	struct lease *second;

	(void)state;
	turns_serve(BOB);
	first = ended_lease(ALICE);
	second = ended_lease(ALICE);
	assert_int_equal(turns_expire(), TURN_MS);
	test_now += TURN_MS - 1;
	assert_int_equal(turns_expire(), 1);
	test_now += 1;
	assert_int_equal(turns_expire(), -1);
	assert_int_equal(first->state, LEASE_LATE);
	assert_int_equal(second->state, LEASE_WAITING);
	lease_deleted(first, 0);
	assert_int_equal(second->state, LEASE_DELETING);
	lease_deleted(second, 0);
	assert_int_equal(second->state, LEASE_RESTING);
	assert_int_equal(leases_count(), 1);
	test_now += TURN_MS;
	turns_expire();
	assert_int_equal(leases_count(), 0);
}

static void test_order_of_arrival(void **state)
{
	struct lease *leases[4];

	(void)state;
	turns_serve(BOB);
	for (int i = 0; i < 4; i++)
		leases[i] = ended_lease(ALICE);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(leases[i]->state, LEASE_DELETING);
		lease_deleted(leases[i], 0);
		test_now += TURN_MS;
		turns_expire();
	}
	assert_int_equal(leases_count(), 0);
}

static void test_users_do_not_wait_for_each_other(void **state)
{
	(void)state;
	turns_serve(0);
	for (uid_t uid = 1000; uid < 1010; uid++) {
		ended_lease(uid);
		ended_lease(uid);
		assert_int_equal(count_in(uid, LEASE_DELETING), 1);
	}
}

/* The broker stops. */
static void test_give_all(void **state)
{
	(void)state;
	turns_serve(BOB);
	for (int i = 0; i < 20; i++)
		ended_lease(ALICE);
	turns_give_all();
	assert_int_equal(count_in(ALICE, LEASE_DELETING), 20);
	assert_int_equal(deletion_count(), 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_over_of_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_while_others_get_devices, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_next_turn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_order_of_arrival, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_users_do_not_wait_for_each_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_give_all, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
