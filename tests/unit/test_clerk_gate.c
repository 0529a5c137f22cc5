/* Unit test of the gate: which request is refused, asked about, let wait or let through. Nothing is sent here. */
#include "tests/unit/clerk.h"

#include "broker/clerk/request/again.h"
#include "broker/clerk/request/gate.h"

#include <cmocka.h>

static struct request request;
static struct lease_quota full;

static int set_up(void **state)
{
	(void)state;
	test_networks_set();
	test_lease_limits.per_user = 3;
	clerk_open();
	memset(&request, 0, sizeof(request));
	request.client = (struct client){.sock = -1,
					 .pidfd = -1,
					 .uid = ALICE,
					 .account = ALICE,
					 .gid = 1,
					 .pid = 2,
					 .start_time = 3};
	request_set(&request.message, TB_REQ_OPEN);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	clerk_close();
	return 0;
}

static enum passage_way way(void)
{
	return gate(&request).way;
}

/* polkit is asked about the network's default device, and says this; the answer opens nothing. */
static void default_is(enum tb_access access)
{
	request.answers = 0;
	assert_int_equal(way(), PASSAGE_ASK);
	assert_int_equal(request.question.action, TB_ACTION_WOULD_OPEN);
	assert_int_equal(request.question.flags & TB_REQUEST_INTERACTIVE, 0);
	request.answers = 1;
	request.access[0] = (uint8_t)access;
}

static void assert_refused(enum tb_status status, enum tb_check check)
{
	struct passage passage = gate(&request);

	assert_int_equal(passage.way, PASSAGE_REFUSED);
	assert_int_equal(passage.outcome.status, status);
	assert_int_equal(passage.outcome.check, check);
}

static struct lease *held_lease(uid_t uid, const char *network)
{
	struct lease *lease = lease_begin_again(test_network(network), test_network(network)->name, uid);

	lease_happens(lease, LEASE_ADOPTED);
	return lease;
}

static void test_two_keys(void **state)
{
	(void)state;
	assert_int_equal(way(), PASSAGE_ASK);
	request.authorized = true;
	assert_int_equal(way(), PASSAGE_OPEN);
	request.authorized = false;
	request.client.uid = 0;
	assert_int_equal(way(), PASSAGE_OPEN);
}

/* Everything that polkit is asked about, and the monitor ordered to do, is the request's or the network's. */
static void test_question(void **state)
{
	(void)state;
	request.message.flags = TB_REQUEST_INTERACTIVE | TB_REQUEST_BRIDGE;
	strcpy(request.message.name, "vm3");
	assert_int_equal(way(), PASSAGE_ASK);
	assert_int_equal(request.question.action, TB_ACTION_OPEN);
	assert_int_equal(request.question.uid, ALICE);
	assert_int_equal(request.question.pid, 2);
	assert_int_equal(request.question.start_time, 3);
	assert_int_equal(request.question.kind, TB_KIND_TAP);
	assert_int_equal(request.question.mtu, 1500);
	assert_int_equal(request.question.queues, 1);
	assert_int_equal(request.question.flags, TB_REQUEST_INTERACTIVE);
	assert_string_equal(request.question.network, "lan");
	assert_string_equal(request.question.name, "vm3");
	assert_string_equal(request.question.bridge, "br0");
}

/* What polkit said yes to does not change any more, whatever becomes of the request. */
static void test_question_stays(void **state)
{
	(void)state;
	assert_int_equal(way(), PASSAGE_ASK);
	memset(request.question.ticket, 9, TB_ID_SIZE);
	request.authorized = true;
	assert_int_equal(way(), PASSAGE_OPEN);
	assert_int_equal(request.question.ticket[0], 9);
}

static void test_nobody_in_particular(void **state)
{
	static const uid_t uids[] = {CLERK_UID, MONITOR_UID, AUTHORITY_UID, 65534};

	(void)state;
	request.authorized = true;
	for (size_t i = 0; i < sizeof(uids) / sizeof(uids[0]); i++) {
		request.client.uid = uids[i];
		assert_refused(TB_DENIED, TB_CHECK_UID);
	}
}

static void test_ceiling(void **state)
{
	(void)state;
	request.message.mtu = 1501;
	default_is(TB_ACCESS_NO);
	assert_refused(TB_DENIED, TB_CHECK_MTU);
	/* Root, and who has a yes of polkit's, is below it as well. */
	request.client.uid = 0;
	assert_refused(TB_DENIED, TB_CHECK_MTU);
	request.message.mtu = 0;
	strcpy(request.message.name, "eth0");
	assert_refused(TB_DENIED, TB_CHECK_NAME);
	strcpy(request.message.network, "nowhere");
	assert_refused(TB_DENIED, TB_CHECK_NETWORK);
}

