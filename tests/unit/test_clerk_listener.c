/* Unit test of the listener: the meter, silence, root's slots, a backlog. A real listening socket and real
 * connections. */
#include "tests/unit/clerk.h"

#include "broker/clerk/client/listener.h"

#include <fcntl.h>

#include <cmocka.h>

static struct listener_limits limits;

#define ALICES 300000 /* the first of alice's subordinate uids */

static uid_t account_of(uid_t uid)
{
	return uid >= ALICES ? ALICE : uid;
}

static struct sockaddr_un address;
static socklen_t address_size;
static int listening = -1;
static int ready[64];
static int ready_count;
static int away[64];
static int away_count;

static void on_ready(int sock)
{
	ready[ready_count++] = sock;
}

static void on_turned_away(int sock)
{
	away[away_count++] = sock;
}

/* Everybody who connects is this user from now on. */
static void connect_as(uid_t uid)
{
	for (int fd = 0; fd < TEST_FDS; fd++)
		peer_uid[fd] = uid;
}

static void start(size_t connections, size_t per_user)
{
	struct sockaddr_un any = {.sun_family = AF_UNIX};

	test_networks_set();
	clerk_open();
	ready_count = 0;
	away_count = 0;
	limits = (struct listener_limits){.connections = connections,
					  .per_user = per_user,
					  .deadline_ms = 2000,
					  .account = account_of};
	listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(listening >= 0);
	/* The kernel chooses an abstract address. */
	assert_int_equal(bind(listening, (struct sockaddr *)&any, sizeof(any.sun_family)), 0);
	address_size = sizeof(address);
	assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &address_size), 0);
	assert_int_equal(listen(listening, 256), 0);
	assert_int_equal(listener_init(listening, &limits, on_ready, on_turned_away), 0);
	connect_as(ALICE);
}

static int set_up(void **state)
{
	(void)state;
	start(64, 4);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	test_now += limits.deadline_ms;
	listener_expire();
	loop_forget(listening);
	tb_close(&listening);
	for (int i = 0; i < ready_count; i++)
		client_socket_hang_up(&ready[i]);
	for (int i = 0; i < away_count; i++)
		client_socket_hang_up(&away[i]);
	connect_as(0);
	clerk_close();
	return 0;
}

static int client_connect(void)
{
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(sock >= 0);
	assert_int_equal(connect(sock, (const struct sockaddr *)&address, address_size), 0);
	return sock;
}

static void say(int sock)
{
	assert_int_equal(send(sock, "x", 1, MSG_NOSIGNAL), 1);
}

static bool closed(int sock)
{
	char byte;

	return recv(sock, &byte, 1, MSG_DONTWAIT) == 0;
}

static int run(void)
{
	for (int i = 0; i < 20; i++) {
		listener_expire();
		loop_step(0);
	}
	return listener_expire();
}

static void test_says_something_at_once(void **state)
{
	int sock = client_connect();

	(void)state;
	say(sock);
	assert_int_equal(run(), -1);
	assert_int_equal(ready_count, 1);
	/* Prepared, and nothing was read. */
	assert_int_equal(client_socket_queued(ready[0]), QUEUED_BYTES);
	close(sock);
}

static void test_says_something_later(void **state)
{
	int sock = client_connect();

	(void)state;
	assert_int_equal(run(), 2000);
	assert_int_equal(ready_count, 0);
	test_now += 1999;
	say(sock);
	run();
	assert_int_equal(ready_count, 1);
	assert_false(watched[ready[0]]);
	close(sock);
}

static void test_silence(void **state)
{
	int first = client_connect();
	int second;

	(void)state;
	run();
	test_now += 500;
	second = client_connect();
	assert_int_equal(run(), 1500);
	test_now += 1500;
	assert_int_equal(run(), 500);
	assert_true(closed(first));
	assert_false(closed(second));
	test_now += 500;
	assert_int_equal(run(), -1);
	assert_true(closed(second));
	assert_int_equal(ready_count, 0);
	close(first);
	close(second);
}

/* Who hangs up without a word is noticed, and forgotten where requests are read. */
static void test_hangs_up(void **state)
{
	int sock = client_connect();

	(void)state;
	run();
	close(sock);
	run();
	assert_int_equal(ready_count, 1);
	assert_int_equal(client_socket_queued(ready[0]), QUEUED_NOTHING);
}

