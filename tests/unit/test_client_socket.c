/* libtapbroker and the way to the broker: whose socket it is, when nobody answers, the list of networks. The broker is
 * a thread of this test behind a socket of its own.
 */
#include "proto/about.h"
#include "tests/unit/client_broker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct tb_network *add_network(struct broker *broker, const char *name, uint32_t left, uint32_t count)
{
	struct tb_network *network = &broker->messages[broker->count].network;

	*network = (struct tb_network){.left = left, .count = count, .kind = TB_KIND_TAP, .mtu = 1500, .queues = 4};
	network->flags = TB_REQUEST_VNET_HDR;
	network->limit = 4;
	network->held = 1;
	strcpy(network->network, name);
	tb_header_set(&network->header, TB_ANS_NETWORK, sizeof(*network));
	broker->sizes[broker->count++] = sizeof(*network);
	return network;
}

static void expect_open_error(int error)
{
	struct tap *tap;

	assert_int_equal(tapbroker_open("lan", &tap), -1);
	assert_int_equal(errno, error);
	assert_null(tap);
}

static void test_open(void **state)
{
	struct broker *broker = *state;
	int before = count_fds();
	struct tap *tap;
	int fd;

	add_answer(broker, good_answer());
	start(broker);
	fd = tapbroker_open("lan", &tap);
	stop(broker);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(tapbroker_lifeline(tap), F_GETFD), FD_CLOEXEC);
	assert_string_equal(broker->request.network, "lan");
	assert_int_equal(broker->request.queues, 1);
	tapbroker_close(tap);
	assert_int_equal(count_fds(), before);
}

static void test_refused(void **state)
{
	struct broker *broker = *state;
	int before = count_fds();

	add_answer(broker, refusal(TB_DENIED));
	start(broker);
	expect_open_error(EACCES);
	stop(broker);
	assert_int_equal(count_fds(), before);
}

static void test_no_broker(void **state)
{
	struct broker *broker = *state;
	int before = count_fds();
	char longest[200] = "/";

	int64_t start = milliseconds();

	close(broker->listening);
	unlink(broker->address.sun_path);
	expect_open_error(ENOENT);
	setenv("TAPBROKER_SOCKET", "socket", 1);
	expect_open_error(EINVAL);
	memset(longest + 1, 'a', sizeof(longest) - 2);
	setenv("TAPBROKER_SOCKET", longest, 1);
	expect_open_error(EINVAL);
	setenv("TAPBROKER_SOCKET", "/dev/null/socket", 1);
	expect_open_error(ENOENT);
	broker->listening = listening_socket(&broker->address, SOCK_STREAM);
	setenv("TAPBROKER_SOCKET", broker->address.sun_path, 1);
	expect_open_error(EPERM);
	assert_in_range(milliseconds() - start, 0, 1000);
	assert_int_equal(count_fds(), before);
}

/* Listens again in a moment, as a broker that is started again. */
static void *listen_later(void *arg)
{
	struct broker *broker = arg;

	usleep(300000);
	broker->listening = listening_socket(&broker->address, SOCK_SEQPACKET);
	start(broker);
	return NULL;
}

/* The socket's file is there, and nobody behind it. */
static void test_nobody_listens_for_a_moment(void **state)
{
	struct broker *broker = *state;
	int64_t begin = milliseconds();
	struct tap *tap;
	pthread_t thread;

	close(broker->listening);
	expect_open_error(ECONNREFUSED);
	assert_in_range(milliseconds() - begin, 2500, 6000);
	add_answer(broker, good_answer());
	pthread_create(&thread, NULL, listen_later, broker);
	assert_true(tapbroker_open("lan", &tap) >= 0);
	pthread_join(thread, NULL);
	stop(broker);
	tapbroker_close(tap);
}

