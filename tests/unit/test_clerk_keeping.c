/* Unit test of what the supervisor keeps: orders to the monitor about it, one after the other. */
#include "tests/unit/clerk.h"

#include <cmocka.h>

static int set_up(void **state)
{
	(void)state;
	test_networks_set();
	clerk_open();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	clerk_close();
	return 0;
}

/* A lease that has its lifeline and this id. */
static struct lease *lease_with(uint8_t first, int *client)
{
	struct lease *lease = lease_begin_again(test_network("lan"), test_network("lan")->name, ALICE);
	uint8_t id[TB_ID_SIZE] = {first};
	int own;

	*client = client_socket(ALICE, &own);
	lease_set_id(lease, id);
	lease_keep(lease, own, -1);
	return lease;
}

static union test_message message;

/* What the monitor is told now: its type, or 0; a lifeline comes with TB_REQ_STORE alone. */
static int told(void)
{
	int fd;
	int type;

	clerk_run();
	type = take(others.monitor, &message, &fd);
	assert_int_equal(fd >= 0, type == TB_REQ_STORE);
	tb_close(&fd);
	return type;
}

static void test_store_and_drop(void **state)
{
	int client;
	struct lease *lease = lease_with(1, &client);

	(void)state;
	keeping_drop(lease);
	assert_int_equal(told(), 0);
	keeping_store(lease);
	assert_int_equal(told(), TB_REQ_STORE);
	assert_memory_equal(message.store.lease, lease->id, TB_ID_SIZE);
	assert_false(lease->stored);
	monitor_say_stored(TB_ANS_STORE, lease->id, 0);
	assert_int_equal(told(), 0);
	assert_true(lease->stored);
	keeping_drop(lease);
	assert_false(lease->stored);
	assert_int_equal(told(), TB_REQ_DROP);
	monitor_say_stored(TB_ANS_DROP, lease->id, 0);
	clerk_run();
	assert_int_equal(keeping_expire(), -1);
	close(client);
}

static void test_one_at_a_time_and_in_order(void **state)
{
	int clients[3];
	struct lease *leases[3];

	(void)state;
	for (uint8_t i = 0; i < 3; i++) {
		leases[i] = lease_with(i + 1, &clients[i]);
		keeping_store(leases[i]);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(told(), TB_REQ_STORE);
		assert_memory_equal(message.store.lease, leases[i]->id, TB_ID_SIZE);
		assert_int_equal(told(), 0);
		monitor_say_stored(TB_ANS_STORE, leases[i]->id, 0);
		clerk_expire();
		loop_step(0);
	}
	for (int i = 0; i < 3; i++)
		close(clients[i]);
}

/* The supervisor does not read: the same again, later and later, before anything else. */
static void test_again_when_the_supervisor_is_busy(void **state)
{
	int client;
	struct lease *lease = lease_with(1, &client);
	static const uint8_t other[TB_ID_SIZE] = {9};

	(void)state;
	keeping_store(lease);
	keeping_drop_id(other);
	assert_int_equal(told(), TB_REQ_STORE);
	for (int pause = 50; pause <= 200; pause *= 2) {
		monitor_say_stored(TB_ANS_STORE, lease->id, EAGAIN);
		assert_int_equal(told(), 0);
		assert_int_equal(keeping_expire(), pause);
		test_now += (uint64_t)pause;
		assert_int_equal(told(), TB_REQ_STORE);
	}
	monitor_say_stored(TB_ANS_STORE, lease->id, 0);
	assert_int_equal(told(), TB_REQ_DROP);
	assert_memory_equal(message.store.lease, other, TB_ID_SIZE);
	close(client);
}

static void test_again_when_the_channel_is_full(void **state)
{
	int client;
	struct lease *lease = lease_with(1, &client);

	(void)state;
	fails_send[channels.monitor] = true;
	keeping_store(lease);
	assert_int_equal(told(), 0);
	assert_int_equal(keeping_expire(), 50);
	fails_send[channels.monitor] = false;
	test_now += 50;
	assert_int_equal(told(), TB_REQ_STORE);
	close(client);
}

/* It has hung up before its turn came: nothing is stored, and the next is not held up. */
static void test_ended_before_it_was_said(void **state)
{
	int clients[2];
	struct lease *first = lease_with(1, &clients[0]);
	struct lease *second = lease_with(2, &clients[1]);

	(void)state;
	keeping_store(first);
	keeping_store(second);
	client_socket_hang_up(&first->lifeline);
	assert_int_equal(told(), TB_REQ_STORE);
	assert_memory_equal(message.store.lease, second->id, TB_ID_SIZE);
	close(clients[0]);
	close(clients[1]);
}

/* It has ended, and is gone, while it was being stored: what is kept of it is dropped. */
static void test_gone_while_it_was_stored(void **state)
{
	int client;
	struct lease *lease = lease_with(1, &client);
	uint8_t id[TB_ID_SIZE];

	(void)state;
	memcpy(id, lease->id, sizeof(id));
	keeping_store(lease);
	assert_int_equal(told(), TB_REQ_STORE);
	close(client);
	clerk_run();
	lease_deleted(lease, 0);
	clerk_pass(TURN_MS);
	assert_int_equal(leases_count(), 0);
	monitor_say_stored(TB_ANS_STORE, id, 0);
	assert_int_equal(told(), TB_REQ_DROP);
	assert_memory_equal(message.store.lease, id, TB_ID_SIZE);
}

/* The same where only an unread answer is left of it. */
static void test_unclaimed_while_it_was_stored(void **state)
{
	int client;
	struct lease *lease = lease_with(1, &client);

	(void)state;
	keeping_store(lease);
	assert_int_equal(told(), TB_REQ_STORE);
	assert_int_equal(tb_send(lease->lifeline, &message, 16, NULL, 0), 0);
	lease_end(lease, TB_REASON_REVOKED);
	lease_deleted(lease, 0);
	clerk_pass(TURN_MS);
	assert_int_equal(lease->state, LEASE_UNCLAIMED);
	monitor_say_stored(TB_ANS_STORE, lease->id, 0);
	assert_int_equal(told(), TB_REQ_DROP);
	assert_false(lease->stored);
	close(client);
}

static void test_an_answer_that_nobody_asked_for(void **state)
{
	struct tb_stored answer = {.error = 0};
	int client;
	struct lease *lease = lease_with(1, &client);

	(void)state;
	assert_true(dies(keeping_answered(&answer)));
	keeping_store(lease);
	assert_int_equal(told(), TB_REQ_STORE);
	assert_true(dies(keeping_answered(&answer)));
	close(client);
}

/* There is room for so much; more is not said, and nothing is written past it. */
static void test_full(void **state)
{
	uint8_t id[TB_ID_SIZE] = {0};
	uint32_t room = 4 * (test_lease_limits.leases + LEASES_RESERVED_FOR_ROOT);
	uint32_t said = 0;

	(void)state;
	for (uint32_t i = 0; i < room + 10; i++)
		keeping_drop_id(id);
	assert_non_null(strstr(test_logged, "the supervisor does not read"));
	while (told() == TB_REQ_DROP) {
		said++;
		monitor_say_stored(TB_ANS_DROP, id, 0);
		loop_step(0);
	}
	assert_int_equal(said, room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_store_and_drop, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_at_a_time_and_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_again_when_the_supervisor_is_busy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_again_when_the_channel_is_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ended_before_it_was_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gone_while_it_was_stored, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unclaimed_while_it_was_stored, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_an_answer_that_nobody_asked_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
