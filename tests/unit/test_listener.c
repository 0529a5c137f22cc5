/* The listener, without its lock-down: a real listening socket, real clients, and a socketpair in place of the monitor.
 *
 * What needs clients of several uids is skipped where this process may not become another.
 */
#include "broker/listener/listener.h"
#include "proto/broker.h"
#include "proto/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define ALICE 61001
#define BOB 61002

struct bench {
	struct listener listener;
	int monitor; /* the other end of the listener's channel */
	int channel;
	int listening;
	struct sockaddr_un address;
	socklen_t address_size;
};

static const struct listener_limits usual = {.connections = 64, .per_user = 4, .deadline = 10000};

/* If not, says in the test's output what is left out. (cmocka's skip() prints "not ok # SKIP", a failure for prove.) */
static bool may_change_uid(void)
{
	if (geteuid() == 0 && seteuid(ALICE) == 0 && seteuid(0) == 0)
		return true;
	print_message("# skipped in the next test: what needs several uids, so root\n");
	return false;
}

static void bench_start(struct bench *bench, const struct listener_limits *limits)
{
	struct sockaddr_un any = {.sun_family = AF_UNIX};
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	bench->monitor = pair[0];
	bench->channel = pair[1];
	bench->listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(bench->listening >= 0);
	/* The kernel chooses an abstract address. */
	assert_int_equal(bind(bench->listening, (struct sockaddr *)&any, sizeof(any.sun_family)), 0);
	bench->address_size = sizeof(bench->address);
	assert_int_equal(getsockname(bench->listening, (struct sockaddr *)&bench->address, &bench->address_size), 0);
	assert_int_equal(listen(bench->listening, 1024), 0);
	assert_int_equal(listener_create(&bench->listener, bench->channel, bench->listening, limits), 0);
}

static void bench_stop(struct bench *bench)
{
	listener_destroy(&bench->listener);
	close(bench->monitor);
	close(bench->channel);
	close(bench->listening);
}

static int client_connect(const struct bench *bench)
{
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(sock >= 0);
	assert_int_equal(connect(sock, (const struct sockaddr *)&bench->address, bench->address_size), 0);
	return sock;
}

/* Connects as somebody else: what counts is the effective uid at that moment. */
static int client_connect_as(const struct bench *bench, uid_t uid)
{
	int sock;

	assert_int_equal(seteuid(uid), 0);
	sock = client_connect(bench);
	assert_int_equal(seteuid(0), 0);
	return sock;
}

