/* Unit test of the monitor's half of Max=: broker/monitor/kernel/count.c. What a dump says is a system test's. */
#include "broker/monitor/kernel/count.h"

#include "broker/shared/clock.h"

#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct network_table networks;
static struct away away;
static struct count count;
static struct workshop workshop = {.shield = {.netns = -1}};

/* Two networks, of two devices each; no device is there. */
static int set_up(void **state)
{
	(void)state;
	memset(&networks, 0, sizeof(networks));
	networks.count = 2;
	strcpy(networks.networks[0].name, "lan");
	strcpy(networks.networks[1].name, "wan");
	networks.networks[0].max = networks.networks[1].max = 2;
	count = (struct count){.networks = &networks, .away = &away};
	if (away_init(&away, 4) < 0)
		return -1;
	return link_socket_open(&workshop.link, NETLINK_ROUTE);
}

static int tear_down(void **state)
{
	(void)state;
	free(away.devices);
	close(workshop.link.fd);
	return 0;
}

static const struct network *lan(void)
{
	return &networks.networks[0];
}

/* The kernel is asked before "full" is said, and not again within the pause. */
static void test_full_is_counted_again(void **state)
{
	(void)state;
	count_up(&count, lan());
	count_up(&count, lan());
	assert_false(count_full(&count, &workshop, lan()));
	count_up(&count, lan());
	count_up(&count, lan());
	count.next = monotonic_ms() + 60000;
	assert_true(count_full(&count, &workshop, lan()));
	assert_false(count_full(&count, &workshop, &networks.networks[1]));
	count.next = 0;
	assert_false(count_full(&count, &workshop, lan()));
}

/* Whoever opens and closes the only device as fast as he can: each time there is room. Only "full" makes a pause. */
static void test_room_is_found_again_at_once(void **state)
{
	static const struct away_device device = {.lease = {1}, .stored = "device-x"};

	(void)state;
	for (int i = 0; i < 100; i++) {
		count_up(&count, lan());
		count_up(&count, lan());
		assert_false(count_full(&count, &workshop, lan()));
		assert_int_equal(count.next, 0);
	}
	networks.networks[0].max = 1;
	assert_int_equal(away_add(&away, &device), 0);
	count_up(&count, lan());
	assert_true(count_full(&count, &workshop, lan()));
	assert_true(count.next > 0);
}

static void test_devices_that_are_away_count(void **state)
{
	static const uint8_t lease[TB_ID_SIZE] = {1};
	const struct away_device device = {.lease = {1}, .stored = "device-x"};

	(void)state;
	assert_int_equal(away_add(&away, &device), 0);
	assert_int_equal(count_again(&count, &workshop), 0);
	assert_int_equal(count.devices[0], 1);
	assert_int_equal(away_deleted(&away, lease), 0);
	assert_int_equal(count_again(&count, &workshop), 0);
	assert_int_equal(count.devices[0], 0);
}

/* Nothing but the kernel's word lowers the number: not even where it cannot be had. */
static void test_a_failed_question_lowers_nothing(void **state)
{
	static struct workshop none = {.link = {.fd = -1}, .shield = {.netns = -1}};

	(void)state;
	count_up(&count, lan());
	count_up(&count, lan());
	assert_true(count_again(&count, &none) < 0);
	assert_int_equal(count.devices[0], 2);
	count.next = 0;
	assert_true(count_full(&count, &none, lan()));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(test_full_is_counted_again),
		TEST(test_room_is_found_again_at_once),
		TEST(test_devices_that_are_away_count),
		TEST(test_a_failed_question_lowers_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
