/* libtapbroker for programs with a loop: an opening that is begun and finished, and waiting for packets and the end. */
#include "tests/unit/client_broker.h"

#include <poll.h>

static const struct tap_request lan = {sizeof(struct tap_request), "lan", NULL, 0, 0, 0, 0, 0, 0, NULL, NULL};

static void await(int fd)
{
	assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 2000), 1);
}

static void test_begin_and_finish(void **state)
{
	struct broker *broker = *state;
	struct tap_opening *opening;
	struct tap *tap = NULL;
	int before = count_fds();
	int fd;

	add_answer(broker, good_answer());
	fd = tapbroker_open_begin(&lan, &opening);
	assert_true(fd >= 0);
	assert_int_equal(tapbroker_open_finish(opening, &tap), 0);
	assert_null(tap);
	start(broker);
	await(fd);
	assert_int_equal(tapbroker_open_finish(opening, &tap), 1);
	stop(broker);
	assert_string_equal(broker->request.network, "lan");
	assert_int_equal(tapbroker_lifeline(tap), fd);
	assert_true(tapbroker_fd(tap, 0) >= 0);
	tapbroker_close(tap);
	assert_int_equal(count_fds(), before);
}

static void test_refused(void **state)
{
	struct tap_failure failure = TAP_FAILURE_INIT;
	struct tap_request request = lan;
	struct broker *broker = *state;
	struct tap_opening *opening;
	int before = count_fds();
	struct tap *tap;
	int fd;

	request.failure = &failure;
	add_answer(broker, refusal(TB_QUOTA_USER));
	fd = tapbroker_open_begin(&request, &opening);
	start(broker);
	await(fd);
	assert_int_equal(tapbroker_open_finish(opening, &tap), -1);
	assert_int_equal(errno, EDQUOT);
	assert_int_equal(failure.held, 4);
	assert_null(tap);
	stop(broker);
	assert_int_equal(count_fds(), before);
}

static void test_cancelled(void **state)
{
	struct tap_opening *opening;
	int before = count_fds();

	(void)state;
	assert_true(tapbroker_open_begin(&lan, &opening) >= 0);
	errno = 77;
	tapbroker_open_cancel(opening);
	tapbroker_open_cancel(NULL);
	assert_int_equal(errno, 77);
	assert_int_equal(count_fds(), before);
}

/* What cannot begin says so at once. */
static void test_begin_does_not_wait(void **state)
{
	struct broker *broker = *state;
	struct tap_request wrong = lan;
	struct tap_opening *opening;
	int64_t began = milliseconds();
	int waiting[4];
	int count = 0;

	wrong.mtu = 1;
	assert_int_equal(tapbroker_open_begin(&wrong, &opening), -1);
	assert_int_equal(errno, EINVAL);
	/* The backlog takes two. */
	do {
		waiting[count] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	} while (connect(waiting[count], (struct sockaddr *)&broker->address, sizeof(broker->address)) == 0 &&
		 ++count < 4);
	assert_int_equal(tapbroker_open_begin(&lan, &opening), -1);
	assert_int_equal(errno, EAGAIN);
	assert_null(opening);
	close(broker->listening);
	assert_int_equal(tapbroker_open_begin(&lan, &opening), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_true(milliseconds() - began < 1000);
	for (int i = 0; i <= count && i < 4; i++)
		close(waiting[i]);
	broker->listening = dup(0); /* for the end of the test */
}

/* A device of which the test has the other end. */
static struct tap *open_pipe(struct talk *talk, int *end)
{
	struct tb_answer answer = good_answer();
	int pair[2];
	struct tap *tap;

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(tb_send(talk->broker, &answer, sizeof(answer), pair, 1), 0);
	close(pair[0]);
	*end = pair[1];
	assert_true(tapbroker_open_connected(talk->ours, &talk->request, &tap) >= 0);
	talk->ours = -1;
	return tap;
}

static void test_wait_for_a_packet(void **state)
{
	struct talk *talk = *state;
	int end;
	struct tap *tap = open_pipe(talk, &end);

	assert_int_equal(tapbroker_wait(tap, 10), 0);
	assert_int_equal(send(end, "packet", 6, 0), 6);
	assert_int_equal(tapbroker_wait(tap, -1), TAP_WAIT_PACKET);
	close(end);
	tapbroker_close(tap);
}

static void test_wait_for_the_end(void **state)
{
	struct tb_end message = {.reason = TB_REASON_REVOKED, .lease = {1, 2, 3}};
	struct talk *talk = *state;
	unsigned int reason = 0;
	int end;
	struct tap *tap = open_pipe(talk, &end);

	tb_header_set(&message.header, TB_ANS_END, sizeof(message));
	assert_int_equal(tb_send(talk->broker, &message, sizeof(message), NULL, 0), 0);
	assert_int_equal(send(end, "packet", 6, 0), 6);
	for (int i = 0; i < 2; i++)
		assert_int_equal(tapbroker_wait(tap, -1), TAP_WAIT_ENDED);
	assert_int_equal(tapbroker_ended(tap, &reason), 1);
	assert_int_equal(reason, TAP_ENDED_REVOKED);
	close(end);
	tapbroker_close(tap);
}

/* The device is there: neither an end nor a busy loop. */
static void test_a_lost_connection_is_no_end(void **state)
{
	struct talk *talk = *state;
	int end;
	struct tap *tap = open_pipe(talk, &end);

	close(talk->broker);
	talk->broker = -1;
	assert_int_equal(tapbroker_wait(tap, 10), 0);
	assert_int_equal(send(end, "packet", 6, 0), 6);
	assert_int_equal(tapbroker_wait(tap, -1), TAP_WAIT_PACKET);
	close(end);
	tapbroker_close(tap);
}

static void test_take_an_fd(void **state)
{
	struct talk *talk = *state;
	int end;
	struct tap *tap = open_pipe(talk, &end);
	int fd = tapbroker_fd(tap, 0);

	assert_int_equal(tapbroker_take_fd(tap, 0), fd);
	assert_int_equal(tapbroker_fd(tap, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(tapbroker_take_fd(tap, 0), -1);
	assert_int_equal(send(end, "packet", 6, 0), 6);
	assert_int_equal(tapbroker_wait(tap, 10), 0);
	tapbroker_close(tap);
	assert_int_equal(close(fd), 0);
	close(end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BROKER_TEST(test_begin_and_finish),
		BROKER_TEST(test_refused),
		BROKER_TEST(test_cancelled),
		BROKER_TEST(test_begin_does_not_wait),
		TALK_TEST(test_wait_for_a_packet),
		TALK_TEST(test_wait_for_the_end),
		TALK_TEST(test_a_lost_connection_is_no_end),
		TALK_TEST(test_take_an_fd),
	};

	become_root();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
