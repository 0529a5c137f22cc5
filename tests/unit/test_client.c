/* libtapbroker over a connection that is there already: what it asks, what the handle knows, when it gives up, and how
 * a lease ends. test_client_answer.c has the answers that it does not take, test_client_socket.c the way to the broker.
 */
#include "proto/name.h"
#include "tests/unit/client.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void expect_nothing_asked(const struct talk *talk)
{
	char byte;

	assert_int_equal(recv(talk->broker, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static void test_device(void **state)
{
	struct talk *talk = *state;
	struct tb_answer answer = good_answer();
	struct tb_request request;
	struct tap *tap;
	size_t nfds = 0;
	int lifeline = talk->ours;

	talk->request.name = "vm0";
	talk->request.kind = TAP_KIND_TAP;
	talk->request.flags = TAP_VNET_HDR | TAP_INTERACTIVE | TAP_BRIDGE;
	talk->request.lifetime = TAP_LIFETIME_FD;
	talk->request.mtu = 1400;
	talk->request.queues = 3;
	assert_int_equal(tb_field_set(answer.name, sizeof(answer.name), "vm0"), 0);
	answer.flags = TB_REQUEST_VNET_HDR;
	answer.mtu = 1400;
	answer.queues = 3;
	tap = open_device(talk, &answer);

	assert_int_equal(tapbroker_lifeline(tap), lifeline);
	assert_int_equal(tapbroker_queues(tap), 3);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(fcntl(tapbroker_fd(tap, i), F_GETFD), FD_CLOEXEC);
	assert_int_equal(tapbroker_fd(tap, 3), -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(tapbroker_name(tap), "vm0");
	assert_int_equal(tapbroker_kind(tap), TAP_KIND_TAP);
	assert_int_equal(tapbroker_flags(tap), TAP_VNET_HDR);
	assert_int_equal(tapbroker_mtu(tap), 1400);
	assert_int_equal(tapbroker_ifindex(tap), 7);
	assert_memory_equal(tapbroker_mac(tap), answer.mac, 6);
	assert_string_equal(tapbroker_lease_id(tap), "01020300000000000000000000000000");

	assert_int_equal(tb_receive(talk->broker, &request, sizeof(request), NULL, &nfds), sizeof(request));
	assert_true(tb_header_valid(&request.header, TB_REQ_OPEN, sizeof(request)));
	assert_string_equal(request.network, "lan");
	assert_string_equal(request.name, "vm0");
	assert_int_equal(request.kind, TB_KIND_TAP);
	assert_int_equal(request.flags, TB_REQUEST_VNET_HDR | TB_REQUEST_INTERACTIVE | TB_REQUEST_BRIDGE);
	assert_int_equal(request.lifetime, TB_LIFETIME_FD);
	assert_int_equal(request.mtu, 1400);
	assert_int_equal(request.queues, 3);

	errno = 42;
	tapbroker_close(tap);
	tapbroker_close(NULL);
	assert_int_equal(errno, 42);
}

static void test_detach(void **state)
{
	struct talk *talk = *state;
	struct tb_answer answer = good_answer();
	struct tap *tap = open_device(talk, &answer);
	int fd = tapbroker_fd(tap, 0);

	talk->ours = tapbroker_lifeline(tap);
	tapbroker_detach(tap);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
}

static void test_broker_closes(void **state)
{
	struct talk *talk = *state;

	shutdown(talk->broker, SHUT_WR);
	expect_error(talk, ECONNRESET);
	close(talk->broker);
	talk->broker = -1;
	expect_error(talk, ECONNRESET);
}

static void on_alarm(int number)
{
	(void)number;
}

static void test_timeout(void **state)
{
	const struct itimerval often = {{0, 3000}, {0, 3000}}, never = {{0, 0}, {0, 0}};
	struct sigaction action = {.sa_handler = on_alarm}; /* without SA_RESTART */
	struct talk *talk = *state;
	int64_t start = milliseconds();

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	talk->request.timeout = 100;
	expect_error(talk, ETIMEDOUT);
	setitimer(ITIMER_REAL, &never, NULL);
	assert_in_range(milliseconds() - start, 98, 1000);
}

static void test_full_fd_table(void **state)
{
	struct talk *talk = *state;
	struct rlimit before, limit;
	int lowest = dup(talk->ours);

	close(lowest);
	getrlimit(RLIMIT_NOFILE, &before);
	limit = before;
	limit.rlim_cur = (rlim_t)lowest + 3;
	setrlimit(RLIMIT_NOFILE, &limit);
	talk->request.queues = 4;
	expect_error(talk, EMFILE);
	setrlimit(RLIMIT_NOFILE, &before);
	expect_nothing_asked(talk);
}

static void test_bad_requests(void **state)
{
	static const char *const bad_names[] = {"A",   "0a",      "-",   "a/b", "a b",     "a..b",
						"all", "default", "a\n", "a%d", "\xc3\xa4"};
	struct talk *talk = *state;
	const struct tap_request good = talk->request;

	for (size_t i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++) {
		talk->request.name = bad_names[i];
		expect_error(talk, EINVAL);
	}
	talk->request.name = "a123456789012345";
	expect_error(talk, EINVAL);
#define EXPECT(member, bad, error) (talk->request = good, talk->request.member = (bad), expect_error(talk, error))
	EXPECT(network, NULL, EINVAL);
	EXPECT(network, "", EINVAL);
	EXPECT(network, "Lan", EINVAL);
	EXPECT(network, "a.b", EINVAL);
	EXPECT(network, "a1234567890123456789012345678901", EINVAL);
	EXPECT(kind, 4, EINVAL);
	EXPECT(mtu, 67, EINVAL);
	EXPECT(mtu, 65536, EINVAL);
	EXPECT(queues, 17, EINVAL);
	EXPECT(timeout, -2, EINVAL);
	EXPECT(flags, 1u << 3, E2BIG);
	EXPECT(flags, TAP_ALL, E2BIG);
	EXPECT(flags, TAP_VHOST, EINVAL);                  /* without the header */
	EXPECT(lifetime, TAP_LIFETIME_PERSISTENT, EINVAL); /* which brings no fd: tap_reserve() */
	EXPECT(lifetime, TAP_LIFETIME_NAMESPACE, EINVAL);
	EXPECT(lifetime, 4, EINVAL);
	EXPECT(external_id, "a b", EINVAL);
	EXPECT(external_id, "/a", EINVAL);
	EXPECT(size, 0, EINVAL);
	EXPECT(size, offsetof(struct tap_request, external_id) - 1, EINVAL);
	EXPECT(size, 1 << 20, E2BIG);
#undef EXPECT
	expect_nothing_asked(talk);
}

/* A program that was built for a later library asks this one. */
static void test_growth(void **state)
{
	struct talk *talk = *state;
	struct tb_answer answer = good_answer();
	struct {
		struct tap_request request;
		uint64_t later[4];
	} larger;
	struct tap *tap;

	memset(&larger, 0, sizeof(larger));
	larger.request = talk->request;
	larger.request.size = sizeof(larger);
	larger.later[3] = 1;
	assert_int_equal(tapbroker_open_connected(talk->ours, &larger.request, &tap), -1);
	assert_int_equal(errno, E2BIG);
	expect_nothing_asked(talk);
	larger.later[3] = 0;
	send_answer(talk, &answer, sizeof(answer), 1);
	assert_true(tapbroker_open_connected(talk->ours, &larger.request, &tap) >= 0);
	talk->ours = -1;
	tapbroker_close(tap);
}

static void expect_ended(struct tap *tap, unsigned int expected)
{
	unsigned int reason = 99;

	errno = 42;
	assert_int_equal(tapbroker_ended(tap, &reason), 1);
	assert_int_equal(reason, expected);
	assert_int_equal(tapbroker_ended(tap, NULL), 1);
	assert_int_equal(errno, 42);
	reason = 99;
	assert_int_equal(tapbroker_ended(tap, &reason), 1);
	assert_int_equal(reason, expected);
	tapbroker_close(tap);
}

static void test_ended_with_reason(void **state)
{
	struct talk *talk = *state;
	struct tb_answer answer = good_answer();
	struct tap *tap = open_device(talk, &answer);
	struct tb_end end = {.reason = TB_REASON_REVOKED};

	assert_int_equal(tapbroker_ended(tap, NULL), 0);
	tb_header_set(&end.header, TB_ANS_END, sizeof(end));
	memcpy(end.lease, answer.lease, sizeof(end.lease));
	send_answer(talk, &end, sizeof(end), 0);
	shutdown(talk->broker, SHUT_WR);
	expect_ended(tap, TAP_ENDED_REVOKED);
}

static void test_ended_without_a_word(void **state)
{
	struct talk *talk = *state;
	struct tb_answer answer = good_answer();
	struct tap *tap = open_device(talk, &answer);

	close(talk->broker);
	talk->broker = -1;
	expect_ended(tap, TAP_ENDED_LOST);
}

static void test_ended_with_nonsense(void **state)
{
	struct talk *talk = *state;
	struct tb_answer answer = good_answer();
	struct tap *tap = open_device(talk, &answer);
	struct tb_end end = {.reason = TB_REASON_REVOKED};

	tb_header_set(&end.header, TB_ANS_END, sizeof(end)); /* and another lease */
	send_answer(talk, &end, sizeof(end), 0);
	expect_ended(tap, TAP_ENDED_LOST);
}

static void test_texts(void **state)
{
	static const int errors[] = {EACCES, EBADMSG, EAGAIN, EDQUOT,    ENOSPC,     EEXIST,       ENODEV,
				     ESTALE, EIO,     EINVAL, E2BIG,     ENOENT,     ECONNREFUSED, ENOTCONN,
				     EPERM,  EPROTO,  ENOMEM, EMFILE,    ECONNRESET, ETIMEDOUT,    ENFILE,
				     ENXIO,  EXDEV,   EUSERS, EREMOTEIO, 0};
	const char *unknown = tapbroker_strerror(EDOM);

	(void)state;
	assert_non_null(unknown);
	assert_ptr_equal(tapbroker_strerror(-1), unknown);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		assert_ptr_not_equal(tapbroker_strerror(errors[i]), unknown);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(tapbroker_strerror(errors[i]), tapbroker_strerror(errors[j]));
	}
	for (unsigned int reason = 0; reason < TB_REASON_COUNT; reason++)
		assert_ptr_not_equal(tapbroker_reason(reason), tapbroker_reason(1000));
	assert_ptr_equal(tapbroker_reason(TB_REASON_COUNT), tapbroker_reason(1000));
	assert_non_null(tapbroker_reason(1000));
	for (unsigned int stage = 0; stage <= TB_STAGE_UP; stage++)
		assert_ptr_not_equal(tapbroker_stage(stage), tapbroker_stage(1000));
	assert_non_null(tapbroker_stage(1000));
	for (unsigned int check = 0; check < TB_CHECK_COUNT; check++)
		assert_ptr_not_equal(tapbroker_check(check), tapbroker_check(1000));
	assert_non_null(tapbroker_check(1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TALK_TEST(test_device),
		TALK_TEST(test_detach),
		TALK_TEST(test_broker_closes),
		TALK_TEST(test_timeout),
		TALK_TEST(test_full_fd_table),
		TALK_TEST(test_bad_requests),
		TALK_TEST(test_growth),
		TALK_TEST(test_ended_with_reason),
		TALK_TEST(test_ended_without_a_word),
		TALK_TEST(test_ended_with_nonsense),
		cmocka_unit_test(test_texts),
	};

	become_root();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
