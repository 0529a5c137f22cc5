/* Unit test of the longest time of a lease: broker/clerk/lease/lease_time.c, in a clerk without its main. */
#include "tests/unit/clerk.h"

#include "broker/clerk/lease/adopt.h"

#include <cmocka.h>

#define DAY_MS (24 * 3600 * 1000u)

static struct network *lan(void)
{
	return &test_networks.networks[0];
}

static int set_up(void **state)
{
	(void)state;
	test_networks_set();
	test_lease_limits.leases = 8;
	lan()->max_lease_time = 60;
	clerk_open();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	clerk_close();
	test_links_count = 0;
	return 0;
}

/* A lease that an earlier broker handed out so many seconds ago. */
static const struct lease *adopted(const char *network, uint64_t seconds_ago)
{
	struct alias alias = {.lease = {(uint8_t)(test_links_count + 1)},
			      .state = ALIAS_HANDED_OUT,
			      .uid = ALICE,
			      .since = realtime_seconds() - seconds_ago,
			      .lifetime = TB_LIFETIME_PERSISTENT,
			      .mtu = 1500,
			      .mac = {2, 0, 0, 0, 0, 9}};
	struct link *link = &test_links[test_links_count++];

	strcpy(alias.network, network);
	memset(link, 0, sizeof(*link));
	link->ifindex = (uint32_t)(6 + test_links_count);
	snprintf(link->name, sizeof(link->name), "vm%u", link->ifindex);
	strcpy(link->kind, "tun");
	alias_write(&alias, link->alias);
	assert_int_equal(adopt(&test_networks, NULL, -1, NULL), 0);
	return lease_by_ifindex(link->ifindex);
}

static void test_it_ends_when_its_time_is_over(void **state)
{
	const struct lease *lease = adopted("lan", 20);

	(void)state;
	clerk_pass(39999);
	assert_int_equal(lease->state, LEASE_HELD);
	clerk_pass(1);
	assert_int_equal(lease->state, LEASE_DELETING);
	assert_non_null(strstr(test_logged, "reason=expired"));
}

static void test_the_holder_is_told(void **state)
{
	int client = client_opens(ALICE, TB_LIFETIME_SESSION, 7);
	union test_message message;
	struct lease *lease = lease_by_ifindex(7);

	(void)state;
	assert_int_equal(take(client, &message, NULL), TB_ANS_OPEN);
	lease->since = realtime_seconds();
	lease_time_begin(lease);
	clerk_pass(60000);
	assert_int_equal(take(client, &message, NULL), TB_ANS_END);
	assert_int_equal(message.end.reason, TB_REASON_EXPIRED);
	close(client);
}

static void test_it_wakes_up_by_itself(void **state)
{
	(void)state;
	assert_int_equal(lease_time_expire(), -1);
	adopted("lan", 20);
	assert_int_equal(lease_time_expire(), 40000);
	adopted("lan", 59);
	assert_int_equal(lease_time_expire(), 1000);
	test_now += 1000;
	assert_int_equal(lease_time_expire(), 39000);
	/* It has ended: that is not to be done again. */
	test_now += 39000;
	assert_int_equal(lease_time_expire(), -1);
	/* Longer than the loop can wait. */
	lan()->max_lease_time = 3650u * 24 * 3600;
	adopted("lan", 0);
	assert_in_range(lease_time_expire(), 1, DAY_MS);
}

static void test_one_that_is_over_already(void **state)
{
	const struct lease *lease = adopted("lan", 61);

	(void)state;
	clerk_run();
	assert_int_equal(lease->state, LEASE_DELETING);
}

/* The clock was set back since: what is left is no more than the whole. */
static void test_one_of_the_future(void **state)
{
	const struct lease *lease = adopted("lan", (uint64_t)-3600);

	(void)state;
	clerk_pass(60000);
	assert_int_equal(lease->state, LEASE_DELETING);
}

static void test_others_last(void **state)
{
	const struct lease *no_limit = adopted("wan", 100000);
	const struct lease *no_network = adopted("gone", 100000);

	(void)state;
	for (int i = 0; i < 10; i++)
		clerk_pass(DAY_MS);
	assert_int_equal(no_limit->state, LEASE_HELD);
	assert_int_equal(no_network->state, LEASE_HELD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_it_ends_when_its_time_is_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_holder_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_it_wakes_up_by_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_that_is_over_already, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_of_the_future, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_others_last, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