/* Whatever forbids, there is one question to polkit before the refusal: about the network's default device. */
static void test_forbidden_is_asked_about_too(void **state)
{
	(void)state;
	request.message.mtu = 1501;
	request.message.flags = TB_REQUEST_INTERACTIVE | TB_REQUEST_VNET_HDR;
	strcpy(request.message.name, "eth0");
	default_is(TB_ACCESS_NO);
	assert_int_equal(request.question.mtu, 1500);
	assert_string_equal(request.question.name, "");
	assert_string_equal(request.question.bridge, "br0");
	assert_refused(TB_DENIED, TB_CHECK_NAME);
	strcpy(request.message.network, "nowhere");
	default_is(TB_ACCESS_NO);
	assert_string_equal(request.question.network, "nowhere");
	assert_string_equal(request.question.bridge, "");
	assert_refused(TB_DENIED, TB_CHECK_NETWORK);
}

/* Three questions, whatever there is; none to uid 0. */
static void test_explanation(void **state)
{
	static const char *const networks[] = {"lan", "nowhere"};
	static const uint32_t actions[] = {TB_ACTION_EXPLAIN, TB_ACTION_WOULD_OPEN, TB_ACTION_WOULD_OPEN};

	(void)state;
	request_set(&request.message, TB_REQ_EXPLAIN);
	request.message.mtu = 9000;
	request.message.flags = TB_REQUEST_INTERACTIVE;
	for (size_t i = 0; i < 2; i++) {
		strcpy(request.message.network, networks[i]);
		for (request.answers = 0; request.answers < 3; request.answers++) {
			assert_int_equal(way(), PASSAGE_ASK);
			assert_int_equal(request.question.action, actions[request.answers]);
			assert_string_equal(request.question.network, networks[i]);
		}
		assert_int_equal(request.question.mtu, 9000);
		assert_int_equal(way(), PASSAGE_OPEN);
	}
	assert_false(request_interactive(&request));
	request.answers = 0;
	request.client.uid = 0;
	assert_int_equal(way(), PASSAGE_OPEN);
	request.client.uid = 65534;
	assert_refused(TB_DENIED, TB_CHECK_UID);
}

static void test_by_bridge(void **state)
{
	(void)state;
	strcpy(request.message.network, "br0");
	default_is(TB_ACCESS_NO);
	assert_refused(TB_DENIED, TB_CHECK_NETWORK);
	request.message.flags = TB_REQUEST_BRIDGE;
	assert_int_equal(way(), PASSAGE_ASK);
	assert_ptr_equal(request.network, test_network("lan"));
}

static void test_user_full(void **state)
{
	struct passage passage;

	(void)state;
	for (int i = 0; i < 3; i++)
		held_lease(ALICE, "wan");
	passage = gate(&request);
	assert_int_equal(passage.way, PASSAGE_REFUSED);
	assert_int_equal(passage.outcome.status, TB_QUOTA_USER);
	assert_int_equal(passage.outcome.check, TB_CHECK_MAX_LEASES_PER_USER);
	assert_int_equal(passage.outcome.quota, TB_QUOTA_OF_BROKER);
	assert_int_equal(passage.outcome.held, 3);
	assert_int_equal(passage.outcome.limit, 3);
	request.client.uid = BOB;
	request.client.account = BOB;
	assert_int_equal(way(), PASSAGE_ASK);
}

static void test_user_full_of_this_network(void **state)
{
	(void)state;
	((struct network *)test_network("lan"))->max_per_user = 1;
	held_lease(ALICE, "lan");
	assert_refused(TB_QUOTA_USER, TB_CHECK_MAX_PER_USER);
	strcpy(request.message.network, "wan");
	assert_int_equal(way(), PASSAGE_ASK);
}

/* A device that is being deleted makes room in a moment. One whose answer is unread does not. */
static void test_room_soon(void **state)
{
	struct lease *lease = held_lease(ALICE, "lan");

	(void)state;
	((struct network *)test_network("lan"))->max_per_user = 1;
	lease_happens(lease, LEASE_END);
	assert_int_equal(way(), PASSAGE_ROOM);
	lease_deleted(lease, 0);
	assert_int_equal(way(), PASSAGE_ROOM);
	lease->lifeline = 0;
	test_now += TURN_MS;
	turns_expire();
	assert_int_equal(lease->state, LEASE_UNCLAIMED);
	assert_refused(TB_QUOTA_USER, TB_CHECK_MAX_PER_USER);
	lease->lifeline = -1;
	lease_happens(lease, LEASE_LEFT);
	assert_int_equal(way(), PASSAGE_ASK);
}

