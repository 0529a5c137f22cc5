/* Unit test of lists and watches: who sees what, and when. */
#include "tests/unit/clerk.h"

#include "broker/clerk/request/watch.h"

#include <cmocka.h>

static struct tb_request request;
static union test_message message;

static int set_up(void **state)
{
	(void)state;
	test_networks_set();
	test_lease_limits.leases = 300;
	test_lease_limits.per_user = 300;
	clerk_open();
	request_set(&request, TB_REQ_LIST);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	clerk_close();
	return 0;
}

static struct lease *held_lease(uid_t uid, uint32_t ifindex)
{
	struct lease *lease = lease_begin_again(test_network("lan"), test_network("lan")->name, uid);
	char name[TB_NAME_SIZE] = "";

	assert_non_null(lease);
	snprintf(name, sizeof(name), "vm%u", ifindex);
	lease_set_device(lease, name, ifindex);
	lease_happens(lease, LEASE_ADOPTED);
	return lease;
}

/* The looker looks at all devices, which are as they were made. */
static void look(void)
{
	clerk_run();
	assert_int_equal(looker_count, 1);
	assert_int_equal(looker_jobs[0], 0);
	looker_count = 0;
	for (struct lease *lease = TAILQ_FIRST(leases_all()); lease != NULL; lease = TAILQ_NEXT(lease, link))
		lease->sights[SIDE_HERE].looked_at = 1000;
	looker_tells->finished();
	looker_count = 0;
	clerk_run();
}

static uint32_t count_entries(int client)
{
	uint32_t count = 0;

	while (take(client, &message, NULL) == TB_ANS_LEASE) {
		assert_int_equal(message.lease.status, TB_OK);
		count++;
		clerk_run();
	}
	return count;
}

static void test_own_leases(void **state)
{
	int client;

	(void)state;
	held_lease(ALICE, 7);
	held_lease(BOB, 8);
	lease_happens(held_lease(ALICE, 9), LEASE_END);
	client = client_ask(ALICE, &request);
	assert_int_equal(take(client, &message, NULL), 0);
	look();
	assert_int_equal(take(client, &message, NULL), TB_ANS_LEASE);
	assert_int_equal(message.lease.count, 1);
	assert_int_equal(message.lease.left, 0);
	assert_int_equal(message.lease.ifindex, 7);
	assert_string_equal(message.lease.name, "vm7");
	assert_string_equal(message.lease.network, "lan");
	assert_int_equal(take(client, &message, NULL), -1);
	close(client);
}

static void test_none(void **state)
{
	int client = client_ask(ALICE, &request);

	(void)state;
	look();
	assert_int_equal(take(client, &message, NULL), TB_ANS_LEASE);
	assert_int_equal(message.lease.count, 0);
	assert_int_equal(take(client, &message, NULL), -1);
	close(client);
}

static void test_all_with_the_second_key(void **state)
{
	int client;

	(void)state;
	held_lease(ALICE, 7);
	held_lease(BOB, 8);
	request.flags = TB_REQUEST_ALL;
	client = client_ask(ALICE, &request);
	assert_int_equal(authority_answers(TB_VERDICT_YES).action, TB_ACTION_LIST_ALL);
	look();
	assert_int_equal(count_entries(client), 2);
	/* No order spends this yes, and the monitor has none. */
	assert_true(nothing_for(others.monitor));
	close(client);
}

/* A list needs a look that began after it was asked for; all that wait share the next. */
static void test_looks_are_shared(void **state)
{
	int first = client_ask(ALICE, &request);
	int second;
	int third;

	(void)state;
	held_lease(ALICE, 7);
	clerk_run();
	second = client_ask(ALICE, &request);
	third = client_ask(ALICE, &request);
	look();
	assert_int_equal(count_entries(first), 1);
	assert_int_equal(take(second, &message, NULL), 0);
	clerk_pass(20);
	look();
	assert_int_equal(count_entries(second), 1);
	assert_int_equal(count_entries(third), 1);
	close(first);
	close(second);
	close(third);
}

/* Of one user one long list at a time, as fast as its client reads; a client that takes too long makes room. */
static void test_long_lists(void **state)
{
	int lazy;
	int next;

	(void)state;
	for (uint32_t i = 0; i < 300; i++)
		held_lease(ALICE, 10 + i);
	lazy = client_ask(ALICE, &request);
	next = client_ask(ALICE, &request);
	clerk_run();
	look();
	assert_int_equal(take(next, &message, NULL), 0);
	clerk_pass(9999);
	assert_int_equal(take(next, &message, NULL), 0);
	assert_true(requests_waiting(ALICE) == 2);
	clerk_pass(1);
	assert_int_equal(count_entries(next), 300);
	assert_true(count_entries(lazy) < 300);
	close(lazy);
	close(next);
}

