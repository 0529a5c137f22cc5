/* Unit test of refusals: what the client is told, and when. */
#include "tests/unit/clerk.h"

#include <cmocka.h>

#define NOBODY 65534 /* is refused without a question to polkit */

static struct tb_request request;
static union test_message message;

static int set_up(void **state)
{
	(void)state;
	test_networks_set();
	clerk_open();
	request_set(&request, TB_REQ_OPEN);
	strcpy(request.network, "nowhere");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	clerk_close();
	return 0;
}

/* What is refused without a question takes its time, of which the clerk knows; then one word for every "no". */
static void test_takes_its_time(void **state)
{
	int client = client_ask(NOBODY, &request);

	(void)state;
	assert_int_equal(clerk_run(), 20);
	assert_int_equal(take(client, &message, NULL), 0);
	clerk_pass(19);
	assert_int_equal(take(client, &message, NULL), 0);
	clerk_pass(1);
	assert_int_equal(take(client, &message, NULL), TB_ANS_OPEN);
	assert_int_equal(message.answer.status, TB_DENIED);
	assert_int_equal(message.answer.check, TB_CHECK_NONE);
	assert_int_equal(take(client, &message, NULL), -1);
	close(client);
}

/* A network that there is not, and one that forbids it, are asked about, and then the same is told in the same time.
 * Whom polkit would let in is told more. */
static void test_takes_its_time_also_with_a_question(void **state)
{
	static const struct {
		const char *network;
		enum tb_verdict_word word;
		enum tb_check check;
	} cases[] = {
		{"nowhere", TB_VERDICT_NO, TB_CHECK_NONE},   {"nowhere", TB_VERDICT_YES, TB_CHECK_NONE},
		{"lan", TB_VERDICT_NO, TB_CHECK_NONE},       {"lan", TB_VERDICT_YES, TB_CHECK_MTU},
		{"lan", TB_VERDICT_CHALLENGE, TB_CHECK_MTU},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int client;

		request_set(&request, TB_REQ_OPEN);
		request.mtu = 9000;
		memset(request.network, 0, sizeof(request.network));
		strcpy(request.network, cases[i].network);
		client = client_ask(ALICE, &request);
		assert_int_equal(authority_answers(cases[i].word).action, TB_ACTION_WOULD_OPEN);
		assert_true(nothing_for(others.authority));
		clerk_pass(19);
		assert_int_equal(take(client, &message, NULL), 0);
		clerk_pass(1);
		assert_int_equal(take(client, &message, NULL), TB_ANS_OPEN);
		assert_int_equal(message.answer.status, TB_DENIED);
		assert_int_equal(message.answer.check, cases[i].check);
		close(client);
	}
	/* The answer was to no device: nothing has to be taken back from the monitor. */
	assert_true(nothing_for(others.monitor));
}

static void test_root_does_not_wait_and_is_told(void **state)
{
	int client = client_ask(0, &request);

	(void)state;
	assert_int_equal(take(client, &message, NULL), TB_ANS_OPEN);
	assert_int_equal(message.answer.status, TB_DENIED);
	assert_int_equal(message.answer.check, TB_CHECK_NETWORK);
	close(client);
}

/* Whoever hangs up meanwhile leaves nothing. */
static void test_hangs_up_meanwhile(void **state)
{
	int client = client_ask(NOBODY, &request);

	(void)state;
	close(client);
	clerk_pass(20);
	assert_true(TAILQ_EMPTY(requests_used()));
}

/* With half of the table full nobody waits: the rest is for requests that can be granted. */
static void test_half_full(void **state)
{
	int clients[REQUESTS_MAX];

	(void)state;
	for (int i = 0; i < REQUESTS_MAX; i++)
		clients[i] = client_ask(NOBODY, &request);
	for (int i = 0; i < REQUESTS_MAX; i++)
		assert_int_equal(take(clients[i], &message, NULL), i < REQUESTS_MAX / 2 ? 0 : TB_ANS_OPEN);
	for (int i = 0; i < REQUESTS_MAX; i++)
		close(clients[i]);
}

/* A failure of the monitor's or the kernel's: the time begins when it is known, and the client is told which. */
static void test_failed(void **state)
{
	struct tb_made made;
	int client;
	int fd;

	(void)state;
	request_set(&request, TB_REQ_OPEN);
	client = client_ask(ALICE, &request);
	authority_answers(TB_VERDICT_YES);
	test_now += 1000;
	monitor_take_order(&fd);
	close(fd);
	made_set(&made, 0);
	made.status = TB_KERNEL;
	made.stage = TB_STAGE_LINK;
	made.error = EBUSY;
	monitor_say_made(&made);
	assert_int_equal(clerk_run(), 20);
	assert_non_null(strstr(test_logged, "verdict=failed reason=link-EBUSY"));
	clerk_pass(20);
	assert_int_equal(take(client, &message, NULL), TB_ANS_OPEN);
	assert_int_equal(message.answer.status, TB_KERNEL);
	assert_int_equal(message.answer.stage, TB_STAGE_LINK);
	assert_int_equal(message.answer.error, EBUSY);
	close(client);
}

/* Each kind of request is refused in the message that answers it. */
static void test_answers_fit(void **state)
{
	static const enum tb_type types[] = {TB_REQ_RELEASE, TB_REQ_REVOKE};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int client;

		request_set(&request, types[i]);
		request.lease[0] = 1;
		client = client_ask(0, &request);
		assert_int_equal(take(client, &message, NULL), types[i] + 1);
		assert_int_equal(message.done.status, TB_NO_LEASE);
		close(client);
	}
}

/* Requests of one user that wait are limited; one more is refused unread. */
static void test_one_too_many(void **state)
{
	int clients[3];

	(void)state;
	clerk_close();
	test_request_limits.waiting_per_user = 2;
	clerk_open();
	request_set(&request, TB_REQ_OPEN);
	for (int i = 0; i < 3; i++)
		clients[i] = client_ask(ALICE, &request);
	assert_int_equal(requests_waiting(ALICE), 2);
	clerk_pass(20);
	assert_int_equal(take(clients[2], &message, NULL), TB_ANS_OPEN);
	assert_int_equal(message.answer.status, TB_BUSY);
	assert_int_equal(message.answer.check, TB_CHECK_WAITING);
	assert_int_equal(take(clients[0], &message, NULL), 0);
	for (int i = 0; i < 3; i++)
		close(clients[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_takes_its_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_takes_its_time_also_with_a_question, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_root_does_not_wait_and_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hangs_up_meanwhile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_half_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_answers_fit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_too_many, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