/* So it does where the network, or the broker, is full: whoever had it. He who may not have one learns nothing. */
static void test_place_soon(void **state)
{
	struct lease *lease = held_lease(BOB, "lan");

	(void)state;
	((struct network *)test_network("lan"))->max = 1;
	assert_int_equal(way(), PASSAGE_ASK);
	request.authorized = true;
	assert_int_equal(way(), PASSAGE_OPEN);
	lease_happens(lease, LEASE_END);
	assert_int_equal(way(), PASSAGE_ROOM);
	request.authorized = false;
	assert_int_equal(way(), PASSAGE_ASK);
	request.authorized = true;
	((struct network *)test_network("lan"))->max = 2;
	assert_int_equal(way(), PASSAGE_OPEN);
	((struct network *)test_network("lan"))->max = 1000;
	for (uid_t uid = 5000; lease_begin(test_network("lan"), uid, &full) != NULL; uid++)
		;
	assert_int_equal(way(), PASSAGE_ROOM);
}

/* A client that has hung up holds nothing, though the loop has not said so yet. */
static void test_hang_up_makes_room(void **state)
{
	struct lease *lease = lease_begin(test_network("lan"), ALICE, &full);
	int own;
	int client = client_socket(ALICE, &own);

	(void)state;
	((struct network *)test_network("lan"))->max_per_user = 1;
	lease_keep(lease, own, -1);
	assert_refused(TB_QUOTA_USER, TB_CHECK_MAX_PER_USER);
	close(client);
	assert_int_equal(way(), PASSAGE_ROOM);
}

/* So does one whose device is gone with its last fd. */
static void test_device_gone_makes_room(void **state)
{
	static const struct test_news gone = {.gone = 7};
	static const char name[TB_NAME_SIZE] = "vpn0";
	struct lease *lease = held_lease(ALICE, "lan");

	(void)state;
	((struct network *)test_network("lan"))->max_per_user = 1;
	lease_set_device(lease, name, 7);
	assert_refused(TB_QUOTA_USER, TB_CHECK_MAX_PER_USER);
	kernel_say(&gone);
	assert_int_equal(way(), PASSAGE_ROOM);
}

/* So does any lease where the table is full. */
static void test_hang_up_makes_a_place(void **state)
{
	struct lease *lease = lease_begin(test_network("wan"), BOB, &full);
	int own;
	int client = client_socket(BOB, &own);

	(void)state;
	lease_keep(lease, own, -1);
	((struct network *)test_network("lan"))->max = 1000;
	for (uid_t uid = 5000; lease_begin(test_network("lan"), uid, &full) != NULL; uid++)
		;
	assert_int_equal(way(), PASSAGE_ASK);
	request.authorized = true;
	assert_int_equal(way(), PASSAGE_OPEN);
	close(client);
	assert_int_equal(way(), PASSAGE_ROOM);
}

/* To look takes its time, so nobody does where it changes nothing. */
static void test_does_not_look_in_vain(void **state)
{
	static const struct test_news gone = {.gone = 7};
	static const char name[TB_NAME_SIZE] = "vpn0";
	struct lease *lease = held_lease(ALICE, "lan");

	(void)state;
	lease_set_device(lease, name, 7);
	assert_int_equal(way(), PASSAGE_ASK);
	kernel_say(&gone);
	request.authorized = true;
	assert_int_equal(way(), PASSAGE_OPEN);
	assert_ptr_equal(lease_by_ifindex(7), lease);
	strcpy(request.message.name, "vpn1");
	assert_int_equal(way(), PASSAGE_OPEN);
	assert_null(lease_by_ifindex(7));
}

static void test_name_free_soon(void **state)
{
	struct lease *lease = held_lease(BOB, "lan");
	static const char vm0[TB_NAME_SIZE] = "vm0";

	(void)state;
	lease_set_device(lease, vm0, 7);
	lease_happens(lease, LEASE_END);
	strcpy(request.message.name, "vm0");
	/* Only to whom polkit said yes. */
	assert_int_equal(way(), PASSAGE_ASK);
	request.authorized = true;
	assert_int_equal(way(), PASSAGE_ROOM);
	strcpy(request.message.name, "vm1");
	assert_int_equal(way(), PASSAGE_OPEN);
}