/* Tells one client that the broker is being started again, and removes the socket; another broker has another soon. */
static void *restart(void *arg)
{
	struct tb_answer answer = refusal(TB_BUSY);
	struct broker *broker = arg;
	size_t nfds = 0;
	int client = accept4(broker->listening, NULL, NULL, SOCK_CLOEXEC);

	answer.check = TB_CHECK_RESTART;
	close(broker->listening);
	unlink(broker->address.sun_path);
	poll(&(struct pollfd){.fd = client, .events = POLLIN}, 1, 2000);
	tb_receive(client, &broker->request, sizeof(broker->request), NULL, &nfds);
	tb_send(client, &answer, sizeof(answer), NULL, 0);
	close(client);
	return listen_later(broker);
}

static void test_restart(void **state)
{
	struct broker *broker = *state;
	pthread_t thread;
	struct tap *tap;

	add_answer(broker, good_answer());
	pthread_create(&thread, NULL, restart, broker);
	assert_true(tapbroker_open("lan", &tap) >= 0);
	pthread_join(thread, NULL);
	stop(broker);
	tapbroker_close(tap);
	/* Asked once more, not for ever. */
	broker->count = 0;
	add_answer(broker, refusal(TB_BUSY));
	broker->messages[0].answer.check = TB_CHECK_RESTART;
	pthread_create(&thread, NULL, restart, broker);
	expect_open_error(EAGAIN);
	pthread_join(thread, NULL);
	stop(broker);
}

static void test_about(void **state)
{
	struct tap_broker about = TAP_BROKER_INIT;
	struct broker *broker = *state;

	tb_about_fill(&broker->messages[0].about, "9.8");
	broker->sizes[0] = sizeof(broker->messages[0].about);
	broker->count = 1;
	start(broker);
	assert_int_equal(tapbroker_about(0, 2000, NULL, &about), 0);
	stop(broker);
	assert_int_equal(broker->request.header.type, TB_REQ_ABOUT);
	assert_string_equal(about.release, "9.8");
	assert_int_equal(about.protocol, TB_VERSION);
	assert_int_equal(about.items_max, TB_ITEMS_MAX);
	assert_int_equal(about.requests, 0x55555514);
	assert_int_equal(about.kinds, 0xe);
	assert_int_equal(about.lifetimes, 0x1f);
	assert_int_equal(about.item_kinds, 0x1e);
	assert_int_equal(about.flags, 0x2ff);
	broker->messages[0].about.release[1] = '\033'; /* is for the terminal */
	start(broker);
	assert_int_equal(tapbroker_about(0, 2000, NULL, &about), 0);
	stop(broker);
	assert_string_equal(about.release, "");
	about.size--;
	assert_int_equal(tapbroker_about(0, 2000, NULL, &about), -1);
	assert_int_equal(errno, EINVAL);
	assert_non_null(tapbroker_version());
}

static void test_too_many_connections(void **state)
{
	struct broker *broker = *state;

	add_answer(broker, refusal(TB_CONNECTIONS));
	start(broker);
	expect_open_error(EUSERS);
	stop(broker);
}

