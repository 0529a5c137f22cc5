/* Unit test of who is at the other end of a socket: broker/monitor/peer.c. Needs CAP_NET_ADMIN, for the origin
 * of a socket. */
#include "broker/monitor/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int listening = -1;
static struct origin origin;
static struct peer peer;

static int connect_to(const struct sockaddr_un *where)
{
	int sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	assert_int_equal(connect(sock, (const struct sockaddr *)where, sizeof(*where)), 0);
	return sock;
}

static int listen_at(struct sockaddr_un *where, const char *name)
{
	int sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(where->sun_path, sizeof(where->sun_path), "/tmp/test_peer.%d.%s", (int)getpid(), name);
	unlink(where->sun_path);
	assert_int_equal(bind(sock, (struct sockaddr *)where, sizeof(*where)), 0);
	assert_int_equal(listen(sock, 8), 0);
	return sock;
}

static int set_up(void **state)
{
	(void)state;
	peer = (struct peer){.sock = -1, .pidfd = -1};
	listening = listen_at(&address, "own");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	peer_close(&peer);
	if (origin.path_fd > 0)
		close(origin.path_fd);
	origin.path_fd = -1;
	close(listening);
	unlink(address.sun_path);
	return 0;
}

static void test_tells_who_connected(void **state)
{
	uint64_t start_time;
	int near;

	(void)state;
	assert_int_equal(origin_init(&origin, listening), 0);
	near = connect_to(&address);
	assert_int_equal(peer_identify(&peer, accept(listening, NULL, NULL), &origin), 0);
	assert_int_equal(peer.uid, geteuid());
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(process_start_time(getpid(), &start_time), 0);
	assert_int_equal(peer.start_time, start_time);
	assert_true(peer_alive(&peer));
	assert_true(peer_quiet(&peer));
	assert_int_equal(send(near, "x", 1, 0), 1);
	assert_false(peer_quiet(&peer));
	close(near);
}

static void assert_not_a_client(int sock)
{
	assert_true(sock >= 0);
	assert_true(peer_identify(&peer, sock, &origin) < 0);
	assert_int_equal(peer.sock, -1);
	close(sock);
}

/* Whoever made the listening socket stands as the peer of the client's end: that must not count as an identity. */
static void test_refuses_the_clients_end(void **state)
{
	int near;

	(void)state;
	assert_int_equal(origin_init(&origin, listening), 0);
	near = connect_to(&address);
	assert_not_a_client(near);
}

static void test_refuses_a_pair(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(origin_init(&origin, listening), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_not_a_client(pair[0]);
	close(pair[1]);
}

static void test_refuses_a_connection_to_another_server(void **state)
{
	struct sockaddr_un elsewhere = {.sun_family = AF_UNIX};
	int other = listen_at(&elsewhere, "other");
	int near;

	(void)state;
	assert_int_equal(origin_init(&origin, listening), 0);
	near = connect_to(&elsewhere);
	assert_not_a_client(accept(other, NULL, NULL));
	close(near);
	close(other);
	unlink(elsewhere.sun_path);
}

static void test_refuses_what_is_no_socket(void **state)
{
	int pipe_ends[2];

	(void)state;
	assert_int_equal(origin_init(&origin, listening), 0);
	assert_not_a_client(open("/dev/null", O_RDWR));
	assert_int_equal(pipe(pipe_ends), 0);
	assert_not_a_client(pipe_ends[0]);
	close(pipe_ends[1]);
	assert_not_a_client(socket(AF_UNIX, SOCK_STREAM, 0));
	assert_not_a_client(socket(AF_UNIX, SOCK_SEQPACKET, 0));
	assert_not_a_client(dup(listening));
}

/* The process that connected has passed its socket on and ended. */
static void test_refuses_a_peer_that_is_gone(void **state)
{
	pid_t child;

	(void)state;
	assert_int_equal(origin_init(&origin, listening), 0);
	child = fork();
	if (child == 0) {
		connect_to(&address);
		_exit(0);
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(peer_identify(&peer, accept(listening, NULL, NULL), &origin), -ESRCH);
}

static void test_notices_a_peer_that_dies(void **state)
{
	pid_t child;

	(void)state;
	assert_int_equal(origin_init(&origin, listening), 0);
	child = fork();
	if (child == 0) {
		connect_to(&address);
		pause();
		_exit(0);
	}
	assert_int_equal(peer_identify(&peer, accept(listening, NULL, NULL), &origin), 0);
	assert_int_equal(peer.pid, child);
	assert_true(peer_alive(&peer));
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_false(peer_alive(&peer));
	assert_false(peer_quiet(&peer));
}

/* A program may call itself anything, even what looks like the fields behind its name. */
static void test_start_time_behind_a_strange_name(void **state)
{
	uint64_t before;
	uint64_t after;

	(void)state;
	assert_int_equal(process_start_time(getpid(), &before), 0);
	assert_int_equal(prctl(PR_SET_NAME, ") R 1 2 3 4) (", 0, 0, 0), 0);
	assert_int_equal(process_start_time(getpid(), &after), 0);
	assert_int_equal(before, after);
	assert_true(before > 0);
}

static void test_start_time_of_nobody(void **state)
{
	uint64_t start_time;

	(void)state;
	assert_true(process_start_time(0x7fffffff, &start_time) < 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(test_tells_who_connected),
		TEST(test_refuses_the_clients_end),
		TEST(test_refuses_a_pair),
		TEST(test_refuses_a_connection_to_another_server),
		TEST(test_refuses_what_is_no_socket),
		TEST(test_refuses_a_peer_that_is_gone),
		TEST(test_notices_a_peer_that_dies),
		cmocka_unit_test(test_start_time_behind_a_strange_name),
		cmocka_unit_test(test_start_time_of_nobody),
	};

	if (geteuid() != 0) {
		puts("1..0 # SKIP the origin of a socket is told to CAP_NET_ADMIN only");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