/* So does a name of its own, whatever else it may have. */
static void test_hang_up_frees_a_name(void **state)
{
	static const char vm0[TB_NAME_SIZE] = "vm0";
	struct lease *lease = lease_begin(test_network("lan"), ALICE, &full);
	int own;
	int client = client_socket(ALICE, &own);

	(void)state;
	((struct network *)test_network("lan"))->max_per_user = 4;
	lease_set_device(lease, vm0, 7);
	lease_keep(lease, own, -1);
	strcpy(request.message.name, "vm0");
	assert_int_equal(way(), PASSAGE_ASK);
	request.authorized = true;
	assert_int_equal(way(), PASSAGE_OPEN);
	close(client);
	assert_int_equal(way(), PASSAGE_ROOM);
}

static void test_own_lists_and_networks(void **state)
{
	static const enum tb_type types[] = {TB_REQ_LIST, TB_REQ_WATCH, TB_REQ_ABOUT, TB_REQ_RELEASE};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		request_set(&request.message, types[i]);
		assert_int_equal(way(), PASSAGE_OPEN);
	}
}

/* One question for each network that others see, and one more; none for uid 0. */
static void test_networks_are_asked_about(void **state)
{
	(void)state;
	((struct network *)test_network("phys"))->listed = false;
	((struct network *)test_network("pod"))->off = true;
	request_set(&request.message, TB_REQ_NETWORKS);
	assert_int_equal(way(), PASSAGE_ASK);
	assert_int_equal(request.question.action, TB_ACTION_EXPLAIN);
	request.answers = 1;
	assert_int_equal(way(), PASSAGE_ASK);
	assert_int_equal(request.question.action, TB_ACTION_WOULD_OPEN);
	assert_string_equal(request.question.network, "lan");
	request.answers = 2;
	assert_int_equal(way(), PASSAGE_ASK);
	assert_string_equal(request.question.network, "wan");
	request.answers = 3;
	assert_int_equal(way(), PASSAGE_OPEN);
	request.answers = 0;
	request.client.uid = 0;
	assert_int_equal(way(), PASSAGE_OPEN);
}

static void test_leases_of_others(void **state)
{
	(void)state;
	request_set(&request.message, TB_REQ_LIST);
	request.message.flags = TB_REQUEST_ALL;
	assert_int_equal(way(), PASSAGE_ASK);
	assert_int_equal(request.question.action, TB_ACTION_LIST_ALL);
	request.authorized = true;
	assert_int_equal(way(), PASSAGE_OPEN);
}

static void test_revoke(void **state)
{
	static const uint8_t id[TB_ID_SIZE] = {5};
	struct lease *lease = held_lease(BOB, "lan");

	(void)state;
	lease_set_id(lease, id);
	request_set(&request.message, TB_REQ_REVOKE);
	memcpy(request.message.lease, id, TB_ID_SIZE);
	assert_int_equal(way(), PASSAGE_ASK);
	assert_int_equal(request.question.action, TB_ACTION_REVOKE);
	assert_int_equal(request.question.owner, BOB);
	assert_string_equal(request.question.network, "lan");
	request.authorized = true;
	assert_int_equal(way(), PASSAGE_OPEN);
	/* Whether there is such a lease is told only to whom polkit would let end it. */
	request.message.lease[0] = 6;
	assert_refused(TB_NO_LEASE, TB_CHECK_LEASE);
	request.authorized = false;
	assert_refused(TB_DENIED, TB_CHECK_LEASE);
}

/* A device that is opened by its name is given again where it is, and nowhere else. */
static void test_again(void **state)
{
	static const uint8_t id[TB_ID_SIZE] = {1};
	static const char name[TB_NAME_SIZE] = "vm7";
	struct lease *lease = held_lease(ALICE, "lan");

	(void)state;
	lease->lifetime = TB_LIFETIME_NAMED;
	lease_set_id(lease, id);
	lease_set_device(lease, name, 7);
	strcpy(request.message.name, "vm7");
	request.message.lifetime = TB_LIFETIME_NAMED;
	assert_ptr_equal(again_lease(&request), lease);
	request.message.lifetime = TB_LIFETIME_PERSISTENT;
	assert_null(again_lease(&request));
	request.message.lifetime = TB_LIFETIME_NAMED;
	lease->away = true;
	assert_null(again_lease(&request));
	lease->away = false;
	request.client.uid = BOB;
	assert_null(again_lease(&request));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_two_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_question, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_question_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nobody_in_particular, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ceiling, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_forbidden_is_asked_about_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_explanation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_by_bridge, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_user_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_user_full_of_this_network, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_room_soon, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_place_soon, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hang_up_makes_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_device_gone_makes_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hang_up_makes_a_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_does_not_look_in_vain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_name_free_soon, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hang_up_frees_a_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_own_lists_and_networks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_networks_are_asked_about, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_leases_of_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_revoke, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
