/* Unit test of clients' sockets: what is queued in them is seen and never received, and the clerk never makes the last
 * close of one that may hold a descriptor. The time is real here, and so are the processes that close. */
#include "tests/unit/clerk.h"

#include <netinet/in.h>
#include <signal.h>
#include <time.h>

#include <cmocka.h>

static int client;
static int own;

static int set_up(void **state)
{
	(void)state;
	signal(SIGCHLD, SIG_IGN);
	test_networks_set();
	clerk_open();
	client = client_socket(ALICE, &own);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	client_socket_hang_up(&own);
	tb_close(&client);
	clerk_pass(200);
	clerk_close();
	return 0;
}

static void client_send(const char *text, const int *fds, size_t nfds)
{
	assert_int_equal(tb_send(client, text, strlen(text), fds, nfds), 0);
}

static uint64_t real_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void test_what_is_queued(void **state)
{
	int two[2] = {0, 1};

	(void)state;
	assert_int_equal(client_socket_queued(own), QUEUED_NOTHING);
	client_send("abc", NULL, 0);
	assert_int_equal(client_socket_queued(own), QUEUED_BYTES);
	/* It stays where it is. */
	assert_int_equal(client_socket_queued(own), QUEUED_BYTES);
	client_socket_hang_up(&own);
	tb_close(&client);
	client = client_socket(ALICE, &own);
	client_send("abc", two, 1);
	assert_int_equal(client_socket_queued(own), QUEUED_FDS);
	client_socket_hang_up(&own);
	tb_close(&client);
	client = client_socket(ALICE, &own);
	client_send("", two, 2);
	assert_int_equal(client_socket_queued(own), QUEUED_FDS);
	client_socket_hang_up(&own);
	tb_close(&client);
	client = client_socket(ALICE, &own);
	client_send("", NULL, 0);
	assert_int_equal(client_socket_queued(own), QUEUED_BYTES);
	tb_close(&client);
	assert_int_equal(client_socket_queued(own), QUEUED_BYTES);
}

static void test_client_there_or_gone(void **state)
{
	(void)state;
	assert_false(client_socket_hung_up(own));
	client_send("abc", NULL, 0);
	assert_false(client_socket_hung_up(own));
	/* As read_message.c does with each. */
	shutdown(own, SHUT_RD);
	assert_false(client_socket_hung_up(own));
	tb_close(&client);
	assert_true(client_socket_hung_up(own));
	assert_int_equal(client_socket_queued(own), QUEUED_BYTES);
}

/* Bytes that nobody has read would make the kernel say ECONNRESET, ahead of our answer. */
static void test_answer_before_the_end(void **state)
{
	char text[8] = "";

	(void)state;
	client_send("abc", NULL, 0);
	client_send("", NULL, 0);
	client_send("def", NULL, 0);
	assert_int_equal(send(own, "no", 2, 0), 2);
	client_socket_hang_up(&own);
	assert_int_equal(own, -1);
	assert_int_equal(recv(client, text, sizeof(text), MSG_DONTWAIT), 2);
	assert_int_equal(recv(client, text, sizeof(text), MSG_DONTWAIT), 0);
}

static void test_nothing_to_close(void **state)
{
	int none = -1;

	(void)state;
	client_socket_hang_up(&none);
	assert_int_equal(none, -1);
}