static void test_not_a_connection(void **state)
{
	struct tap_request request = TAP_REQUEST_INIT;
	struct tap *tap;
	int pair[2];

	(void)state;
	request.network = "lan";
	assert_int_equal(tapbroker_open_connected(-1, &request, &tap), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(tapbroker_open_connected(pair[0], &request, &tap), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(close(pair[0]), 0); /* it is still ours */
	close(pair[1]);
	pair[0] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(tapbroker_open_connected(pair[0], &request, &tap), -1);
	assert_int_equal(errno, EPERM); /* nobody is at its other end */
	close(pair[0]);
}

/* Fills the queue of connections that nobody has accepted. Returns how many it took. */
static size_t fill_backlog(const struct sockaddr_un *address, int *fds, size_t room)
{
	size_t count = 0;

	while (count < room) {
		int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
			assert_int_equal(errno, EAGAIN);
			close(fd);
			return count;
		}
		fds[count++] = fd;
	}
	fail_msg("the backlog is never full");
	return 0;
}

static void test_full_backlog(void **state)
{
	struct broker *broker = *state;
	struct tap_request request = TAP_REQUEST_INIT;
	struct tap *tap;
	int fds[16];
	size_t count = fill_backlog(&broker->address, fds, 16);
	int64_t before = milliseconds();

	request.network = "lan";
	request.timeout = 60;
	assert_int_equal(tapbroker_open_request(&request, &tap), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_in_range(milliseconds() - before, 58, 1000);

	/* The next call has to wait, too, until the broker has disposed of the others. */
	while (count > 0)
		close(fds[--count]);
	add_answer(broker, good_answer());
	start(broker);
	request.timeout = 5000;
	assert_true(tapbroker_open_request(&request, &tap) >= 0);
	stop(broker);
	tapbroker_close(tap);
}

/* True for the root that knows every uid. If not, says in the test's output what is left out. (cmocka's skip() prints
 * "not ok # SKIP", a failure for prove.) */
static bool real_root(const char *test)
{
	unsigned int inside = 0, outside = 0, count = 0;
	FILE *map = fopen("/proc/self/uid_map", "re");

	assert_non_null(map);
	if (fscanf(map, "%u %u %u", &inside, &outside, &count) == 3 && count != UINT32_MAX)
		printf("# %s needs root\n", test);
	fclose(map);
	return count == UINT32_MAX;
}

/* Runs the function in a child process, whose exit code is its result. */
static void in_child(int (*function)(void *arg), void *arg)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(function(arg));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Listens as nobody, whose uid is also the one that the kernel shows for unknown ones. */
static int listen_as_nobody(void *arg)
{
	struct broker *broker = arg;

	if (setuid(65534) < 0)
		return 2;
	return listen(broker->listening, 1) == 0 ? 0 : 1;
}

static void test_server_is_not_root(void **state)
{
	struct broker *broker = *state;
	int before = count_fds();

	if (!real_root(__func__))
		return;
	in_child(listen_as_nobody, broker); /* the kernel notes who called listen() last */
	expect_open_error(EPERM);
	assert_int_equal(count_fds(), before);
}

/* In a user namespace where root has no number, root looks like nobody. */
static int open_in_namespace(void *arg)
{
	struct tap *tap;

	(void)arg;
	if (setuid(65534) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0 || unshare(CLONE_NEWUSER) < 0)
		return 2;
	write_file("/proc/self/uid_map", "1000 65534 1");
	return tapbroker_open("lan", &tap) >= 0 ? 0 : 1;
}

/* Not in a chroot, and not where the administrator forbids them. */
static bool namespaces_allowed(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER) == 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void test_root_has_no_number_here(void **state)
{
	struct broker *broker = *state;

	if (!real_root(__func__))
		return;
	if (!namespaces_allowed()) {
		printf("# %s: users may make no namespaces here\n", __func__);
		return;
	}
	add_answer(broker, good_answer());
	start(broker);
	in_child(open_in_namespace, NULL);
	stop(broker);
}

static int open_without_permission(void *arg)
{
	struct tap *tap;

	(void)arg;
	if (setuid(65534) < 0)
		return 2;
	return tapbroker_open("lan", &tap) < 0 && errno == ENOTCONN ? 0 : 1;
}

static void test_may_not_connect(void **state)
{
	struct broker *broker = *state;

	if (!real_root(__func__))
		return;
	assert_int_equal(chmod(broker->address.sun_path, 0600), 0);
	in_child(open_without_permission, NULL);
}

/* Counts the networks; stops at the one that has no place. */
static int note(const struct tap_network *network, void *arg)
{
	int *seen = arg;

	assert_int_equal(network->size, sizeof(*network));
	assert_int_equal(network->kind, TAP_KIND_TAP);
	assert_int_equal(network->mtu, 1500);
	assert_int_equal(network->queues, 4);
	assert_int_equal(network->flags, TAP_VNET_HDR);
	assert_int_equal(network->limit, 4);
	assert_int_equal(network->held, 1);
	if (strcmp(network->name, "stop") == 0)
		return 17;
	(*seen)++;
	return 0;
}

/* Asks for the networks; returns how many came. */
static int list_networks(struct broker *broker, int expected)
{
	int before = count_fds();
	int seen = 0;

	start(broker);
	assert_int_equal(tapbroker_networks(0, 2000, NULL, note, &seen), expected);
	stop(broker);
	assert_int_equal(count_fds(), before);
	assert_int_equal(broker->request.header.type, TB_REQ_NETWORKS);
	return seen;
}

static void test_networks(void **state)
{
	struct broker *broker = *state;

	add_network(broker, "lan", 2, 3);
	add_network(broker, "dmz", 1, 3);
	add_network(broker, "vpn", 0, 3);
	assert_int_equal(list_networks(broker, 0), 3);
}

static void test_networks_stop(void **state)
{
	struct broker *broker = *state;

	add_network(broker, "lan", 2, 3);
	add_network(broker, "stop", 1, 3);
	add_network(broker, "vpn", 0, 3);
	assert_int_equal(list_networks(broker, 17), 1);
}

static void test_no_networks(void **state)
{
	struct broker *broker = *state;
	struct tb_network *network = add_network(broker, "", 0, 0);

	memset((char *)network + sizeof(network->header), 0, sizeof(*network) - sizeof(network->header));
	assert_int_equal(list_networks(broker, 0), 0);
}

static void test_networks_refused(void **state)
{
	struct broker *broker = *state;

	add_answer(broker, refusal(TB_BUSY));
	list_networks(broker, -1);
	assert_int_equal(errno, EAGAIN);
}

static void test_networks_break_off(void **state)
{
	struct broker *broker = *state;

	add_network(broker, "lan", 1, 2);
	assert_int_equal(list_networks(broker, -1), 1);
	assert_int_equal(errno, ECONNRESET);
}

/* The second of two networks, wrong in one field. */
#define FIELD(name, value)                                                                       \
	{                                                                                        \
		offsetof(struct tb_network, name), sizeof(((struct tb_network *)0)->name), value \
	}

static void test_networks_wrong(void **state)
{
	static const struct {
		size_t offset;
		size_t size;
		uint32_t value;
	} wrong[] = {
		FIELD(left, 1),          FIELD(count, 3), FIELD(network[1], ' '),
		FIELD(network[31], 'x'), FIELD(kind, 0),  FIELD(header.size, 1),
	};
	struct broker *broker = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct tb_network *network;

		broker->count = 0;
		add_network(broker, "lan", 1, 2);
		network = add_network(broker, "dmz", 0, 2);
		memcpy((char *)network + wrong[i].offset, &wrong[i].value, wrong[i].size);
		assert_int_equal(list_networks(broker, -1), 1);
		assert_int_equal(errno, EPROTO);
	}
}

/* Adds an entry behind the last network that was added. */
static struct tb_published *publish(struct broker *broker)
{
	union tb_any_answer *message = &broker->messages[broker->count - 1];
	struct tb_published *published = &message->published[message->network.published++];

	*published = (struct tb_published){.port = 8080, .count = 2, .guest_port = 80, .protocol = TB_PROTOCOL_TCP};
	strcpy(published->guest_name, "web");
	message->header.size += sizeof(*published);
	broker->sizes[broker->count - 1] += sizeof(*published);
	return published;
}

static int note_published(const struct tap_network *network, void *arg)
{
	const struct tap_published *published = network->published;
	int *seen = arg;

	assert_int_equal(network->published_count, TB_PUBLISHED_MAX);
	assert_string_equal(published[0].host_address, "192.0.2.1");
	assert_string_equal(published[0].guest_name, "web");
	assert_string_equal(published[0].guest_address, "10.7.7.2");
	assert_string_equal(published[0].guest_address6, "");
	assert_int_equal(published[0].port, 8080);
	assert_int_equal(published[0].count, 2);
	assert_int_equal(published[0].guest_port, 80);
	assert_int_equal(published[0].protocol, TB_PROTOCOL_TCP);
	assert_string_equal(published[1].host_address, "");
	assert_string_equal(published[1].guest_address, "");
	assert_string_equal(published[1].guest_address6, "fd00:7::2");
	(*seen)++;
	return 0;
}

static void test_published(void **state)
{
	static const uint8_t host[] = {192, 0, 2, 1}, ipv4[] = {10, 7, 7, 2};
	struct broker *broker = *state;
	struct tb_published *published;
	int seen = 0;

	add_network(broker, "nat", 0, 1);
	published = publish(broker);
	published->host_family = 4;
	memcpy(published->host_address, host, sizeof(host));
	memcpy(published->guest_ipv4, ipv4, sizeof(ipv4));
	published = publish(broker);
	memcpy(published->guest_ipv6, (const uint8_t[16]){0xfd, 0, 0, 7, [15] = 2}, 16);
	for (int i = 2; i < TB_PUBLISHED_MAX; i++)
		publish(broker);
	start(broker);
	assert_int_equal(tapbroker_networks(0, 2000, NULL, note_published, &seen), 0);
	stop(broker);
	assert_int_equal(seen, 1);
}

static void expect_wrong_network(struct broker *broker)
{
	assert_int_equal(list_networks(broker, -1), 0);
	assert_int_equal(errno, EPROTO);
	broker->count = 0;
}

static void test_published_wrong(void **state)
{
	struct broker *broker = *state;

	add_network(broker, "nat", 0, 1)->published = 1; /* and none stands behind */
	expect_wrong_network(broker);
	add_network(broker, "nat", 0, 1);
	publish(broker);
	broker->messages[0].network.published = UINT32_MAX;
	expect_wrong_network(broker);
	add_network(broker, "nat", 0, 1);
	publish(broker);
	broker->messages[0].network.published = TB_PUBLISHED_MAX + 1;
	expect_wrong_network(broker);
	add_network(broker, "nat", 0, 1);
	publish(broker)->host_family = 5;
	expect_wrong_network(broker);
	add_network(broker, "nat", 0, 1);
	publish(broker)->guest_name[1] = ' ';
	expect_wrong_network(broker);
	add_network(broker, "nat", 0, 1);
	publish(broker)->port = 0;
	expect_wrong_network(broker);
	add_network(broker, "nat", 0, 1);
	publish(broker)->count = 0;
	expect_wrong_network(broker);
}

static void test_networks_wrong_size(void **state)
{
	struct broker *broker = *state;

	for (int more = -1; more <= 1; more += 2) {
		broker->count = 0;
		add_network(broker, "lan", 1, 2);
		add_network(broker, "dmz", 0, 2);
		broker->sizes[1] += (size_t)more;
		assert_int_equal(list_networks(broker, -1), 1);
		assert_int_equal(errno, EPROTO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BROKER_TEST(test_open),
		BROKER_TEST(test_refused),
		BROKER_TEST(test_no_broker),
		BROKER_TEST(test_nobody_listens_for_a_moment),
		BROKER_TEST(test_restart),
		BROKER_TEST(test_too_many_connections),
		BROKER_TEST(test_about),
		BROKER_TEST(test_not_a_connection),
		BROKER_TEST(test_full_backlog),
		BROKER_TEST(test_server_is_not_root),
		BROKER_TEST(test_root_has_no_number_here),
		BROKER_TEST(test_may_not_connect),
		BROKER_TEST(test_networks),
		BROKER_TEST(test_networks_stop),
		BROKER_TEST(test_no_networks),
		BROKER_TEST(test_networks_refused),
		BROKER_TEST(test_networks_break_off),
		BROKER_TEST(test_networks_wrong),
		BROKER_TEST(test_published),
		BROKER_TEST(test_published_wrong),
		BROKER_TEST(test_networks_wrong_size),
	};

	become_root();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("client_socket", tests, NULL, NULL);
}
