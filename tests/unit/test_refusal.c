/* Unit test of refusals: broker/monitor/refusal.c, with the table of requests and their deadlines. */
#include "tests/unit/monitor.h"

#include "proto/channel.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ALICE 1000

/* As many milliseconds ago as a busy machine cannot make 20 of: it is yet to come. */
#define JUST_NOW (-60000)

static struct monitor monitor;

/* A request, and the client's end of its socket. */
struct asked {
	struct request *request;
	int client;
};

static int set_up(void **state)
{
	(void)state;
	return monitor_start(&monitor, 8);
}

static int tear_down(void **state)
{
	(void)state;
	monitor_end(&monitor);
	return 0;
}

/* A request of this user's that has come so many milliseconds ago. */
static struct asked ask(uid_t uid, int64_t ago)
{
	struct asked asked = {.request = TAILQ_FIRST(&monitor.requests.free)};
	int pair[2];

	assert_non_null(asked.request);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	TAILQ_REMOVE(&monitor.requests.free, asked.request, link);
	TAILQ_INSERT_TAIL(&monitor.requests.used, asked.request, link);
	asked.request->state = REQUEST_WAITING;
	asked.request->peer = (struct peer){.sock = pair[1], .pidfd = -1, .uid = uid};
	asked.request->began = monotonic_ms() - (uint64_t)ago;
	asked.request->message.header.type = TB_REQ_OPEN;
	asked.client = pair[0];
	return asked;
}

/* What the client has been told, or -1. */
static int told(struct asked asked)
{
	struct tb_answer answer;
	size_t nfds = 0;
	long length = tb_receive(asked.client, &answer, sizeof(answer), NULL, &nfds);

	if (length == -EAGAIN)
		return -1;
	assert_int_equal(length, sizeof(answer));
	return (int)answer.status;
}

static void expect_told(struct asked asked, int status)
{
	assert_int_equal(told(asked), status);
	assert_int_equal(asked.request->state, REQUEST_FREE);
	close(asked.client);
}

static void expect_waiting(struct asked asked)
{
	assert_int_equal(told(asked), -1);
	assert_int_equal(asked.request->state, REQUEST_REFUSED);
}

static void test_a_refusal_waits_for_its_time(void **state)
{
	struct asked asked = ask(ALICE, JUST_NOW);
	int wait;

	(void)state;
	request_refuse(&monitor, asked.request, TB_DENIED, "no-network");
	expect_waiting(asked);
	wait = requests_expire(&monitor);
	assert_in_range(wait, 1, 20 - JUST_NOW);
	expect_waiting(asked);
	asked.request->deadline = monotonic_ms();
	assert_int_equal(requests_expire(&monitor), -1);
	expect_told(asked, TB_DENIED);
}

static void test_one_that_was_not_read_too(void **state)
{
	struct asked asked = ask(ALICE, JUST_NOW);

	(void)state;
	request_refuse_unread(&monitor, asked.request, TB_BUSY);
	expect_waiting(asked);
	asked.request->deadline = monotonic_ms();
	requests_expire(&monitor);
	expect_told(asked, TB_BUSY);
}

/* What polkit has thought about for longer. */
static void test_who_has_waited_waits_no_more(void **state)
{
	struct asked asked = ask(ALICE, 20);

	(void)state;
	request_refuse(&monitor, asked.request, TB_DENIED, "polkit-no");
	expect_told(asked, TB_DENIED);
}

static void test_root_does_not_wait(void **state)
{
	struct asked asked = ask(0, JUST_NOW);

	(void)state;
	request_refuse(&monitor, asked.request, TB_DENIED, "no-network");
	expect_told(asked, TB_DENIED);
}

static void test_who_hangs_up_meanwhile_is_forgotten(void **state)
{
	struct asked asked = ask(ALICE, JUST_NOW);

	(void)state;
	request_refuse(&monitor, asked.request, TB_DENIED, "no-network");
	close(asked.client);
	request_interrupted(&monitor, (uint32_t)(asked.request - monitor.requests.requests));
	assert_int_equal(asked.request->state, REQUEST_FREE);
}

/* Half of the table is left to those that can still be granted. */
static void test_refusals_do_not_fill_the_table(void **state)
{
	struct asked asked[REQUESTS_MAX / 2 + 10];
	size_t waiting = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		asked[i] = ask(ALICE + (uid_t)i, JUST_NOW);
		request_refuse(&monitor, asked[i].request, TB_DENIED, "no-network");
		if (told(asked[i]) < 0)
			waiting++;
		else
			assert_true(i >= REQUESTS_MAX / 2);
	}
	assert_int_equal(waiting, REQUESTS_MAX / 2);
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		asked[i].request->deadline = monotonic_ms();
		requests_expire(&monitor);
		close(asked[i].client);
	}
	assert_true(TAILQ_EMPTY(&monitor.requests.used));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_refusal_waits_for_its_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_that_was_not_read_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_who_has_waited_waits_no_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_root_does_not_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_who_hangs_up_meanwhile_is_forgotten, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refusals_do_not_fill_the_table, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}
