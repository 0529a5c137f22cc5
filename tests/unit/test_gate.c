/* Unit test of the two keys: broker/monitor/gate.c. */
#include "broker/monitor/gate.h"
#include "proto/name.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define USER 2001

static struct monitor monitor;
static struct request request;
static int far_end; /* the client's */

/* One network, "lan", that allows as little as it can; a request of USER's for it that is within the ceiling. */
static int set_up(void **state)
{
	struct network *lan = &monitor.networks.networks[0];
	int pair[2];

	(void)state;
	memset(&monitor, 0, sizeof(monitor));
	memset(&request, 0, sizeof(request));
	monitor.uids = (struct own_uids){.monitor = 901, .listener = 902, .authority = 903};
	monitor.networks.count = 1;
	strcpy(lan->name, "lan");
	lan->kind = TB_KIND_TAP;
	strcpy(lan->names[0], "vm*");
	lan->names_count = 1;
	lan->mtu = 1500;
	lan->queues = 2;
	lan->lifetimes = 1u << TB_LIFETIME_SESSION;
	lan->netns = 1u << NETNS_HOST;
	lan->max_per_user = 2;
	lan->max = 3;
	assert_int_equal(leases_init(&monitor.leases, &monitor.networks, 8, 4), 0);

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	request.peer.sock = pair[0];
	monitor.workshop.link.fd = pair[1];
	far_end = pair[1];
	request.peer.pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	request.peer.uid = USER;
	request.peer.pid = getpid();
	tb_field_set(request.message.network, TB_NETWORK_SIZE, "lan");
	request.message.header.type = TB_REQ_OPEN;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	peer_close(&request.peer);
	if (far_end >= 0)
		close(far_end);
	leases_destroy(&monitor.leases);
	return 0;
}

static void assert_refused(enum tb_status status, const char *reason)
{
	struct passage passage = gate(&monitor, &request);

	assert_int_equal(passage.way, PASSAGE_REFUSED);
	assert_int_equal(passage.outcome.status, status);
	assert_string_equal(passage.reason, reason);
}

static void assert_way(enum passage_way way)
{
	assert_int_equal(gate(&monitor, &request).way, way);
}

/* Gives the user so many devices of the network. */
static void hold(uid_t uid, int count)
{
	static const uint8_t id[TB_ID_SIZE];

	while (count-- > 0)
		lease_begin(&monitor.leases, &monitor.networks.networks[0], uid, id);
}

static void test_second_key_is_needed(void **state)
{
	(void)state;
	assert_way(PASSAGE_ASK);
	request.authorized = true;
	assert_way(PASSAGE_OPEN);
}

static void test_root_needs_no_polkit(void **state)
{
	(void)state;
	request.peer.uid = 0;
	assert_way(PASSAGE_OPEN);
}

static void test_root_is_below_the_ceiling(void **state)
{
	(void)state;
	request.peer.uid = 0;
	request.message.mtu = 1501;
	assert_refused(TB_DENIED, "ceiling-mtu");
}

static void test_unknown_network(void **state)
{
	(void)state;
	tb_field_set(request.message.network, TB_NETWORK_SIZE, "wan");
	assert_refused(TB_DENIED, "no-network");
}

/* polkit's yes moves no ceiling: every row is refused before and after it. */
static void test_ceiling(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct tb_request within = request.message;

		request.authorized = i == 1;
		request.message.kind = TB_KIND_TUN;
		assert_refused(TB_DENIED, "ceiling-kind");
		request.message = within;
		tb_field_set(request.message.name, TB_NAME_SIZE, "eth0");
		assert_refused(TB_DENIED, "ceiling-name");
		request.message = within;
		request.message.mtu = 1501;
		assert_refused(TB_DENIED, "ceiling-mtu");
		request.message = within;
		request.message.queues = 3;
		assert_refused(TB_DENIED, "ceiling-queues");
		request.message = within;
		request.message.flags = TB_REQUEST_VNET_HDR;
		assert_refused(TB_DENIED, "ceiling-vnet-hdr");
		monitor.networks.networks[0].vnet_hdr = true;
		request.message.flags = TB_REQUEST_VNET_HDR | TB_REQUEST_VHOST;
		assert_refused(TB_DENIED, "ceiling-vhost");
		monitor.networks.networks[0].vnet_hdr = false;
		request.message = within;
	}
}

static void test_up_to_the_ceiling(void **state)
{
	(void)state;
	monitor.networks.networks[0].vnet_hdr = true;
	monitor.networks.networks[0].vhost = true;
	request.message.kind = TB_KIND_TAP;
	tb_field_set(request.message.name, TB_NAME_SIZE, "vm7");
	request.message.mtu = 1500;
	request.message.queues = 2;
	request.message.flags = TB_REQUEST_VNET_HDR | TB_REQUEST_VHOST;
	assert_way(PASSAGE_ASK);
}

/* Gives the request a socket of another network namespace, whose owner is root like that of this one's. */
static bool move_client(void)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int pair[2];

	if (here < 0 || unshare(CLONE_NEWNET) < 0) {
		puts("# no rights to make a network namespace");
		return false;
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(setns(here, CLONE_NEWNET), 0);
	close(here);
	close(request.peer.sock);
	close(far_end);
	request.peer.sock = pair[0];
	far_end = pair[1];
	monitor.workshop.link.fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	return true;
}

