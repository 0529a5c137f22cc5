/* tap_follow(): a lease whose connection to the broker is lost is followed over others, without waiting. The broker is
 * this test itself. */
#include "tests/unit/client_broker.h"

static const uint8_t other[TB_ID_SIZE] = {9, 9, 9};

/* The device, and the broker's ends of the connections. */
struct scene {
	struct broker *broker;
	struct tap *tap;
	int lifeline;
	int fd; /* of tap_follow() */
	int fds_before;
};

static void begin(void **state, struct scene *scene)
{
	struct tap_request request = TAP_REQUEST_INIT;
	struct tb_answer answer = good_answer();
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int pair[2];

	scene->broker = *state;
	scene->fds_before = count_fds() - 1;
	request.network = "lan";
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	scene->lifeline = pair[1];
	assert_int_equal(tb_send(scene->lifeline, &answer, sizeof(answer), &null, 1), 0);
	close(null);
	assert_true(tapbroker_open_connected(pair[0], &request, &scene->tap) >= 0);
	scene->fd = tapbroker_follow(scene->tap);
	assert_true(scene->fd >= 0);
	assert_int_equal(fcntl(scene->fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(tapbroker_ended(scene->tap, NULL), 0);
}

static void end(struct scene *scene)
{
	assert_int_equal(tapbroker_follow(scene->tap), scene->fd);
	tapbroker_close(scene->tap);
	if (scene->lifeline >= 0)
		close(scene->lifeline);
	assert_int_equal(count_fds(), scene->fds_before);
}

/* What a loop does: waits for news, and looks. */
static int look(struct scene *scene, unsigned int *reason)
{
	assert_int_equal(poll(&(struct pollfd){.fd = scene->fd, .events = POLLIN}, 1, 20000), 1);
	return tapbroker_ended(scene->tap, reason);
}

static void lose(struct scene *scene)
{
	close(scene->lifeline);
	scene->lifeline = -1;
	assert_int_equal(look(scene, NULL), 0);
}

/* The next connection, which asks for this. */
static int accept_request(const struct scene *scene, enum tb_type type)
{
	int sock = accept4(scene->broker->listening, NULL, NULL, SOCK_CLOEXEC);
	struct tb_request request;
	size_t nfds = 0;

	assert_true(sock >= 0);
	assert_int_equal(tb_receive(sock, &request, sizeof(request), NULL, &nfds), sizeof(request));
	assert_int_equal(request.header.type, type);
	assert_int_equal(request.flags, 0);
	return sock;
}

static void tell_event(int sock, enum tb_event_what what, const uint8_t lease[TB_ID_SIZE], uint32_t lost)
{
	struct tb_event event = {.what = what, .when = 1700000000, .lost = lost};

	tb_header_set(&event.header, TB_ANS_EVENT, sizeof(event));
	if (lease != NULL) {
		memcpy(event.lease, lease, TB_ID_SIZE);
		event.reason = TB_REASON_REVOKED;
	}
	assert_int_equal(tb_send(sock, &event, sizeof(event), NULL, 0), 0);
}

static void tell_lease(int sock, const uint8_t lease[TB_ID_SIZE], uint32_t left, uint32_t count)
{
	struct tb_lease entry = {.left = left, .count = count, .ifindex = 7, .kind = TB_KIND_TAP};

	tb_header_set(&entry.header, TB_ANS_LEASE, sizeof(entry));
	memcpy(entry.lease, lease, TB_ID_SIZE);
	assert_int_equal(tb_send(sock, &entry, sizeof(entry), NULL, 0), 0);
}

/* The broker is there again and has the lease. Returns the watch. */
static int come_back(struct scene *scene)
{
	const struct tb_answer answer = good_answer();
	int watch = accept_request(scene, TB_REQ_WATCH);
	int list;

	tell_event(watch, TB_EVENT_WATCHING, NULL, 0);
	assert_int_equal(look(scene, NULL), 0);
	list = accept_request(scene, TB_REQ_LIST);
	tell_lease(list, other, 1, 2);
	tell_lease(list, answer.lease, 0, 2);
	close(list);
	assert_int_equal(look(scene, NULL), 0);
	assert_int_equal(poll(&(struct pollfd){.fd = scene->fd, .events = POLLIN}, 1, 0), 0);
	return watch;
}

static void test_the_lifeline_tells(void **state)
{
	struct tb_end message = {.reason = TB_REASON_RELEASED, .lease = {1, 2, 3}};
	unsigned int reason = 0;
	struct scene scene;

	begin(state, &scene);
	tb_header_set(&message.header, TB_ANS_END, sizeof(message));
	assert_int_equal(tb_send(scene.lifeline, &message, sizeof(message), NULL, 0), 0);
	assert_int_equal(look(&scene, &reason), 1);
	assert_int_equal(reason, TAP_ENDED_RELEASED);
	end(&scene);
}

static void test_a_watch_tells(void **state)
{
	const struct tb_answer answer = good_answer();
	unsigned int reason = 0;
	struct scene scene;
	int watch;

	begin(state, &scene);
	lose(&scene);
	watch = come_back(&scene);
	tell_event(watch, TB_EVENT_ENDED, other, 0);
	tell_event(watch, TB_EVENT_OPENED, answer.lease, 0);
	assert_int_equal(look(&scene, &reason), 0);
	tell_event(watch, TB_EVENT_ENDED, answer.lease, 0);
	assert_int_equal(look(&scene, &reason), 1);
	assert_int_equal(reason, TAP_ENDED_REVOKED);
	assert_int_equal(tapbroker_ended(scene.tap, &reason), 1);
	close(watch);
	end(&scene);
}

static void test_a_lease_that_is_not_there_has_ended(void **state)
{
	unsigned int reason = 0;
	struct scene scene;
	int watch;
	int list;

	begin(state, &scene);
	lose(&scene);
	watch = accept_request(&scene, TB_REQ_WATCH);
	tell_event(watch, TB_EVENT_WATCHING, NULL, 0);
	assert_int_equal(look(&scene, NULL), 0);
	list = accept_request(&scene, TB_REQ_LIST);
	tell_lease(list, other, 0, 1);
	assert_int_equal(look(&scene, &reason), 1);
	assert_int_equal(reason, TAP_ENDED_UNSEEN);
	assert_non_null(strstr(tapbroker_reason(reason), "nobody could say why"));
	close(list);
	close(watch);
	end(&scene);
}

/* The user's watches are used up: the list is asked for again and again. */
static void test_without_a_watch(void **state)
{
	struct tb_lease none = {.count = 0};
	unsigned int reason = 0;
	struct scene scene;
	int sock;

	begin(state, &scene);
	lose(&scene);
	for (int round = 0; round < 2; round++) {
		struct tb_event busy = {.status = TB_BUSY, .check = TB_CHECK_WATCHES};
		const struct tb_answer answer = good_answer();

		tb_header_set(&busy.header, TB_ANS_EVENT, sizeof(busy));
		sock = accept_request(&scene, TB_REQ_WATCH);
		assert_int_equal(tb_send(sock, &busy, sizeof(busy), NULL, 0), 0);
		close(sock);
		assert_int_equal(look(&scene, NULL), 0);
		sock = accept_request(&scene, TB_REQ_LIST);
		if (round == 0)
			tell_lease(sock, answer.lease, 0, 1);
		tb_header_set(&none.header, TB_ANS_LEASE, sizeof(none));
		if (round == 1)
			assert_int_equal(tb_send(sock, &none, sizeof(none), NULL, 0), 0);
		close(sock);
		assert_int_equal(look(&scene, &reason), round);
		if (round == 0)
			assert_int_equal(look(&scene, NULL), 0); /* the clock */
	}
	assert_int_equal(reason, TAP_ENDED_UNSEEN);
	end(&scene);
}

static void test_events_that_were_lost(void **state)
{
	unsigned int reason = 0;
	struct scene scene;
	int watch;
	int list;

	begin(state, &scene);
	lose(&scene);
	watch = come_back(&scene);
	tell_event(watch, TB_EVENT_ENDED, other, 3);
	assert_int_equal(look(&scene, NULL), 0);
	list = accept_request(&scene, TB_REQ_LIST);
	tell_lease(list, other, 0, 1);
	close(list);
	assert_int_equal(look(&scene, &reason), 1);
	assert_int_equal(reason, TAP_ENDED_UNSEEN);
	close(watch);
	end(&scene);
}

/* Neither an end nor a busy loop; and it is looked for again. */
static void test_no_broker_for_a_while(void **state)
{
	struct scene scene;

	begin(state, &scene);
	close(scene.broker->listening);
	lose(&scene);
	assert_int_equal(poll(&(struct pollfd){.fd = scene.fd, .events = POLLIN}, 1, 0), 0);
	assert_int_equal(tapbroker_ended(scene.tap, NULL), 0);
	scene.broker->listening = listening_socket(&scene.broker->address, SOCK_SEQPACKET);
	assert_int_equal(look(&scene, NULL), 0);
	close(come_back(&scene)); /* and gone once more */
	assert_int_equal(look(&scene, NULL), 0);
	assert_int_equal(look(&scene, NULL), 0);
	close(come_back(&scene));
	end(&scene);
}

/* A broker that speaks nonsense is asked again, and has ended nothing. */
static void test_a_list_that_is_none(void **state)
{
	const struct tb_answer answer = good_answer();
	struct scene scene;
	int watch;
	int list;

	begin(state, &scene);
	lose(&scene);
	watch = accept_request(&scene, TB_REQ_WATCH);
	tell_event(watch, TB_EVENT_WATCHING, NULL, 0);
	assert_int_equal(look(&scene, NULL), 0);
	list = accept_request(&scene, TB_REQ_LIST);
	tell_lease(list, answer.lease, 7, 2);
	close(list);
	assert_int_equal(look(&scene, NULL), 0);
	close(watch);
	assert_int_equal(look(&scene, NULL), 0); /* the clock */
	close(come_back(&scene));
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BROKER_TEST(test_the_lifeline_tells),
		BROKER_TEST(test_a_watch_tells),
		BROKER_TEST(test_a_lease_that_is_not_there_has_ended),
		BROKER_TEST(test_without_a_watch),
		BROKER_TEST(test_events_that_were_lost),
		BROKER_TEST(test_no_broker_for_a_while),
		BROKER_TEST(test_a_list_that_is_none),
	};

	become_root();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
