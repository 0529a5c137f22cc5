/* Unit test of turns: broker/monitor/turns.c, with the leases' own ends and a reaper without threads. */
#include "tests/unit/monitor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#define ALICE 1000
#define BOB 1001
#define CAPACITY 40

static struct monitor monitor;
static uint32_t last_ifindex;

static int set_up(void **state)
{
	(void)state;
	return monitor_start(&monitor, CAPACITY);
}

static int tear_down(void **state)
{
	(void)state;
	monitor_end(&monitor);
	return 0;
}

static struct lease *begin(uid_t uid)
{
	static const uint8_t id[TB_ID_SIZE];
	static const char name[TB_NAME_SIZE] = "lan-0";
	struct lease *lease = lease_begin(&monitor.leases, &monitor.networks.networks[0], uid, id);

	lease_set_device(&monitor.leases, lease, name, ++last_ifindex);
	return lease;
}

/* A lease of this user's that has ended. */
static struct lease *ended(uid_t uid)
{
	struct lease *lease = begin(uid);

	lease_discard(&monitor, lease);
	return lease;
}

/* Devices that the reaper has been told to delete. */
static int deletions(void)
{
	int bytes = 0;

	assert_int_equal(ioctl(monitor.reaper.threads_jobs, FIONREAD, &bytes), 0);
	return bytes / (int)sizeof(struct reaper_job);
}

static void reaped(const struct lease *lease)
{
	lease_reaped(&monitor, lease_number(&monitor.leases, lease), 0);
}

/* The time of the turns that are taken now is over. */
static void pass_time(void)
{
	struct lease *lease;

	TAILQ_FOREACH(lease, &monitor.turns.taken, turns)
		lease->turn_until = 0;
	turns_expire(&monitor);
}

static uint32_t held(uid_t uid)
{
	return leases_held(&monitor.leases, uid, &monitor.networks.networks[0]);
}

/* Both users get devices. */
static void serve_both(void)
{
	turns_serve(&monitor, ALICE);
	turns_serve(&monitor, BOB);
}

static void test_alone_many_go_at_once(void **state)
{
	(void)state;
	turns_serve(&monitor, ALICE);
	turns_serve(&monitor, ALICE);
	for (int i = 0; i < TURNS_MANY + 4; i++)
		ended(ALICE);
	assert_int_equal(deletions(), TURNS_MANY);
}

static void test_few_while_others_are_served(void **state)
{
	struct lease *leases[TURNS_FEW + 2];

	(void)state;
	serve_both();
	for (int i = 0; i < TURNS_FEW + 2; i++)
		leases[i] = ended(ALICE);
	assert_int_equal(deletions(), TURNS_FEW);
	reaped(leases[0]);
	assert_int_equal(deletions(), TURNS_FEW);
	pass_time();
	assert_int_equal(deletions(), TURNS_FEW + 1);
	/* The others' turns do not depend on this user's. */
	ended(BOB);
	assert_int_equal(deletions(), TURNS_FEW + 2);
}

static void test_others_who_got_their_devices_long_ago(void **state)
{
	(void)state;
	serve_both();
	monitor.turns.last_at -= TURNS_ALONE_MS + 1;
	turns_serve(&monitor, ALICE);
	for (int i = 0; i < TURNS_FEW + 2; i++)
		ended(ALICE);
	assert_int_equal(deletions(), TURNS_FEW + 2);
}

/* In both orders of what must have happened. */
static void test_a_lease_counts_until_its_turn_is_over(void **state)
{
	struct lease *lease = ended(ALICE);

	(void)state;
	assert_int_equal(held(ALICE), 1);
	reaped(lease);
	assert_int_equal(held(ALICE), 1);
	pass_time();
	assert_int_equal(held(ALICE), 0);

	lease = ended(ALICE);
	pass_time();
	assert_int_equal(held(ALICE), 1);
	reaped(lease);
	assert_int_equal(held(ALICE), 0);
	assert_int_equal(monitor.leases.count, 0);
}

/* Its client closed the last fd, which costs the kernel the same. */
static void test_a_device_that_is_gone_takes_a_turn(void **state)
{
	(void)state;
	serve_both();
	for (int i = 0; i < 2 * TURNS_FEW; i++)
		lease_device_gone(&monitor, begin(ALICE)->ifindex);
	assert_int_equal(held(ALICE), 2 * TURNS_FEW);
	pass_time();
	assert_int_equal(held(ALICE), TURNS_FEW);
	pass_time();
	assert_int_equal(held(ALICE), 0);
	assert_int_equal(deletions(), 0);
}

/* The same while it waits to be deleted. */
static void test_a_device_that_goes_before_its_turn(void **state)
{
	struct lease *last = NULL;

	(void)state;
	serve_both();
	for (int i = 0; i <= TURNS_FEW; i++)
		last = ended(ALICE);
	lease_device_gone(&monitor, last->ifindex);
	assert_int_equal(held(ALICE), TURNS_FEW + 1);
	while (held(ALICE) > 1)
		reaped(TAILQ_FIRST(&monitor.leases.live)), pass_time();
	pass_time();
	assert_int_equal(held(ALICE), 0);
	assert_int_equal(deletions(), TURNS_FEW);
}

static void test_what_the_guard_ends_does_not_wait(void **state)
{
	struct lease *last = NULL;

	(void)state;
	serve_both();
	for (int i = 0; i <= TURNS_FEW; i++)
		ended(ALICE);
	last = begin(ALICE);
	lease_end(&monitor, last, TB_REASON_GUARD_MAC);
	assert_int_equal(deletions(), TURNS_FEW + 1);
	/* Nor if the client has hung up before; and it is deleted once. */
	last = ended(ALICE);
	lease_end(&monitor, last, TB_REASON_GUARD_MAC);
	lease_end(&monitor, last, TB_REASON_REVOKED);
	assert_int_equal(deletions(), TURNS_FEW + 2);
	/* It takes its turn all the same. */
	reaped(last);
	assert_int_equal(held(ALICE), TURNS_FEW + 3);
}

static void test_nobody_waits_for_a_monitor_that_stops(void **state)
{
	(void)state;
	serve_both();
	for (int i = 0; i < TURNS_FEW + 5; i++)
		ended(ALICE);
	turns_end(&monitor);
	assert_int_equal(deletions(), TURNS_FEW + 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_alone_many_go_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_few_while_others_are_served, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_others_who_got_their_devices_long_ago, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_lease_counts_until_its_turn_is_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_device_that_is_gone_takes_a_turn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_device_that_goes_before_its_turn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_the_guard_ends_does_not_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nobody_waits_for_a_monitor_that_stops, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("turns", tests, NULL, NULL);
}