/* Whether the network exists must not be told by where the refusal comes from. */
static void test_own_netns_of_the_broker(void **state)
{
	(void)state;
	request.message.flags = TB_REQUEST_NETNS;
	for (int i = 0; i < 2; i++) {
		request.authorized = i == 1;
		request.peer.uid = i == 0 ? USER : 0;
		assert_refused(TB_NOT_OWN_NETNS, "netns");
	}
	tb_field_set(request.message.network, TB_NETWORK_SIZE, "wan");
	assert_refused(TB_NOT_OWN_NETNS, "netns");
}

static void test_netns_of_another_user(void **state)
{
	(void)state;
	if (!move_client())
		return;
	request.message.flags = TB_REQUEST_NETNS;
	monitor.networks.networks[0].netns = 1u << NETNS_CALLER;
	assert_refused(TB_NOT_OWN_NETNS, "netns");
	request.peer.uid = 0;
	assert_way(PASSAGE_OPEN);
	close(monitor.workshop.link.fd);
}

static void test_ceiling_on_netns(void **state)
{
	struct network *lan = &monitor.networks.networks[0];

	(void)state;
	lan->netns = 1u << NETNS_CALLER;
	assert_refused(TB_DENIED, "ceiling-netns");
	if (!move_client())
		return;
	request.peer.uid = 0;
	request.message.flags = TB_REQUEST_NETNS;
	lan->lifetimes |= 1u << TB_LIFETIME_FD;
	assert_way(PASSAGE_OPEN);
	request.message.lifetime = TB_LIFETIME_FD;
	assert_refused(TB_DENIED, "ceiling-lifetime");
	request.message.lifetime = TB_LIFETIME_SESSION;
	lan->netns = 1u << NETNS_HOST;
	assert_refused(TB_DENIED, "ceiling-netns");
	close(monitor.workshop.link.fd);
}

static void test_own_uids_and_overflow(void **state)
{
	static const uid_t refused[] = {901, 902, 903, OVERFLOW_UID};

	(void)state;
	request.authorized = true;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		request.peer.uid = refused[i];
		assert_refused(TB_DENIED, "uid");
	}
}

static void test_high_uids_are_nothing_special(void **state)
{
	(void)state;
	request.peer.uid = 0x80000000u;
	assert_way(PASSAGE_ASK);
	request.peer.uid = 0xfffffffeu;
	assert_way(PASSAGE_ASK);
}

static void test_user_quota_tells_what_is_held(void **state)
{
	struct passage passage;

	(void)state;
	hold(USER, 2);
	passage = gate(&monitor, &request);
	assert_int_equal(passage.way, PASSAGE_REFUSED);
	assert_int_equal(passage.outcome.status, TB_QUOTA_USER);
	assert_int_equal(passage.outcome.held, 2);
	assert_int_equal(passage.outcome.limit, 2);
}

/* The quota over all networks must not tell whether the network that was asked for exists. */
static void test_whole_quota_is_the_same_for_every_network(void **state)
{
	(void)state;
	monitor.networks.networks[0].max_per_user = 8;
	hold(USER, 4);
	assert_refused(TB_QUOTA_USER, "quota-user");
	tb_field_set(request.message.network, TB_NETWORK_SIZE, "wan");
	assert_refused(TB_QUOTA_USER, "quota-user");
}

/* That others have used a network up is told only to who may use it. */
static void test_network_quota_comes_after_the_second_key(void **state)
{
	(void)state;
	hold(USER + 1, 2);
	hold(USER + 2, 1);
	assert_way(PASSAGE_ASK);
	request.authorized = true;
	assert_refused(TB_QUOTA_NETWORK, "quota-network");
}

static void test_client_that_hung_up(void **state)
{
	(void)state;
	request.authorized = true;
	close(far_end);
	far_end = -1;
	assert_refused(TB_DENIED, "peer-gone");
}

static void test_client_that_says_more(void **state)
{
	(void)state;
	request.authorized = true;
	assert_int_equal(send(far_end, "x", 1, 0), 1);
	assert_refused(TB_DENIED, "peer-gone");
}

static void test_client_that_died(void **state)
{
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(0);
	close(request.peer.pidfd);
	request.peer.pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	request.authorized = true;
	assert_refused(TB_DENIED, "peer-gone");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(test_second_key_is_needed),
		TEST(test_root_needs_no_polkit),
		TEST(test_root_is_below_the_ceiling),
		TEST(test_unknown_network),
		TEST(test_ceiling),
		TEST(test_up_to_the_ceiling),
		TEST(test_own_netns_of_the_broker),
		TEST(test_netns_of_another_user),
		TEST(test_ceiling_on_netns),
		TEST(test_own_uids_and_overflow),
		TEST(test_high_uids_are_nothing_special),
		TEST(test_user_quota_tells_what_is_held),
		TEST(test_whole_quota_is_the_same_for_every_network),
		TEST(test_network_quota_comes_after_the_second_key),
		TEST(test_client_that_hung_up),
		TEST(test_client_that_says_more),
		TEST(test_client_that_died),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