static int ask_for_all(uid_t uid)
{
	int client;

	request.flags = TB_REQUEST_ALL;
	client = client_ask(uid, &request);
	if (uid != 0)
		authority_answers(TB_VERDICT_YES);
	return client;
}

/* A client that does not read keeps nobody else from a long list; nor do as many users as there are places. */
static void test_long_lists_of_many_users(void **state)
{
	int lazy[STREAMS_MAX];
	int client;

	(void)state;
	for (uint32_t i = 0; i < 300; i++)
		held_lease(ALICE, 10 + i);
	for (uint32_t i = 0; i + 1 < STREAMS_MAX; i++)
		lazy[i] = ask_for_all(BOB + i);
	look();
	client = ask_for_all(0);
	clerk_pass(20);
	look();
	assert_int_equal(count_entries(client), 300);
	close(client);
	lazy[STREAMS_MAX - 1] = ask_for_all(BOB + STREAMS_MAX);
	clerk_pass(20);
	look();
	/* One of them reads, and its list goes on. */
	clerk_pass(900);
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(take(lazy[0], &message, NULL), TB_ANS_LEASE);
	client = ask_for_all(0);
	clerk_pass(20);
	look();
	assert_int_equal(take(client, &message, NULL), 0);
	clerk_pass(100);
	clerk_run();
	assert_int_equal(count_entries(client), 300);
	assert_int_equal(count_entries(lazy[0]), 290);
	assert_true(count_entries(lazy[1]) < 300);
	close(client);
	for (uint32_t i = 0; i < STREAMS_MAX; i++)
		close(lazy[i]);
}

static void test_hangs_up_while_it_waits(void **state)
{
	int client = client_ask(ALICE, &request);

	(void)state;
	close(client);
	clerk_run();
	assert_true(TAILQ_EMPTY(requests_used()));
}

static void test_cannot_be_watched(void **state)
{
	static const enum tb_type types[] = {TB_REQ_LIST, TB_REQ_WATCH};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int client;

		request_set(&request, types[i]);
		fails_watch = true;
		client = client_ask(0, &request);
		fails_watch = false;
		assert_int_equal(take(client, &message, NULL), types[i] + 1);
		assert_int_equal(message.done.status, TB_BUSY);
		assert_int_equal(take(client, &message, NULL), -1);
		close(client);
	}
}

static void publish_port(struct network *network)
{
	struct network_publish *publish = &network->publish[network->publish_count++];

	*publish = (struct network_publish){.udp = true,
					    .families = NETWORK_IPV4,
					    .port = 53,
					    .count = 1,
					    .guest_port = 5353};
	strcpy(network->names[0], "web");
	network->names_count = 1;
	strcpy(publish->name, "web");
	network->guest.told = (struct tb_guest){.ipv4 = {10, 7, 7, 0}, .ipv4_prefix = 24};
}

/* It stands behind the network, and leads to the address that is the name's own. */
static void expect_published_port(void)
{
	struct tb_published published;

	assert_int_equal(message.network.published, 1);
	assert_int_equal(message.network.header.size, sizeof(message.network) + sizeof(published));
	memcpy(&published, (const char *)&message.network + sizeof(message.network), sizeof(published));
	assert_int_equal(published.protocol, TB_PROTOCOL_UDP);
	assert_int_equal(published.port, 53);
	assert_int_equal(published.guest_port, 5353);
	assert_int_equal(published.host_family, 0);
	assert_memory_equal(published.guest_ipv4, ((const uint8_t[]){10, 7, 7}), 3);
	assert_string_equal(published.guest_name, "web");
}

/* Only networks that polkit would let in to; perhaps after a password. */
static void test_list_of_networks(void **state)
{
	static const enum tb_verdict_word words[] = {TB_VERDICT_NO, TB_VERDICT_YES, TB_VERDICT_NO,
						     TB_VERDICT_CHALLENGE};
	int client;

	(void)state;
	held_lease(ALICE, 7);
	((struct network *)test_network("phys"))->listed = false;
	((struct network *)test_network("lan"))->vnet_hdr = true;
	publish_port((struct network *)test_network("wan"));
	request_set(&request, TB_REQ_NETWORKS);
	client = client_ask(ALICE, &request);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		authority_answers(words[i]);
	assert_int_equal(take(client, &message, NULL), TB_ANS_NETWORK);
	assert_int_equal(message.network.count, 2);
	assert_int_equal(message.network.left, 1);
	assert_string_equal(message.network.network, "lan");
	assert_string_equal(message.network.lower, "br0");
	assert_int_equal(message.network.published, 0);
	assert_int_equal(message.network.header.size, sizeof(message.network));
	assert_int_equal(message.network.held, 1);
	assert_int_equal(message.network.max, 0);
	assert_int_equal(message.network.flags, TB_REQUEST_VNET_HDR);
	assert_int_equal(message.network.access, TB_ACCESS_YES);
	assert_int_equal(take(client, &message, NULL), TB_ANS_NETWORK);
	assert_string_equal(message.network.network, "wan");
	assert_int_equal(message.network.access, TB_ACCESS_PASSWORD);
	expect_published_port();
	assert_int_equal(take(client, &message, NULL), -1);
	close(client);
}

