/* Unit test of orders: one is under way, users take turns, and each answer of the monitor's is the client's. */
#include "tests/unit/clerk.h"

#include <cmocka.h>

static struct tb_request request;
static union test_message message;

static int set_up(void **state)
{
	(void)state;
	test_networks_set();
	clerk_open();
	request_set(&request, TB_REQ_OPEN);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	clerk_close();
	return 0;
}

static int client_with_yes(uid_t uid)
{
	int client = client_ask(uid, &request);

	if (uid != 0)
		authority_answers(TB_VERDICT_YES);
	clerk_run();
	return client;
}

/* Takes the order, and refuses it. Returns whose it was. */
static uid_t refuse_order(void)
{
	struct tb_made made;
	int fd;
	uid_t uid = monitor_take_order(&fd).question.uid;

	close(fd);
	made_set(&made, 0);
	made.status = TB_NAME_TAKEN;
	monitor_say_made(&made);
	clerk_run();
	return uid;
}

/* The order is the question, byte for byte; the socket is the client's, and nobody here has an eye on it. */
static void test_what_is_ordered(void **state)
{
	struct tb_question question;
	struct tb_order order;
	int client = client_ask(ALICE, &request);
	int fd;

	(void)state;
	question = authority_answers(TB_VERDICT_YES);
	order = monitor_take_order(&fd);
	assert_memory_equal(&order.question, &question, sizeof(question));
	assert_int_equal(order.gid, getgid());
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_int_equal(recv(client, &message, sizeof(message), 0), 1);
	assert_false(watched[TAILQ_FIRST(requests_used())->client.sock]);
	close(fd);
	close(client);
}

static void test_one_at_a_time_in_turn(void **state)
{
	static const uid_t asked[] = {ALICE, ALICE, ALICE, BOB, BOB};
	static const uid_t ordered[] = {ALICE, BOB, ALICE, BOB, ALICE};
	int clients[5];

	(void)state;
	for (int i = 0; i < 5; i++)
		clients[i] = client_with_yes(asked[i]);
	for (int i = 0; i < 5; i++)
		assert_int_equal(refuse_order(), ordered[i]);
	assert_true(nothing_for(others.monitor));
	for (int i = 0; i < 5; i++)
		close(clients[i]);
}

/* Requests that pass the gate while another is being made meet the quota when it is their turn. */
static void test_quota_of_those_that_wait(void **state)
{
	struct tb_made made;
	int clients[3];

	(void)state;
	((struct network *)test_network("lan"))->max_per_user = 1;
	clients[0] = client_with_yes(BOB);
	clients[1] = client_with_yes(ALICE);
	clients[2] = client_with_yes(ALICE);
	made_set(&made, 7);
	monitor_makes(&made);
	made_set(&made, 8);
	monitor_makes(&made);
	clerk_pass(20);
	assert_int_equal(leases_held(ALICE, test_network("lan")), 1);
	assert_int_equal(take(clients[2], &message, NULL), TB_ANS_OPEN);
	assert_int_equal(message.answer.status, TB_QUOTA_USER);
	assert_int_equal(message.answer.check, TB_CHECK_MAX_PER_USER);
	assert_int_equal(message.answer.held, 1);
	assert_int_equal(message.answer.limit, 1);
	/* Its yes is worth nothing any more. */
	assert_int_equal(take(others.monitor, &message, NULL), TB_VOID);
	for (int i = 0; i < 3; i++)
		close(clients[i]);
}

/* A refusal from here is told in time, though nothing else happens. */
static void test_refused_in_time(void **state)
{
	int client = client_ask(ALICE, &request);

	(void)state;
	((struct network *)test_network("lan"))->max = 0;
	clerk_run();
	assert_int_equal(take(others.authority, &message, NULL), TB_REQ_ASK);
	authority_say(message.question.ticket, TB_VERDICT_YES);
	loop_step(0);
	assert_int_equal(clerk_expire(), 20);
	clerk_pass(20);
	assert_int_equal(take(client, &message, NULL), TB_ANS_OPEN);
	assert_int_equal(message.answer.status, TB_QUOTA_NETWORK);
	assert_int_equal(message.answer.check, TB_CHECK_MAX);
	close(client);
}

static void test_busy_monitor(void **state)
{
	int client;

	(void)state;
	fails_send[channels.monitor] = true;
	client = client_with_yes(ALICE);
	assert_int_equal(clerk_expire(), 5);
	assert_int_equal(leases_count(), 0);
	fails_send[channels.monitor] = false;
	clerk_pass(5);
	assert_int_equal(refuse_order(), ALICE);
	close(client);
}