static void client_send(int sock, const char *text)
{
	assert_int_equal(send(sock, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static bool client_closed(int sock)
{
	struct pollfd pollfd = {.fd = sock, .events = POLLIN};

	assert_true(poll(&pollfd, 1, 0) >= 0);
	return (pollfd.revents & POLLHUP) != 0;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* Lets the listener do all that there is to do without waiting. */
static void run(struct bench *bench)
{
	struct pollfd pollfd = {.fd = bench->listener.epoll, .events = POLLIN};

	while (poll(&pollfd, 1, 0) == 1)
		assert_int_equal(listener_step(&bench->listener), 0);
}

/* Runs the listener for a time. Returns how many steps that took: few, if it does not spin. */
static unsigned int run_for(struct bench *bench, uint64_t milliseconds)
{
	uint64_t end = now() + milliseconds;
	unsigned int steps = 0;
	pid_t waker = fork();

	/* Wakes the listener at the end, if nothing else does: an accepted connection that is closed again. */
	if (waker == 0) {
		usleep((useconds_t)milliseconds * 1000);
		close(client_connect(bench));
		_exit(0);
	}
	while (now() < end && steps < 10000) {
		assert_int_equal(listener_step(&bench->listener), 0);
		steps++;
	}
	assert_int_equal(waitpid(waker, NULL, 0), waker);
	return steps;
}

/* What the monitor would get: the client's socket, or -1 if nothing was passed. */
static int monitor_receive(const struct bench *bench)
{
	struct tb_client message;
	size_t nfds = 1;
	int fd = -1;
	long length = tb_receive(bench->monitor, &message, sizeof(message), &fd, &nfds);

	if (length == -EAGAIN)
		return -1;
	assert_int_equal(length, sizeof(message));
	assert_int_equal(nfds, 1);
	assert_true(tb_header_valid(&message.header, TB_REQ_CLIENT, sizeof(message)));
	return fd;
}

static void assert_reads(int fd, const char *text)
{
	char buffer[64];

	assert_int_equal(recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT), (ssize_t)strlen(text));
	assert_memory_equal(buffer, text, strlen(text));
}

static void passes_on_whoever_has_sent(void **state)
{
	struct bench bench;
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int client;
	int passed;

	(void)state;
	bench_start(&bench, &usual);
	client = client_connect(&bench);
	client_send(client, "hello");
	assert_int_equal(listener_step(&bench.listener), 0);
	passed = monitor_receive(&bench);
	assert_true(passed >= 0);
	assert_int_equal(getsockopt(passed, SOL_SOCKET, SO_PEERCRED, &peer, &size), 0);
	assert_int_equal(peer.uid, geteuid());
	assert_true((fcntl(passed, F_GETFL) & O_NONBLOCK) != 0);
	assert_reads(passed, "hello");

	/* The listener has kept nothing: the client sees the end as soon as the monitor closes. */
	assert_int_equal(bench.listener.connections.free.count, usual.connections);
	assert_false(client_closed(client));
	close(passed);
	assert_true(client_closed(client));
	close(client);
	bench_stop(&bench);
}

static void waits_for_whoever_is_silent(void **state)
{
	struct bench bench;
	int client;
	int passed;

	(void)state;
	bench_start(&bench, &usual);
	client = client_connect(&bench);
	run(&bench);
	assert_int_equal(monitor_receive(&bench), -1);
	assert_int_equal(bench.listener.connections.silent.count, 1);
	client_send(client, "late");
	run(&bench);
	passed = monitor_receive(&bench);
	assert_true(passed >= 0);
	assert_reads(passed, "late");
	assert_int_equal(bench.listener.connections.free.count, usual.connections);

	/* What the client sends to the monitor from now on no longer wakes the listener. */
	client_send(client, "more");
	assert_int_equal(poll(&(struct pollfd){.fd = bench.listener.epoll, .events = POLLIN}, 1, 0), 0);
	close(passed);
	close(client);
	bench_stop(&bench);
}

static void closes_at_the_deadline(void **state)
{
	const struct listener_limits limits = {.connections = 64, .per_user = 64, .deadline = 300};
	struct bench bench;
	int clients[3];
	uint64_t start;
	int steps = 0;

	(void)state;
	bench_start(&bench, &limits);
	start = now();
	for (int i = 0; i < 3; i++)
		clients[i] = client_connect(&bench);
	run(&bench);
	client_send(clients[1], "in time");
	run(&bench);
	while (bench.listener.connections.silent.count > 0 && steps++ < 10)
		assert_int_equal(listener_step(&bench.listener), 0);
	assert_in_range(now() - start, 300, 3000);
	assert_true(client_closed(clients[0]));
	assert_false(client_closed(clients[1]));
	assert_true(client_closed(clients[2]));
	assert_int_equal(bench.listener.connections.free.count, limits.connections);
	close(monitor_receive(&bench));
	assert_int_equal(monitor_receive(&bench), -1);
	for (int i = 0; i < 3; i++)
		close(clients[i]);
	bench_stop(&bench);
}

static void forgets_whoever_hangs_up(void **state)
{
	struct bench bench;
	int client;

	(void)state;
	bench_start(&bench, &usual);

	/* Before it was accepted, after it, and with a request that nobody waits for any more. */
	close(client_connect(&bench));
	run(&bench);
	client = client_connect(&bench);
	run(&bench);
	assert_int_equal(bench.listener.connections.silent.count, 1);
	close(client);
	run(&bench);
	client = client_connect(&bench);
	client_send(client, "bye");
	close(client);
	run(&bench);
	client = client_connect(&bench);
	client_send(client, "half closed");
	shutdown(client, SHUT_WR);
	run(&bench);
	assert_true(client_closed(client));
	close(client);

	assert_int_equal(bench.listener.connections.free.count, usual.connections);
	assert_int_equal(monitor_receive(&bench), -1);
	bench_stop(&bench);
}

static void meters_each_user(void **state)
{
	struct bench bench;
	int alice[5];
	int bob;
	int passed;

	(void)state;
	if (!may_change_uid())
		return;
	bench_start(&bench, &usual);
	for (int i = 0; i < 5; i++)
		alice[i] = client_connect_as(&bench, ALICE);
	run(&bench);
	for (int i = 0; i < 4; i++)
		assert_false(client_closed(alice[i]));
	assert_true(client_closed(alice[4]));

	/* Somebody else is served. */
	bob = client_connect_as(&bench, BOB);
	client_send(bob, "bob");
	run(&bench);
	passed = monitor_receive(&bench);
	assert_true(passed >= 0);
	assert_reads(passed, "bob");
	close(passed);
	close(bob);

	/* And so is the first, when one of the four is gone. */
	close(alice[4]);
	close(alice[0]);
	run(&bench);
	alice[4] = client_connect_as(&bench, ALICE);
	run(&bench);
	assert_false(client_closed(alice[4]));
	for (int i = 1; i < 5; i++)
		close(alice[i]);

	/* Root has no such limit. */
	for (int i = 0; i < 5; i++) {
		alice[i] = client_connect(&bench);
		run(&bench);
		assert_false(client_closed(alice[i]));
	}
	for (int i = 0; i < 5; i++)
		close(alice[i]);
	bench_stop(&bench);
}

static void keeps_slots_for_root_then_pauses(void **state)
{
	const struct listener_limits limits = {
		.connections = LISTENER_ROOT_SLOTS + 2,
		.per_user = 4,
		.deadline = 10000,
	};
	struct bench bench;
	int users[3];
	int root[LISTENER_ROOT_SLOTS];
	int late;

	(void)state;
	if (!may_change_uid())
		return;
	bench_start(&bench, &limits);
	for (int i = 0; i < 3; i++)
		users[i] = client_connect_as(&bench, ALICE);
	run(&bench);
	/* The one that has been silent longest has made room for the last. */
	assert_true(client_closed(users[0]));
	assert_false(client_closed(users[1]));
	assert_false(client_closed(users[2]));
	for (int i = 0; i < LISTENER_ROOT_SLOTS; i++)
		root[i] = client_connect(&bench);
	run(&bench);
	assert_false(client_closed(root[LISTENER_ROOT_SLOTS - 1]));
	assert_int_equal(bench.listener.connections.free.count, 0);

	/* All slots are taken: the next one waits in the backlog, and wakes nobody. */
	late = client_connect(&bench);
	client_send(late, "late");
	assert_int_equal(poll(&(struct pollfd){.fd = bench.listener.epoll, .events = POLLIN}, 1, 20), 0);
	assert_int_equal(monitor_receive(&bench), -1);
	client_send(root[3], "first");
	run(&bench);
	for (int i = 0; i < 2; i++) {
		int passed = monitor_receive(&bench);

		assert_true(passed >= 0);
		assert_reads(passed, i == 0 ? "first" : "late");
		close(passed);
	}
	for (int i = 0; i < 3; i++)
		close(users[i]);
	for (int i = 0; i < LISTENER_ROOT_SLOTS; i++)
		close(root[i]);
	close(late);
	bench_stop(&bench);
}

static void pauses_without_file_descriptors(void **state)
{
	struct bench bench;
	struct rlimit saved;
	struct rlimit none;
	int client;
	int passed;

	(void)state;
	bench_start(&bench, &usual);
	client = client_connect(&bench);
	client_send(client, "hello");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &saved), 0);
	none = saved;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(listener_step(&bench.listener), 0);
	assert_true(bench.listener.accept_again > 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &saved), 0);

	/* The connection is there, but for a while nobody is woken by it. */
	assert_int_equal(poll(&(struct pollfd){.fd = bench.listener.epoll, .events = POLLIN}, 1, 20), 0);
	assert_int_equal(listener_step(&bench.listener), 0);
	assert_true(now() >= bench.listener.accept_again);
	run(&bench);
	passed = monitor_receive(&bench);
	assert_true(passed >= 0);
	close(passed);
	close(client);
	bench_stop(&bench);
}