/* Each says what is its own alone, and nothing of the one before it. */
static void test_list_of_published_ports(void **state)
{
	static const uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 2};
	static const uint8_t none[16];
	struct network *lan = (struct network *)test_network("lan");
	struct tb_published published;
	int client;

	(void)state;
	publish_port(lan);
	lan->publish[0].families = NETWORK_IPV6;
	lan->publish[0].one_address = true;
	memcpy(lan->publish[0].address, address, sizeof(address));
	lan->guest.told = (struct tb_guest){.ipv6 = {0xfd, [7] = 7}, .ipv6_prefix = 64};
	publish_port((struct network *)test_network("wan"));
	request_set(&request, TB_REQ_NETWORKS);
	client = client_ask(ALICE, &request);
	for (int i = 0; i < 5; i++)
		authority_answers(TB_VERDICT_YES);
	do
		assert_int_equal(take(client, &message, NULL), TB_ANS_NETWORK);
	while (strcmp(message.network.network, "lan") != 0);
	memcpy(&published, (const char *)&message.network + sizeof(message.network), sizeof(published));
	assert_int_equal(published.host_family, 6);
	assert_memory_equal(published.host_address, address, sizeof(address));
	assert_memory_equal(published.guest_ipv6, lan->guest.told.ipv6, 8);
	assert_memory_equal(published.guest_ipv4, none, sizeof(published.guest_ipv4));
	do
		assert_int_equal(take(client, &message, NULL), TB_ANS_NETWORK);
	while (strcmp(message.network.network, "wan") != 0);
	expect_published_port();
	memcpy(&published, (const char *)&message.network + sizeof(message.network), sizeof(published));
	assert_memory_equal(published.host_address, none, sizeof(published.host_address));
	assert_memory_equal(published.guest_ipv6, none, sizeof(published.guest_ipv6));
	close(client);
}

/* Who may know everything sees the others, too. */
static void test_list_of_all_networks(void **state)
{
	int client;

	(void)state;
	((struct network *)test_network("phys"))->listed = false;
	request_set(&request, TB_REQ_NETWORKS);
	client = client_ask(ALICE, &request);
	authority_answers(TB_VERDICT_YES);
	for (int i = 0; i < 3; i++)
		authority_answers(TB_VERDICT_NO);
	for (uint32_t left = 4; left-- > 0;) {
		assert_int_equal(take(client, &message, NULL), TB_ANS_NETWORK);
		assert_int_equal(message.network.count, 4);
		assert_int_equal(message.network.left, left);
		assert_int_equal(message.network.max, 100);
		assert_int_equal(message.network.access,
				 strcmp(message.network.network, "phys") == 0 ? TB_ACCESS_NONE : TB_ACCESS_NO);
	}
	close(client);
}

static void test_watch(void **state)
{
	struct lease *lease = held_lease(BOB, 7);
	int own;
	int all;
	int bobs;

	(void)state;
	request_set(&request, TB_REQ_WATCH);
	own = client_ask(ALICE, &request);
	bobs = client_ask(BOB, &request);
	request.flags = TB_REQUEST_ALL;
	all = client_ask(0, &request);
	assert_int_equal(take(own, &message, NULL), TB_ANS_EVENT);
	assert_int_equal(message.event.what, TB_EVENT_WATCHING);
	take(all, &message, NULL);
	take(bobs, &message, NULL);
	lease_end(lease, TB_REASON_REVOKED);
	assert_int_equal(take(own, &message, NULL), 0);
	assert_int_equal(take(bobs, &message, NULL), TB_ANS_EVENT);
	assert_int_equal(take(all, &message, NULL), TB_ANS_EVENT);
	assert_int_equal(message.event.what, TB_EVENT_ENDED);
	assert_int_equal(message.event.reason, TB_REASON_REVOKED);
	assert_int_equal(message.event.uid, BOB);
	close(own);
	close(all);
	close(bobs);
}