static void test_a_lease_begins(void **state)
{
	int client = client_with_yes(ALICE);
	struct tb_made made;
	struct lease *lease;

	(void)state;
	made_set(&made, 7);
	made.master = 3;
	made.stored = TB_STORED_NOT_YET;
	made.mac[5] = 9;
	monitor_makes(&made);
	lease = lease_by_ifindex(7);
	assert_non_null(lease);
	assert_ptr_equal(lease_by_id(made.lease), lease);
	assert_int_equal(lease->uid, ALICE);
	assert_int_equal(lease->pid, getpid());
	assert_int_equal(lease->master, 3);
	assert_int_equal(lease->mtu, 1500);
	assert_int_equal(lease->mac[5], 9);
	assert_int_equal(lease->state, LEASE_UNFETCHED);
	assert_true(TAILQ_EMPTY(requests_used()));
	/* Its holder may have changed it already, and it is not stored yet. */
	assert_int_equal(looker_count, 1);
	assert_int_equal(looker_jobs[0], 7);
	assert_int_equal(take(others.monitor, &message, &(int){-1}), TB_REQ_STORE);
	close(client);
}

/* What is there of a device that nobody got is deleted, and counts until it is. */
static void test_half_made(void **state)
{
	int client = client_with_yes(0);
	struct tb_delete order;
	struct tb_made made;
	int fd;

	(void)state;
	monitor_take_order(&fd);
	close(fd);
	made_set(&made, 7);
	made.status = TB_KERNEL;
	made.error = EPROTO;
	made.there = 1;
	monitor_say_made(&made);
	clerk_run();
	order = reaper_takes();
	assert_memory_equal(order.lease, made.lease, TB_ID_SIZE);
	assert_int_equal(order.place, network_shielded(test_network("lan")) ? TB_PLACE_SHIELD : TB_PLACE_HERE);
	assert_int_equal(order.ifindex, order.place == TB_PLACE_SHIELD ? 0 : 7);
	assert_int_equal(take(client, &message, NULL), TB_ANS_OPEN);
	assert_int_equal(message.answer.status, TB_KERNEL);
	clerk_pass(TURN_MS);
	assert_int_equal(leases_count(), 1);
	reaper_say(&order, 0);
	clerk_run();
	assert_int_equal(leases_count(), 0);
	close(client);
}

