/* Unit test of mending: what others undo is done again so many times in a while, and never given up for good. */
#include "tests/unit/clerk.h"

#include "broker/clerk/lease/pace.h"

#include <cmocka.h>

#define WHILE_MS 30000

static struct lease *lease;
static struct link on;  /* its device, a port of its bridge */
static struct link off; /* the same without a bridge */

static int set_up(void **state)
{
	static const uint8_t id[TB_ID_SIZE] = {1};
	static const char name[TB_NAME_SIZE] = "vm7";

	(void)state;
	test_networks_set();
	clerk_open();
	lease = lease_begin_again(test_network("lan"), test_network("lan")->name, ALICE);
	lease->kind = TB_KIND_TAP;
	lease->master = 3;
	lease_set_id(lease, id);
	lease_set_device(lease, name, 7);
	lease_happens(lease, LEASE_ADOPTED);
	on = (struct link){.ifindex = 7, .master = 3};
	strcpy(on.name, name);
	lease_device_mac(lease, on.mac);
	off = on;
	off.master = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	lease_free(lease);
	clerk_close();
	return 0;
}

/* How often the monitor was told to put the device back. */
static int repairs(void)
{
	struct tb_repair message;
	int count = 0;

	while (recv(others.reaper, &message, sizeof(message), MSG_DONTWAIT) == sizeof(message))
		count += message.header.type == TB_REPAIR;
	return count;
}

/* The time passes. Returns how often devices were looked at. */
static size_t looks_after(uint64_t ms)
{
	size_t looks;

	test_now += ms;
	mend_expire();
	looks = looker_count;
	lease->sights[SIDE_HERE] = (struct lease_sight){.looks = 0};
	looker_count = 0;
	return looks;
}

static void take_off_and_put_back(int times)
{
	for (int i = 0; i < times; i++) {
		mend(lease, &off);
		assert_int_equal(repairs(), 1);
		mend(lease, &on);
		looks_after(1000);
	}
}

/* As a network's service does that is started again and again. */
static void test_port_that_others_take_off(void **state)
{
	(void)state;
	take_off_and_put_back(5);
	mend(lease, &off);
	assert_int_equal(repairs(), 0);
	assert_non_null(strstr(test_logged, "half a minute"));
	assert_int_equal(looks_after(WHILE_MS - 5000 - 1), 0);
	assert_int_equal(looks_after(1), 1);
	take_off_and_put_back(5);
	mend(lease, &off);
	assert_int_equal(repairs(), 0);
	/* Seldom is always. */
	looks_after(WHILE_MS);
	for (int i = 0; i < 100; i++) {
		take_off_and_put_back(1);
		looks_after(WHILE_MS / 5);
	}
}

/* Where there is no bridge, one that appears is waited for; or the old one, which has its name again. */
static void test_port_that_no_bridge_takes(void **state)
{
	struct link bridge = {.ifindex = 3, .name = "br0", .kind = "bridge"};

	(void)state;
	for (int i = 0; i < 5; i++) {
		mend(lease, &off);
		assert_int_equal(repairs(), 1);
		assert_int_equal(looks_after(1000), 1);
	}
	mend(lease, &off);
	assert_int_equal(repairs(), 0);
	assert_null(strstr(test_logged, "half a minute"));
	assert_int_equal(looks_after(10 * WHILE_MS), 0);
	mend(lease, &off);
	assert_int_equal(repairs(), 0);
	mend_bridge(&bridge);
	assert_int_equal(looks_after(0), 1);
	take_off_and_put_back(5);
	bridge.ifindex = 9;
	mend_bridge(&bridge);
	assert_int_equal(looks_after(0), 1);
	take_off_and_put_back(5);
}

static void test_address_that_others_change(void **state)
{
	struct link changed = on;

	(void)state;
	changed.mac[5] ^= 1;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 5; i++) {
			mend(lease, &changed);
			assert_int_equal(repairs(), 1);
		}
		mend(lease, &changed);
		assert_int_equal(repairs(), 0);
		assert_int_equal(looks_after(WHILE_MS), 1);
	}
}

static void test_way_that_others_remove(void **state)
{
	(void)state;
	test_networks.networks[0].routed = true;
	on.flags = off.flags = IFF_UP;
	test_networks.networks[0].bridge[0] = '\0';
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 5; i++) {
			mend_way(7);
			assert_int_equal(looks_after(200), 1);
			mend(lease, &on);
			assert_int_equal(repairs(), 1);
		}
		mend_way(7);
		assert_int_equal(looks_after(WHILE_MS - 1000 - 1), 0);
		assert_int_equal(looks_after(1), 1);
		mend(lease, &on);
		assert_int_equal(repairs(), 1);
	}
}

static void test_pace(void **state)
{
	static const struct pace_limit limit = {.times = 2, .while_ms = 100};
	struct pace pace = {.times = 0};

	(void)state;
	for (uint64_t now = 7; now < 1000; now += 100) {
		for (uint64_t i = 0; i < 2; i++) {
			assert_true(pace_allows(&pace, &limit, now + i));
			pace_count(&pace, &limit, now + i);
		}
		assert_false(pace_allows(&pace, &limit, now + 99));
		assert_int_equal(pace_over(&pace, &limit), now + 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_port_that_others_take_off, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_port_that_no_bridge_takes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_address_that_others_change, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_way_that_others_remove, set_up, tear_down),
		cmocka_unit_test(test_pace),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("mend", tests, NULL, NULL);
}