static void test_watchers_are_limited(void **state)
{
	int clients[WATCHERS_PER_USER + 1];

	(void)state;
	request_set(&request, TB_REQ_WATCH);
	for (int i = 0; i <= WATCHERS_PER_USER; i++)
		clients[i] = client_ask(ALICE, &request);
	clerk_pass(20);
	assert_int_equal(take(clients[WATCHERS_PER_USER], &message, NULL), TB_ANS_EVENT);
	assert_int_equal(message.event.status, TB_BUSY);
	assert_int_equal(message.event.check, TB_CHECK_WATCHES);
	for (int i = 0; i <= WATCHERS_PER_USER; i++) {
		if (i < WATCHERS_PER_USER) {
			assert_int_equal(take(clients[i], &message, NULL), TB_ANS_EVENT);
			assert_int_equal(message.event.status, TB_OK);
		}
		close(clients[i]);
	}
}

/* Of root's there are as many as there may be at all, and so many users leave some for it. */
static void test_root_may_watch(void **state)
{
	int users[WATCHERS_MAX];
	int roots[WATCHERS_RESERVED_FOR_ROOT];

	(void)state;
	request_set(&request, TB_REQ_WATCH);
	for (uid_t i = 0; i < WATCHERS_MAX; i++)
		users[i] = client_ask(BOB + i, &request);
	for (uid_t i = 0; i < WATCHERS_RESERVED_FOR_ROOT; i++) {
		roots[i] = client_ask(0, &request);
		assert_int_equal(take(roots[i], &message, NULL), TB_ANS_EVENT);
		assert_int_equal(message.event.status, TB_OK);
	}
	for (uid_t i = 0; i < WATCHERS_MAX; i++)
		close(users[i]);
	for (uid_t i = 0; i < WATCHERS_RESERVED_FOR_ROOT; i++)
		close(roots[i]);
}

/* The same of requests that wait, whatever they wait for. */
static void test_root_is_heard(void **state)
{
	int users[REQUESTS_MAX];
	int root;

	(void)state;
	held_lease(ALICE, 7);
	for (uid_t i = 0; i < REQUESTS_MAX; i++)
		users[i] = client_ask(BOB + i, &request);
	request.flags = TB_REQUEST_ALL;
	root = client_ask(0, &request);
	look();
	assert_int_equal(count_entries(root), 1);
	close(root);
	for (uid_t i = 0; i < REQUESTS_MAX; i++)
		close(users[i]);
}

/* A client that is too slow is told how many events it has lost. */
static void test_slow_watcher(void **state)
{
	int client;

	(void)state;
	request_set(&request, TB_REQ_WATCH);
	client = client_ask(ALICE, &request);
	fails_send[TAILQ_FIRST(requests_used())->client.sock] = true;
	lease_end(held_lease(ALICE, 7), TB_REASON_REVOKED);
	lease_end(held_lease(ALICE, 8), TB_REASON_REVOKED);
	fails_send[TAILQ_FIRST(requests_used())->client.sock] = false;
	lease_end(held_lease(ALICE, 9), TB_REASON_REVOKED);
	take(client, &message, NULL);
	assert_int_equal(take(client, &message, NULL), TB_ANS_EVENT);
	assert_int_equal(message.event.lost, 2);
	close(client);
}

/* An end is told when the device is gone; of a lease that is none any more nobody waits for the end. */
static void test_release(void **state)
{
	struct lease *lease = held_lease(ALICE, 7);
	static const uint8_t id[TB_ID_SIZE] = {7};
	struct tb_delete order;
	int client;

	(void)state;
	lease_set_id(lease, id);
	request_set(&request, TB_REQ_RELEASE);
	strcpy(request.name, "vm7");
	client = client_ask(ALICE, &request);
	order = reaper_takes();
	reaper_say(&order, 0);
	clerk_run();
	assert_int_equal(take(client, &message, NULL), 0);
	lease->lifeline = 0;
	clerk_pass(TURN_MS);
	assert_int_equal(take(client, &message, NULL), TB_ANS_RELEASE);
	assert_int_equal(message.done.status, TB_OK);
	close(client);
	assert_int_equal(lease->state, LEASE_UNCLAIMED);
	lease->lifeline = -1;
	request_set(&request, TB_REQ_RELEASE);
	memcpy(request.lease, id, TB_ID_SIZE);
	client = client_ask(ALICE, &request);
	clerk_pass(20);
	assert_int_equal(take(client, &message, NULL), TB_ANS_RELEASE);
	assert_int_equal(message.done.status, TB_NO_LEASE);
	close(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_own_leases, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_all_with_the_second_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_looks_are_shared, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_lists, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_lists_of_many_users, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hangs_up_while_it_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cannot_be_watched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_list_of_networks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_list_of_published_ports, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_list_of_all_networks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_watch, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_watchers_are_limited, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_root_may_watch, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_root_is_heard, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_slow_watcher, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_release, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
