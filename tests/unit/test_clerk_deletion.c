/* Unit test of orders to the reaper: each device once, later if the channel is full, and what is answered. */
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

static struct lease *ended_lease(uint32_t ifindex, bool away)
{
	struct lease *lease = lease_begin_again(test_network("lan"), test_network("lan")->name, ALICE);
	uint8_t id[TB_ID_SIZE] = {(uint8_t)ifindex};
	char name[TB_NAME_SIZE] = "vm0";

	lease->away = away;
	lease_set_id(lease, id);
	lease_set_device(lease, name, ifindex);
	lease_happens(lease, LEASE_ADOPTED);
	lease_end(lease, TB_REASON_REVOKED);
	return lease;
}

static void test_order_and_answer(void **state)
{
	struct lease *lease = ended_lease(7, false);
	struct tb_delete order = reaper_takes();

	(void)state;
	assert_int_equal(order.ifindex, 7);
	assert_memory_equal(order.lease, lease->id, TB_ID_SIZE);
	assert_int_equal(deletion_count(), 1);
	reaper_say(&order, 0);
	clerk_run();
	assert_int_equal(deletion_count(), 0);
	assert_int_equal(lease->state, LEASE_RESTING);
	assert_null(lease_by_ifindex(7));
}

/* The ifindex of a device that is away means nothing to the reaper. */
static void test_away(void **state)
{
	(void)state;
	ended_lease(7, true);
	assert_int_equal(reaper_takes().ifindex, 0);
}

/* A device that cannot be deleted is the administrator's; the lease is over. */
static void test_errors(void **state)
{
	static const struct {
		int error;
		bool away;
		const char *text;
	} rows[] = {
		{EPERM, false, "its alias is not ours any more"},
		{EBUSY, false, "left to the administrator"},
		{EXDEV, true, "it is not there any more"},
		{EBUSY, true, "left to its holder"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lease *lease = ended_lease(7, rows[i].away);
		struct tb_delete order = reaper_takes();

		reaper_say(&order, rows[i].error);
		clerk_run();
		assert_non_null(strstr(test_logged, rows[i].text));
		assert_int_equal(lease->state, LEASE_RESTING);
		clerk_pass(TURN_MS);
		assert_int_equal(leases_count(), 0);
	}
}

static void test_gone_already(void **state)
{
	struct tb_delete order;

	(void)state;
	ended_lease(7, false);
	order = reaper_takes();
	test_logged[0] = '\0';
	reaper_say(&order, ENODEV);
	clerk_run();
	assert_string_equal(test_logged, "");
}

static void test_full_channel(void **state)
{
	(void)state;
	fails_send[channels.reaper] = true;
	ended_lease(7, false);
	ended_lease(8, false);
	assert_int_equal(deletion_expire(), 10);
	assert_int_equal(deletion_count(), 2);
	fails_send[channels.reaper] = false;
	/* A later one does not overtake them. */
	ended_lease(9, false);
	assert_true(nothing_for(others.reaper));
	assert_int_equal(deletion_expire(), -1);
	assert_int_equal(reaper_takes().ifindex, 7);
	assert_int_equal(reaper_takes().ifindex, 8);
	assert_int_equal(reaper_takes().ifindex, 9);
	assert_int_equal(deletion_count(), 3);
}

static void test_strays(void **state)
{
	static const uint8_t id[TB_ID_SIZE] = {5};
	struct tb_delete order;

	(void)state;
	deletion_order_stray(id, 12, TB_PLACE_HERE);
	order = reaper_takes();
	assert_int_equal(order.ifindex, 12);
	reaper_say(&order, 0);
	clerk_run();
	assert_int_equal(deletion_count(), 0);
}

static void test_more_than_there_are(void **state)
{
	static const uint8_t id[TB_ID_SIZE] = {5};
	uint32_t room = 3 * (test_lease_limits.leases + LEASES_RESERVED_FOR_ROOT);

	(void)state;
	fails_send[channels.reaper] = true;
	for (uint32_t i = 0; i < room; i++)
		deletion_order_stray(id, i, TB_PLACE_HERE);
	/* What else waits takes none of that room. */
	while (!strstr(test_logged, "the reaper is busy"))
		deletion_put_back(&(struct fdb_entry){.ifindex = 3});
	assert_int_equal(deletion_count(), room);
	assert_true(dies(deletion_order_stray(id, room, TB_PLACE_HERE)));
}

static void test_an_answer_that_nobody_asked_for(void **state)
{
	struct tb_delete order = {.ifindex = 7};

	(void)state;
	reaper_say(&order, 0);
	assert_true(dies(loop_step(0)));
}

static void test_put_back(void **state)
{
	static const struct fdb_entry entry = {.ifindex = 3,
					       .state = 0x80,
					       .vlan = 5,
					       .flags = 2,
					       .mac = {1, 2, 3, 4, 5, 6}};
	struct tb_fdb_entry message;

	(void)state;
	deletion_put_back(&entry);
	assert_int_equal(recv(others.reaper, &message, sizeof(message), MSG_DONTWAIT), sizeof(message));
	assert_int_equal(message.header.type, TB_PUT_BACK);
	assert_int_equal(message.port, 3);
	assert_int_equal(message.vlan, 5);
	assert_memory_equal(message.mac, entry.mac, TB_MAC_SIZE);
	/* It is not answered. */
	assert_int_equal(deletion_count(), 0);
}

/* Nothing of what is to be put back is lost while the kernel holds the reaper up. */
static void test_put_back_later(void **state)
{
	struct lease lease = {.ifindex = 8, .name = "vm8"};
	union {
		struct tb_header header;
		struct tb_fdb_entry entry;
		struct tb_repair repair;
	} message;

	(void)state;
	fails_send[channels.reaper] = true;
	deletion_put_back(&(struct fdb_entry){.ifindex = 3});
	deletion_repair(&lease);
	assert_int_equal(deletion_expire(), 10);
	assert_int_equal(deletion_count(), 0);
	fails_send[channels.reaper] = false;
	assert_int_equal(deletion_expire(), -1);
	assert_int_equal(recv(others.reaper, &message, sizeof(message), MSG_DONTWAIT), sizeof(message.entry));
	assert_int_equal(message.header.type, TB_PUT_BACK);
	assert_int_equal(message.entry.port, 3);
	assert_int_equal(recv(others.reaper, &message, sizeof(message), MSG_DONTWAIT), sizeof(message.repair));
	assert_int_equal(message.header.type, TB_REPAIR);
	assert_int_equal(message.repair.ifindex, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order_and_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gone_already, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full_channel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_more_than_there_are, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_an_answer_that_nobody_asked_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_put_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_put_back_later, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