static void a_leaving_connection_ends_the_pause(void **state)
{
	struct bench bench;
	struct rlimit saved;
	struct rlimit none;
	int silent;
	int client;
	int passed;

	(void)state;
	bench_start(&bench, &usual);
	silent = client_connect(&bench);
	run(&bench);
	client = client_connect(&bench);
	client_send(client, "hello");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &saved), 0);
	none = saved;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(listener_step(&bench.listener), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &saved), 0);
	close(silent);
	run(&bench);
	passed = monitor_receive(&bench);
	assert_true(passed >= 0);
	close(passed);
	close(client);
	bench_stop(&bench);
}

static void holds_what_the_monitor_does_not_take(void **state)
{
	enum { MANY = 40 };
	const struct listener_limits limits = {.connections = 64, .per_user = 64, .deadline = 50};
	struct bench bench;
	int clients[MANY];
	int size = 4096;
	char text[16];

	(void)state;
	bench_start(&bench, &limits);
	assert_int_equal(setsockopt(bench.channel, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	for (int i = 0; i < MANY; i++) {
		clients[i] = client_connect(&bench);
		snprintf(text, sizeof(text), "client %d", i);
		client_send(clients[i], text);
		run(&bench);
	}
	assert_true(bench.listener.channel_full);
	assert_true(bench.listener.connections.ready.count > 0);

	/* No busy loop, and whoever has asked is not late, however long the monitor takes. */
	assert_in_range(run_for(&bench, 100), 1, 5);
	for (int i = 0; i < MANY; i++)
		assert_false(client_closed(clients[i]));

	/* In the order of arrival. */
	for (int i = 0; i < MANY; i++) {
		int passed = monitor_receive(&bench);

		assert_true(passed >= 0);
		snprintf(text, sizeof(text), "client %d", i);
		assert_reads(passed, text);
		close(passed);
		run(&bench);
	}
	assert_false(bench.listener.channel_full);
	assert_int_equal(bench.listener.connections.free.count, limits.connections);
	for (int i = 0; i < MANY; i++)
		close(clients[i]);
	bench_stop(&bench);
}

/* The kernel lets no more sockets of one user be on their way than a process of his may have files open. */
static void backs_off_from_too_many_references(void **state)
{
	struct bench bench;
	struct rlimit saved;
	struct rlimit few;
	bool root = may_change_uid();
	int sent = 0;
	int passed;

	(void)state;
	bench_start(&bench, &usual);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &saved), 0);
	few = saved;
	few.rlim_cur = 32;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	/* Root has no such limit, and another run of this test has a user of its own. */
	if (root)
		assert_int_equal(seteuid(BOB + (uid_t)getpid()), 0);
	while (bench.listener.send_again == 0 && sent < 100) {
		int client = client_connect(&bench);

		client_send(client, "hello");
		run(&bench);
		close(client);
		sent++;
	}
	assert_true(bench.listener.send_again > 0);
	assert_int_equal(bench.listener.connections.ready.count, 1);

	/* It tries again from time to time, without a busy loop. */
	assert_in_range(run_for(&bench, 100), 1, 14);
	for (int i = 0; i < sent; i++) {
		passed = monitor_receive(&bench);
		assert_true(passed >= 0);
		close(passed);
		while (bench.listener.connections.ready.count > 0)
			assert_int_equal(listener_step(&bench.listener), 0);
	}
	assert_int_equal(monitor_receive(&bench), -1);
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &saved), 0);
	bench_stop(&bench);
}