/* The meter of a user; what asks does not count, nor what another has. Subordinate uids are their owner's. */
static void test_meter(void **state)
{
	int socks[6];

	(void)state;
	for (int i = 0; i < 5; i++) {
		connect_as(i % 2 == 0 ? ALICE : ALICES + (uid_t)i);
		socks[i] = client_connect();
		run();
	}
	run();
	assert_int_equal(away_count, 1);
	assert_false(closed(socks[3]));
	assert_non_null(strstr(test_logged, "--max-connections-per-user"));
	connect_as(BOB);
	socks[5] = client_connect();
	run();
	assert_int_equal(away_count, 1);
	connect_as(ALICE);
	say(socks[0]);
	run();
	assert_int_equal(ready_count, 1);
	close(client_connect());
	run();
	assert_int_equal(away_count, 1);
	for (int i = 0; i < 6; i++)
		close(socks[i]);
}

static void test_root_is_not_metered(void **state)
{
	int socks[10];

	(void)state;
	connect_as(0);
	for (int i = 0; i < 10; i++)
		socks[i] = client_connect();
	run();
	assert_int_equal(away_count, 0);
	for (int i = 0; i < 10; i++) {
		assert_false(closed(socks[i]));
		close(socks[i]);
	}
}

/* Users have taken what is theirs: the oldest of them makes room, root's slots stay. */
static void test_slots_of_root(void **state)
{
	int socks[LISTENER_ROOT_SLOTS + 4];

	(void)state;
	tear_down(NULL);
	start(LISTENER_ROOT_SLOTS + 2, 4);
	for (int i = 0; i < 3; i++) {
		connect_as(ALICE + (uid_t)i);
		socks[i] = client_connect();
		run();
	}
	assert_true(closed(socks[0]));
	assert_false(closed(socks[1]));
	assert_false(closed(socks[2]));
	connect_as(0);
	for (int i = 0; i < LISTENER_ROOT_SLOTS; i++) {
		socks[3 + i] = client_connect();
		run();
		assert_false(closed(socks[3 + i]));
	}
	assert_false(closed(socks[1]));
	for (int i = 0; i < LISTENER_ROOT_SLOTS + 3; i++)
		close(socks[i]);
}

/* With no slot at all the listening socket is not watched: nothing spins, and the backlog waits. */
static void test_backlog(void **state)
{
	int socks[LISTENER_ROOT_SLOTS + 3];

	(void)state;
	tear_down(NULL);
	start(LISTENER_ROOT_SLOTS + 2, 4);
	connect_as(0);
	for (int i = 0; i < LISTENER_ROOT_SLOTS + 3; i++)
		socks[i] = client_connect();
	say(socks[LISTENER_ROOT_SLOTS + 2]);
	assert_int_equal(run(), 2000);
	assert_int_equal(ready_count, 0);
	assert_int_equal(watched_for[listening], 0);
	test_now += 2000;
	run();
	assert_int_equal(watched_for[listening], EPOLLIN);
	assert_int_equal(ready_count, 1);
	for (int i = 0; i < LISTENER_ROOT_SLOTS + 3; i++)
		close(socks[i]);
}

/* Who sends descriptors faster than they can be closed makes others wait in the kernel's queue, and nobody end: the
 * clerk makes no last close itself. */
static void test_many_that_linger(void **state)
{
	int sock;

	(void)state;
	while (!lingering_many())
		lingering_take(open("/dev/null", O_RDONLY | O_CLOEXEC));
	sock = client_connect();
	say(sock);
	run();
	assert_int_equal(ready_count, 0);
	test_now += 1000;
	lingering_expire();
	assert_false(lingering_many());
	run();
	assert_int_equal(ready_count, 1);
	close(sock);
}

/* A flood is taken in pieces: who is there already is not forgotten. */
static void test_flood(void **state)
{
	int socks[40];

	(void)state;
	connect_as(0);
	for (int i = 0; i < 40; i++) {
		socks[i] = client_connect();
		say(socks[i]);
	}
	listener_expire();
	loop_step(0);
	assert_int_equal(ready_count, 16);
	run();
	assert_int_equal(ready_count, 40);
	for (int i = 0; i < 40; i++)
		close(socks[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_says_something_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_says_something_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_silence, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hangs_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_meter, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_root_is_not_metered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_slots_of_root, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_backlog, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many_that_linger, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flood, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
