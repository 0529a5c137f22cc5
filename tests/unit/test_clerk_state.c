/* Unit test of what becomes of a lease: each row of the table in state.c, and that nothing else is one. */
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

/* The table once more, as it is meant. A turn is given at once to whoever is alone: WAITING is then DELETING. */
static const struct {
	enum lease_state from;
	enum lease_event event;
	enum lease_state to;
} rows[] = {
	{LEASE_ORDERED, LEASE_MADE, LEASE_UNFETCHED},   {LEASE_ORDERED, LEASE_ADOPTED, LEASE_HELD},
	{LEASE_ORDERED, LEASE_REFUSED, LEASE_RESTING},  {LEASE_UNFETCHED, LEASE_FETCHED, LEASE_HELD},
	{LEASE_UNFETCHED, LEASE_END, LEASE_DELETING},   {LEASE_UNFETCHED, LEASE_END_NOW, LEASE_DELETING},
	{LEASE_UNFETCHED, LEASE_GONE, LEASE_RESTING},   {LEASE_HELD, LEASE_END, LEASE_DELETING},
	{LEASE_HELD, LEASE_END_NOW, LEASE_DELETING},    {LEASE_HELD, LEASE_GONE, LEASE_RESTING},
	{LEASE_WAITING, LEASE_END_NOW, LEASE_JUMPED},   {LEASE_WAITING, LEASE_GONE, LEASE_WAITING_GONE},
	{LEASE_WAITING, LEASE_TURN, LEASE_DELETING},    {LEASE_JUMPED, LEASE_DELETED, LEASE_WAITING_GONE},
	{LEASE_JUMPED, LEASE_TURN, LEASE_DELETING},     {LEASE_WAITING_GONE, LEASE_TURN, LEASE_RESTING},
	{LEASE_DELETING, LEASE_DELETED, LEASE_RESTING}, {LEASE_DELETING, LEASE_TURN_OVER, LEASE_LATE},
	{LEASE_LATE, LEASE_DELETED, LEASE_UNCLAIMED},   {LEASE_RESTING, LEASE_TURN_OVER, LEASE_UNCLAIMED},
	{LEASE_UNCLAIMED, LEASE_LEFT, LEASE_FREE},      {LEASE_ORDERED, LEASE_HALF_MADE, LEASE_DELETING},
};

static enum lease_state expected(enum lease_state from, enum lease_event event)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].from == from && rows[i].event == event)
			return rows[i].to;
	return from;
}

/* Other leases of the user's have all turns: the next ones wait. */
static void take_all_turns(void)
{
	for (int i = 0; i < TURNS_MANY; i++) {
		struct lease *lease = lease_begin_again(test_network("lan"), test_network("lan")->name, ALICE);

		lease_happens(lease, LEASE_REFUSED);
		assert_int_equal(lease->state, LEASE_RESTING);
	}
}

/* A lease that has come to this state on the usual way. Its client has not read its answer. */
static struct lease *lease_in(enum lease_state state, int *client)
{
	bool refused = state == LEASE_WAITING_GONE || state == LEASE_RESTING || state == LEASE_UNCLAIMED;
	struct lease *lease;
	int own;

	if (state == LEASE_WAITING || state == LEASE_JUMPED || state == LEASE_WAITING_GONE)
		take_all_turns();
	lease = lease_begin_again(test_network("lan"), test_network("lan")->name, ALICE);
	*client = client_socket(ALICE, &own);
	lease->lifeline = own;
	if (state != LEASE_ORDERED)
		lease_happens(lease, refused ? LEASE_REFUSED : LEASE_MADE);
	if (state == LEASE_HELD)
		lease_happens(lease, LEASE_FETCHED);
	if (state == LEASE_WAITING || state == LEASE_DELETING || state == LEASE_LATE)
		lease_happens(lease, LEASE_END);
	if (state == LEASE_JUMPED)
		lease_happens(lease, LEASE_END_NOW);
	if (state == LEASE_LATE || state == LEASE_UNCLAIMED) {
		test_now += TURN_MS;
		turns_expire();
	}
	assert_int_equal(lease->state, state);
	return lease;
}