static void ends_with_the_monitor(void **state)
{
	struct bench bench;
	int client;

	(void)state;
	bench_start(&bench, &usual);
	shutdown(bench.monitor, SHUT_RDWR);
	assert_int_equal(listener_step(&bench.listener), -ECONNRESET);
	bench_stop(&bench);

	/* The same when it is found out by sending. */
	bench_start(&bench, &usual);
	client = client_connect(&bench);
	run(&bench);
	client_send(client, "hello");
	shutdown(bench.monitor, SHUT_RDWR);
	assert_int_equal(listener_step(&bench.listener), -ECONNRESET);
	close(client);
	bench_stop(&bench);
}

static void takes_no_message(void **state)
{
	struct bench bench;

	(void)state;
	bench_start(&bench, &usual);
	client_send(bench.monitor, "do something");
	assert_int_equal(listener_step(&bench.listener), -EPROTO);
	bench_stop(&bench);
}

static void table_moves_connections(void **state)
{
	struct connections connections;
	struct connection *three[3];

	(void)state;
	assert_int_equal(connections_create(&connections, 3), 0);
	assert_int_equal(connections.free.count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		three[i] = connections.free.first;
		three[i]->uid = i == 1 ? ALICE : BOB;
		connection_move(three[i], i == 2 ? &connections.ready : &connections.silent);
	}
	assert_null(connections.free.first);
	assert_null(connections.free.last);
	assert_int_equal(connections_of_uid(&connections, BOB), 2);
	assert_int_equal(connections_of_uid(&connections, ALICE), 1);
	assert_int_equal(connections_of_uid(&connections, 0), 0);

	/* From the middle, the front and the end. */
	connection_move(three[2], &connections.silent);
	assert_null(connections.ready.first);
	connection_move(three[1], &connections.free);
	assert_ptr_equal(three[0]->next, three[2]);
	assert_ptr_equal(three[2]->previous, three[0]);
	connection_move(three[0], &connections.free);
	assert_ptr_equal(connections.silent.first, three[2]);
	connection_move(three[2], &connections.free);
	assert_int_equal(connections.silent.count, 0);
	assert_ptr_equal(connections.free.first, three[1]);
	assert_ptr_equal(connections.free.last, three[2]);
	connections_destroy(&connections);
}

/* A test that failed half-way must not leave its user or its few fds to the next one, nor to the sanitizer, which cannot
 * look for leaks without an fd. */
static int undo_limits(void **state)
{
	struct rlimit limit;

	(void)state;
	if (getuid() == 0 && seteuid(0) < 0)
		return -1;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -1;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_moves_connections),
		cmocka_unit_test(passes_on_whoever_has_sent),
		cmocka_unit_test(waits_for_whoever_is_silent),
		cmocka_unit_test(closes_at_the_deadline),
		cmocka_unit_test(forgets_whoever_hangs_up),
		cmocka_unit_test(meters_each_user),
		cmocka_unit_test(keeps_slots_for_root_then_pauses),
		cmocka_unit_test_teardown(pauses_without_file_descriptors, undo_limits),
		cmocka_unit_test_teardown(a_leaving_connection_ends_the_pause, undo_limits),
		cmocka_unit_test(holds_what_the_monitor_does_not_take),
		cmocka_unit_test_teardown(backs_off_from_too_many_references, undo_limits),
		cmocka_unit_test(ends_with_the_monitor),
		cmocka_unit_test(takes_no_message),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