static void test_refusals(void **state)
{
	static const struct {
		enum tb_status made;
		enum tb_order_check why;
		enum tb_status told;
		enum tb_check check;
		enum tb_check lower;
	} rows[] = {
		{TB_DENIED, TB_ORDER_NO_YES, TB_BUSY, TB_CHECK_POLKIT_TIMEOUT, TB_CHECK_NONE},
		{TB_DENIED, TB_ORDER_PEER_GONE, TB_DENIED, TB_CHECK_PEER_GONE, TB_CHECK_NONE},
		{TB_NOT_OWN_NETNS, TB_ORDER_NETNS, TB_NOT_OWN_NETNS, TB_CHECK_NETNS, TB_CHECK_NONE},
		{TB_QUOTA_NETWORK, 0, TB_QUOTA_NETWORK, TB_CHECK_MAX, TB_CHECK_NONE},
		{TB_NAME_TAKEN, 0, TB_NAME_TAKEN, TB_CHECK_NONE, TB_CHECK_NONE},
		{TB_LOWER_MISSING, 0, TB_LOWER_MISSING, TB_CHECK_NONE, TB_CHECK_NONE},
		{TB_LOWER_MISSING, 0, TB_LOWER_MISSING, TB_CHECK_NO_VLAN, TB_CHECK_NO_VLAN},
		{TB_NODE_REFUSED, 0, TB_NODE_REFUSED, TB_CHECK_NONE, TB_CHECK_NONE},
		{TB_NO_VHOST, 0, TB_NO_VHOST, TB_CHECK_NONE, TB_CHECK_NONE},
		{TB_BUSY, 0, TB_BUSY, TB_CHECK_NONE, TB_CHECK_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int client = client_with_yes(0);
		struct tb_made made;
		int fd;

		monitor_take_order(&fd);
		close(fd);
		made_set(&made, 0);
		made.status = rows[i].made;
		made.check = rows[i].why;
		made.lower = rows[i].lower;
		monitor_say_made(&made);
		clerk_run();
		assert_int_equal(take(client, &message, NULL), TB_ANS_OPEN);
		assert_int_equal(message.answer.status, rows[i].told);
		assert_int_equal(message.answer.check, rows[i].check);
		close(client);
		/* It cost a turn, and counts until that is over. */
		assert_int_equal(leases_count(), 1);
		clerk_pass(TURN_MS);
		assert_int_equal(leases_count(), 0);
	}
}

/* A device that moves keeps everybody from the links for a while: the next one waits, others do not. */
static void test_moves_have_pauses(void **state)
{
	int clients[3];
	struct tb_made made;

	(void)state;
	strcpy(request.network, "pod");
	request.flags = TB_REQUEST_NETNS;
	clients[0] = client_with_yes(0);
	clients[1] = client_with_yes(0);
	made_set(&made, 7);
	monitor_makes(&made);
	assert_true(TAILQ_FIRST(leases_all())->away);
	assert_null(lease_by_ifindex(7));
	assert_true(nothing_for(others.monitor));
	request_set(&request, TB_REQ_OPEN);
	clients[2] = client_with_yes(0);
	refuse_order();
	assert_true(nothing_for(others.monitor));
	clerk_pass(50);
	refuse_order();
	for (int i = 0; i < 3; i++)
		close(clients[i]);
}

/* Who has waited for a name goes on when it is free, also if the lease before still counts. */
static void test_name_of_one_that_is_not_fetched(void **state)
{
	int first = client_opens(BOB, TB_LIFETIME_FD, 7);
	struct tb_delete order;
	int second;
	int fd;

	(void)state;
	lease_end(lease_by_ifindex(7), TB_REASON_REVOKED);
	strcpy(request.name, "vm7");
	second = client_with_yes(0);
	order = reaper_takes();
	reaper_say(&order, 0);
	clerk_run();
	assert_true(nothing_for(others.monitor));
	clerk_pass(TURN_MS);
	assert_int_equal(leases_held(BOB, test_network("lan")), 1);
	assert_string_equal(monitor_take_order(&fd).question.name, "vm7");
	close(fd);
	close(first);
	close(second);
}

static int client_ends(uint16_t type, uid_t uid, const uint8_t lease[TB_ID_SIZE])
{
	struct tb_request ends;

	request_set(&ends, type);
	memcpy(ends.lease, lease, TB_ID_SIZE);
	return client_ask(uid, &ends);
}

/* A client may have its device before the clerk hears of it. It asks for nothing in vain; others learn nothing. */
static void test_client_knows_first(void **state)
{
	struct tb_made made;
	int client = client_with_yes(ALICE);
	int own, others_client, list, fd;

	(void)state;
	monitor_take_order(&fd);
	close(fd);
	made_set(&made, 7);
	own = client_ends(TB_REQ_RELEASE, ALICE, made.lease);
	others_client = client_ends(TB_REQ_RELEASE, BOB, made.lease);
	request_set(&request, TB_REQ_LIST);
	list = client_ask(ALICE, &request);
	clerk_pass(30);
	assert_int_equal(take(others_client, &message, NULL), TB_ANS_RELEASE);
	assert_int_equal(message.done.status, TB_NO_LEASE);
	assert_int_equal(take(own, &message, NULL), 0);
	assert_int_equal(looker_count, 0);
	monitor_say_made(&made);
	clerk_run();
	assert_int_equal(reaper_takes().ifindex, 7);
	assert_true(looker_count > 0);
	close(client);
	close(own);
	close(others_client);
	close(list);
}

/* Has an order of Alice's under way, whose client has its answer and has hung up, while the clerk knows of nothing. */
static void order_outlives_its_client(void)
{
	struct tb_answer answer;
	int client = client_with_yes(ALICE);
	int fd;

	monitor_take_order(&fd);
	memset(&answer, 0, sizeof(answer));
	tb_header_set(&answer.header, TB_ANS_OPEN, sizeof(answer));
	assert_int_equal(tb_send(fd, &answer, sizeof(answer), NULL, 0), 0);
	close(fd);
	assert_int_equal(take(client, &message, NULL), TB_ANS_OPEN);
	close(client);
}

/* The name of a device that its client has already given back is free a moment later. */
static void test_name_of_one_under_way(void **state)
{
	struct tb_made made;
	int second;

	(void)state;
	strcpy(request.name, "vm7");
	order_outlives_its_client();
	second = client_ask(ALICE, &request);
	clerk_run();
	assert_true(nothing_for(others.authority));
	made_set(&made, 7);
	monitor_say_made(&made);
	clerk_run();
	authority_answers(TB_VERDICT_YES);
	assert_int_equal(reaper_takes().ifindex, 7);
	assert_true(nothing_for(others.monitor));
	close(second);
}

/* So is a name, and the last place of a network, for another user. He waits only when polkit has let him in: before
 * that he would learn of the order. */
static void test_another_waits_for_one_under_way(void **state)
{
	struct network *network = (struct network *)test_network("lan");
	uint32_t max = network->max;
	int second;

	(void)state;
	strcpy(request.name, "vm7");
	order_outlives_its_client();
	second = client_ask(BOB, &request);
	authority_answers(TB_VERDICT_YES);
	assert_int_equal(TAILQ_LAST(requests_used(), request_list)->state, REQUEST_ROOM);
	close(second);
	strcpy(request.name, "vm8");
	network->max = 1;
	second = client_ask(BOB, &request);
	authority_answers(TB_VERDICT_YES);
	assert_int_equal(TAILQ_LAST(requests_used(), request_list)->state, REQUEST_ROOM);
	network->max = max;
	close(second);
}

/* So does root, whom polkit is not asked about; and it is the last place of all where the table is full. */
static void test_root_waits_for_one_under_way(void **state)
{
	int second;

	(void)state;
	strcpy(request.name, "vm7");
	order_outlives_its_client();
	second = client_ask(0, &request);
	assert_int_equal(TAILQ_LAST(requests_used(), request_list)->state, REQUEST_ROOM);
	close(second);
	strcpy(request.name, "vm8");
	second = client_ask(0, &request);
	assert_int_equal(TAILQ_LAST(requests_used(), request_list)->state, REQUEST_READY);
	close(second);
	while (!leases_table_full_for(BOB))
		lease_begin_again(test_network("wan"), test_network("wan")->name, BOB + 1);
	second = client_ask(BOB, &request);
	authority_answers(TB_VERDICT_YES);
	assert_int_equal(TAILQ_LAST(requests_used(), request_list)->state, REQUEST_ROOM);
	close(second);
}

/* What is kept of a device that nobody got is dropped, when the supervisor takes it. */
static void test_drops_what_a_failed_order_has_stored(void **state)
{
	struct tb_made made;
	int client = client_with_yes(ALICE);
	int fd;

	(void)state;
	monitor_take_order(&fd);
	close(fd);
	made_set(&made, 7);
	made.status = TB_KERNEL;
	made.stored = TB_STORED_YES;
	monitor_say_made(&made);
	clerk_run();
	assert_int_equal(take(others.monitor, &message, NULL), TB_REQ_DROP);
	assert_memory_equal(message.store.lease, made.lease, TB_ID_SIZE);
	monitor_say_stored(TB_ANS_DROP, made.lease, EAGAIN);
	clerk_run();
	clerk_pass(50);
	assert_int_equal(take(others.monitor, &message, NULL), TB_REQ_DROP);
	close(client);
}

/* So is its address, where leases have some: whoever starts anew is to have the same one. */
static void test_address_of_one_under_way(void **state)
{
	struct network *network = (struct network *)test_network("lan");
	int second;

	(void)state;
	order_outlives_its_client();
	second = client_ask(ALICE, &request);
	authority_answers(TB_VERDICT_NO);
	clerk_run();
	close(second);
	network->own_bridge = true;
	second = client_ask(ALICE, &request);
	clerk_run();
	assert_true(nothing_for(others.authority));
	network->own_bridge = false;
	close(second);
}

/* Root may mean anybody's. */
static void test_root_knows_first(void **state)
{
	struct tb_made made;
	int client = client_with_yes(ALICE);
	int own, root, fd;

	(void)state;
	monitor_take_order(&fd);
	close(fd);
	made_set(&made, 7);
	/* What it asks of its own leases has nothing to do with alice's. */
	own = client_ends(TB_REQ_RELEASE, 0, made.lease);
	root = client_ends(TB_REQ_REVOKE, 0, made.lease);
	clerk_pass(30);
	assert_int_equal(take(own, &message, NULL), TB_ANS_RELEASE);
	assert_int_equal(take(root, &message, NULL), 0);
	monitor_say_made(&made);
	clerk_run();
	assert_int_equal(reaper_takes().ifindex, 7);
	close(client);
	close(own);
	close(root);
}

/* The monitor is trusted, but what it never says ends the broker. */
static void test_nonsense(void **state)
{
	struct tb_made made;
	int client;

	(void)state;
	made_set(&made, 7);
	assert_true(dies(order_made(&made)));
	client = client_with_yes(0);
	made.status = TB_STATUS_COUNT;
	assert_true(dies(order_made(&made)));
	made.status = TB_OK;
	memset(made.name, 'x', sizeof(made.name));
	assert_true(dies(order_made(&made)));
	close(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_ordered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_at_a_time_in_turn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_quota_of_those_that_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused_in_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_busy_monitor, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_lease_begins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_half_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_moves_have_pauses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_name_of_one_that_is_not_fetched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_client_knows_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_name_of_one_under_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_another_waits_for_one_under_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_root_waits_for_one_under_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_drops_what_a_failed_order_has_stored, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_address_of_one_under_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_root_knows_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nonsense, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