static void test_every_event_in_every_state(void **state)
{
	(void)state;
	for (int from = LEASE_ORDERED; from < LEASE_STATES; from++)
		for (int event = LEASE_MADE; event <= LEASE_LEFT; event++) {
			struct lease *lease;
			bool lists = event == LEASE_TURN || event == LEASE_TURN_OVER;
			int client;

			/* These two come from turns.c alone, which has taken the lease out of its list before. */
			if (lists && expected(from, event) != (enum lease_state)from)
				continue;
			clerk_close();
			set_up(NULL);
			lease = lease_in(from, &client);
			lease_happens(lease, event);
			assert_int_equal(lease->state, expected(from, event));
			if (lease->state == LEASE_FREE)
				client_socket_hang_up(&lease->lifeline);
			close(client);
		}
}

static const struct lease *only_lease(void)
{
	assert_int_equal(leases_count(), 1);
	return TAILQ_FIRST(leases_all());
}

static int take_answer(int client)
{
	union test_message message;

	return take(client, &message, NULL);
}

/* The whole of a session: opened, fetched, hung up, deleted, over. */
static void test_session(void **state)
{
	int client = client_opens(ALICE, TB_LIFETIME_SESSION, 7);
	struct tb_delete order;

	(void)state;
	assert_int_equal(only_lease()->state, LEASE_UNFETCHED);
	assert_int_equal(leases_live(), 1);
	assert_int_equal(take_answer(client), TB_ANS_OPEN);
	clerk_run();
	assert_int_equal(only_lease()->state, LEASE_HELD);
	assert_int_equal(leases_live(), 1);
	close(client);
	clerk_run();
	assert_int_equal(only_lease()->state, LEASE_DELETING);
	assert_int_equal(leases_live(), 0);
	assert_int_equal(only_lease()->lifeline, -1);
	order = reaper_takes();
	assert_int_equal(order.ifindex, 7);
	assert_memory_equal(order.lease, only_lease()->id, TB_ID_SIZE);
	reaper_say(&order, 0);
	clerk_run();
	assert_int_equal(only_lease()->state, LEASE_RESTING);
	assert_int_equal(clerk_run(), TURN_MS);
	assert_int_equal(clerk_pass(TURN_MS), -1);
	assert_int_equal(leases_count(), 0);
	assert_true(nothing_for(others.reaper));
}

static void test_not_fetched_in_time(void **state)
{
	int client = client_opens(ALICE, TB_LIFETIME_SESSION, 7);
	struct tb_delete order;

	(void)state;
	assert_int_equal(clerk_pass(4999), 1);
	assert_int_equal(only_lease()->state, LEASE_UNFETCHED);
	clerk_pass(1);
	assert_int_equal(only_lease()->state, LEASE_DELETING);
	order = reaper_takes();
	reaper_say(&order, 0);
	clerk_run();
	clerk_pass(TURN_MS);
	/* The fds in its socket are charged to the broker, so it counts as long as it likes. */
	clerk_pass(100000);
	assert_int_equal(only_lease()->state, LEASE_UNCLAIMED);
	assert_true(only_lease()->lifeline >= 0);
	assert_int_equal(leases_held(ALICE, test_network("lan")), 1);
	assert_int_equal(take_answer(client), TB_ANS_OPEN);
	assert_int_equal(take_answer(client), TB_ANS_END);
	close(client);
	clerk_run();
	assert_int_equal(leases_count(), 0);
}

static void test_fetched_and_revoked(void **state)
{
	int client = client_opens(ALICE, TB_LIFETIME_SESSION, 7);
	union test_message message;

	(void)state;
	take_answer(client);
	lease_end(TAILQ_FIRST(leases_all()), TB_REASON_REVOKED);
	assert_int_equal(take(client, &message, NULL), TB_ANS_END);
	assert_int_equal(message.end.reason, TB_REASON_REVOKED);
	assert_int_equal(take_answer(client), -1);
	close(client);
}