/* A TCP socket that lingers for three seconds when it is closed, with something that its peer does not take. */
static int lingering_socket(int *peer)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct linger linger = {.l_onoff = 1, .l_linger = 3};
	socklen_t size = sizeof(address);
	int listening = socket(AF_INET, SOCK_STREAM, 0);
	int sock = socket(AF_INET, SOCK_STREAM, 0);
	char bytes[65536] = "";

	assert_int_equal(bind(listening, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listening, 1), 0);
	assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(connect(sock, (struct sockaddr *)&address, size), 0);
	*peer = accept(listening, NULL, NULL);
	close(listening);
	while (send(sock, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	assert_int_equal(setsockopt(sock, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	return sock;
}

static void close_without_waiting(const char *before)
{
	const struct timeval patience = {.tv_sec = 10};
	char bytes[4096];
	uint64_t began;
	ssize_t got;
	int fd;
	int peer;

	fd = lingering_socket(&peer);
	if (before != NULL)
		client_send(before, NULL, 0);
	client_send("", &fd, 1);
	/* The client has the last copy but the one that is queued. */
	syscall(SYS_close_range, fd, fd, 0);
	tb_close(&client);
	began = real_ms();
	client_socket_hang_up(&own);
	assert_int_equal(own, -1);
	clerk_pass(200);
	assert_true(real_ms() - began < 1000);
	/* And it is closed: by the process that has exited. */
	assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	while ((got = recv(peer, bytes, sizeof(bytes), 0)) > 0)
		;
	assert_int_equal(got, 0);
	close(peer);
	client = client_socket(ALICE, &own);
}

static void test_lingering_in_the_first_message(void **state)
{
	(void)state;
	close_without_waiting(NULL);
}

static void test_lingering_behind_another_message(void **state)
{
	(void)state;
	close_without_waiting("abc");
}

/* Sockets that come together are closed by one process, and then there is a pause. */
static void test_closer_has_pauses(void **state)
{
	int clients[3];

	(void)state;
	clerk_pass(1000);
	assert_int_equal(lingering_expire(), -1);
	for (int i = 0; i < 3; i++) {
		int zero = 0;
		int ours;

		clients[i] = client_socket(ALICE, &ours);
		assert_int_equal(tb_send(clients[i], "x", 1, &zero, 1), 0);
		client_socket_hang_up(&ours);
		/* The first is taken at once, the others wait. */
		assert_int_equal(lingering_expire(), i == 0 ? -1 : 100);
	}
	test_now += 100;
	assert_int_equal(lingering_expire(), -1);
	for (int i = 0; i < 3; i++)
		close(clients[i]);
}

/* The whole way: a request with a descriptor, or with one behind it, is none. */
static void test_requests_with_descriptors(void **state)
{
	struct tb_request request;

	(void)state;
	request_set(&request, TB_REQ_ABOUT);
	for (int behind = 0; behind < 2; behind++) {
		union test_message message;
		int zero = 0;
		int ours;
		int asking = client_socket(0, &ours);

		assert_int_equal(tb_send(asking, &request, sizeof(request), &zero, behind ? 0 : 1), 0);
		if (behind)
			assert_int_equal(tb_send(asking, "", 0, &zero, 1), 0);
		flow_begin(ours);
		assert_int_equal(take(asking, &message, NULL), behind ? TB_ANS_ABOUT : TB_ANS_OPEN);
		assert_int_equal(message.answer.status, TB_MALFORMED);
		assert_int_equal(take(asking, &message, NULL), -1);
		close(asking);
		assert_true(TAILQ_EMPTY(requests_used()));
	}
}

/* Requests that are none: too short, too long, not of this protocol, or with what such a request does not have. */
static void test_malformed_requests(void **state)
{
	char bytes[TB_REQUEST_MAX + 8] = "";
	struct tb_request *request = (struct tb_request *)bytes;
	const struct {
		size_t size;
		uint32_t magic;
		uint32_t mtu;
	} rows[] = {
		{sizeof(*request), TB_MAGIC, 0},
		{sizeof(*request) - 1, TB_MAGIC, 0},
		{sizeof(*request) + 1, TB_MAGIC, 0},
		{sizeof(bytes), TB_MAGIC, 0},
		{1, TB_MAGIC, 0},
		{0, TB_MAGIC, 0},
		{sizeof(*request), 1, 0},
		{sizeof(*request), TB_MAGIC, 1500},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		union test_message message;
		int ours;
		int asking = client_socket(0, &ours);

		request_set(request, TB_REQ_ABOUT);
		request->header.magic = rows[i].magic;
		request->mtu = rows[i].mtu;
		assert_int_equal(send(asking, bytes, rows[i].size, 0), rows[i].size);
		flow_begin(ours);
		assert_true(take(asking, &message, NULL) > 0);
		assert_int_equal(message.answer.status, i == 0 ? TB_OK : TB_MALFORMED);
		assert_true(TAILQ_EMPTY(requests_used()));
		close(asking);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_queued, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_client_there_or_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_answer_before_the_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_to_close, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lingering_in_the_first_message, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lingering_behind_another_message, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_closer_has_pauses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_requests_with_descriptors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_malformed_requests, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