/* The other lifetimes do not end with the connection. */
static void test_other_lifetimes(void **state)
{
	static const enum tb_lifetime lifetimes[] = {TB_LIFETIME_FD, TB_LIFETIME_PERSISTENT};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int client = client_opens(ALICE, lifetimes[i], 7 + (uint32_t)i);
		struct lease *lease = lease_by_ifindex(7 + (uint32_t)i);

		close(client);
		clerk_run();
		assert_int_equal(lease->state, LEASE_HELD);
		assert_int_equal(lease->lifeline, -1);
		lease_device_gone(lease_by_ifindex(7 + (uint32_t)i));
		assert_int_equal(lease->state, LEASE_RESTING);
		assert_int_equal(lease->ifindex, 0);
	}
	assert_true(nothing_for(others.reaper));
}

/* Without a free turn what a user could do as often as it likes waits; a revocation does not. */
static void test_jump(void **state)
{
	int client = client_opens(ALICE, TB_LIFETIME_SESSION, 7);
	struct lease *lease = TAILQ_FIRST(leases_all());
	struct tb_delete order;

	(void)state;
	take_answer(client);
	clerk_run();
	take_all_turns();
	lease_end(lease, TB_REASON_RELEASED);
	assert_int_equal(lease->state, LEASE_WAITING);
	assert_true(nothing_for(others.reaper));
	lease_end(lease, TB_REASON_GUARD_OWNER);
	assert_int_equal(lease->state, LEASE_JUMPED);
	order = reaper_takes();
	/* Once is enough. */
	lease_end(lease, TB_REASON_REVOKED);
	clerk_pass(TURN_MS);
	assert_int_equal(lease->state, LEASE_DELETING);
	assert_true(nothing_for(others.reaper));
	/* The news that it is gone is the reaper's. */
	lease_device_gone(lease_by_ifindex(7));
	assert_int_equal(lease->state, LEASE_DELETING);
	clerk_pass(TURN_MS);
	assert_int_equal(lease->state, LEASE_LATE);
	reaper_say(&order, EPERM);
	clerk_run();
	assert_int_equal(leases_count(), 0);
	close(client);
}

static void test_hang_up_noticed_before_the_loop(void **state)
{
	int client = client_opens(ALICE, TB_LIFETIME_SESSION, 7);

	(void)state;
	close(client);
	leases_notice_hang_ups(BOB, NULL, "");
	assert_int_equal(only_lease()->state, LEASE_UNFETCHED);
	leases_notice_hang_ups(ALICE, NULL, "");
	assert_int_equal(only_lease()->state, LEASE_DELETING);
}

/* Another user's, who has what is wanted. */
static void test_hang_up_of_another_noticed_before_the_loop(void **state)
{
	struct network *lan = (struct network *)test_network("lan");
	uint32_t max = lan->max;
	int client = client_opens(ALICE, TB_LIFETIME_SESSION, 7);

	(void)state;
	close(client);
	leases_notice_hang_ups(BOB, lan, "vm8");
	assert_int_equal(only_lease()->state, LEASE_UNFETCHED);
	leases_notice_hang_ups(BOB, lan, "vm7");
	assert_int_equal(only_lease()->state, LEASE_DELETING);
	client = client_opens(BOB, TB_LIFETIME_SESSION, 8);
	close(client);
	lan->max = 1;
	leases_notice_hang_ups(ALICE, lan, "");
	lan->max = max;
	assert_int_not_equal(lease_by_ifindex(8)->state, LEASE_UNFETCHED);
}

/* A process that holds a lease in place of a lost lifeline: its end is the lease's. */
static void test_holder(void **state)
{
	struct lease *lease = lease_begin_again(test_network("lan"), test_network("lan")->name, ALICE);
	int pair[2];

	(void)state;
	assert_int_equal(pipe(pair), 0);
	lease_keep(lease, -1, pair[0]);
	clerk_run();
	assert_int_equal(lease->state, LEASE_HELD);
	close(pair[1]);
	assert_int_equal(loop_watch(pair[0], EPOLLIN, LOOP_HOLDER, lease_number(lease)), 0);
	clerk_run();
	assert_int_equal(lease->state, LEASE_DELETING);
	assert_int_equal(lease->holder, -1);
	/* A copy of it may live on elsewhere. */
	assert_false(watched[pair[0]]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_event_in_every_state, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_session, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_fetched_in_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fetched_and_revoked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_lifetimes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_jump, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hang_up_noticed_before_the_loop, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hang_up_of_another_noticed_before_the_loop, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_holder, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
