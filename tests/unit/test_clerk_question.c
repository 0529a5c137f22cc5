/* Unit test of questions to polkit: how many are open, what becomes of one whose client is gone, what a yes is
 * worth. */
#include "tests/unit/clerk.h"

#include <sys/wait.h>

#include <cmocka.h>

static struct tb_request request;
static union test_message message;

static int set_up(void **state)
{
	(void)state;
	test_networks_set();
	clerk_open();
	request_set(&request, TB_REQ_OPEN);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	clerk_close();
	return 0;
}

static int take_asked(void)
{
	clerk_run();
	return take(others.authority, &message, NULL);
}

static void assert_answered(int client, enum tb_status status, enum tb_check check)
{
	assert_int_equal(take(client, &message, NULL), TB_ANS_OPEN);
	assert_int_equal(message.answer.status, status);
	assert_int_equal(message.answer.check, check);
	assert_int_equal(take(client, &message, NULL), -1);
	close(client);
}

static void test_words(void **state)
{
	static const struct {
		enum tb_verdict_word word;
		enum tb_status status;
		enum tb_check check; /* that the client is told: none of a plain no */
	} rows[] = {{TB_VERDICT_NO, TB_DENIED, TB_CHECK_NONE},
		    {TB_VERDICT_CHALLENGE, TB_DENIED, TB_CHECK_POLKIT_CHALLENGE},
		    {TB_VERDICT_DISMISSED, TB_DENIED, TB_CHECK_POLKIT_DISMISSED},
		    {TB_VERDICT_ERROR, TB_BUSY, TB_CHECK_POLKIT_ERROR}};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		int client = client_ask(ALICE, &request);

		authority_answers(rows[i].word);
		clerk_pass(20);
		assert_answered(client, rows[i].status, rows[i].check);
		assert_true(nothing_for(others.monitor));
	}
}

static void test_one_of_a_user_and_one_prompt(void **state)
{
	uint8_t ticket[TB_ID_SIZE];
	int clients[4];

	(void)state;
	clients[0] = client_ask(ALICE, &request);
	clients[1] = client_ask(ALICE, &request);
	request.flags = TB_REQUEST_INTERACTIVE;
	clients[2] = client_ask(ALICE, &request);
	clients[3] = client_ask(ALICE, &request);
	assert_int_equal(take_asked(), TB_REQ_ASK);
	assert_int_equal(message.question.flags, 0);
	assert_int_equal(take_asked(), TB_REQ_ASK);
	assert_int_equal(message.question.flags, TB_REQUEST_INTERACTIVE);
	memcpy(ticket, message.question.ticket, sizeof(ticket));
	assert_int_equal(take_asked(), 0);
	authority_say(ticket, TB_VERDICT_NO);
	assert_int_equal(take_asked(), TB_REQ_ASK);
	assert_int_equal(message.question.flags, TB_REQUEST_INTERACTIVE);
	assert_int_equal(take_asked(), 0);
	for (int i = 0; i < 4; i++)
		close(clients[i]);
}

static void test_so_many_in_all(void **state)
{
	int clients[QUESTIONS_MAX + 4];
	int asked = 0;
	int prompts = 0;

	(void)state;
	for (int i = 0; i < QUESTIONS_MAX + 4; i++) {
		request.flags = i < PROMPTS_MAX + 2 ? TB_REQUEST_INTERACTIVE : 0;
		clients[i] = client_ask(ALICE + (uid_t)i, &request);
	}
	while (take_asked() == TB_REQ_ASK) {
		asked++;
		prompts += message.question.flags == TB_REQUEST_INTERACTIVE;
	}
	assert_int_equal(prompts, PROMPTS_MAX);
	assert_int_equal(asked, QUESTIONS_MAX);
	for (int i = 0; i < QUESTIONS_MAX + 4; i++)
		close(clients[i]);
	/* polkit has not answered yet: its place is taken as long. */
	clerk_run();
	while (take(others.authority, &message, NULL) == TB_REQ_CANCEL)
		asked--;
	assert_int_equal(asked, 0);
	clients[0] = client_ask(BOB + 100, &request);
	assert_int_equal(take_asked(), 0);
	close(clients[0]);
}

static void test_hangs_up_while_asked(void **state)
{
	int client = client_ask(ALICE, &request);
	uint8_t ticket[TB_ID_SIZE];

	(void)state;
	assert_int_equal(take_asked(), TB_REQ_ASK);
	memcpy(ticket, message.question.ticket, sizeof(ticket));
	close(client);
	assert_int_equal(take_asked(), TB_REQ_CANCEL);
	assert_memory_equal(message.cancel.ticket, ticket, TB_ID_SIZE);
	assert_false(TAILQ_EMPTY(requests_used()));
	authority_say(ticket, TB_VERDICT_CANCELLED);
	clerk_run();
	assert_true(TAILQ_EMPTY(requests_used()));
	assert_true(nothing_for(others.monitor));
}

/* Asks as that many users, from this one on, and counts the questions. */
static int asked_by(int *clients, uid_t first, int count)
{
	int asked = 0;

	for (int i = 0; i < count; i++)
		clients[i] = client_ask(first + (uid_t)i, &request);
	while (take_asked() == TB_REQ_ASK)
		asked++;
	return asked;
}

/* The yes crossed the cancel: the monitor hears that it is worth nothing, if need be later. */
static void test_yes_crosses_cancel(void **state)
{
	int client = client_ask(ALICE, &request);
	uint8_t ticket[TB_ID_SIZE];
	struct tb_void voided;

	(void)state;
	assert_int_equal(take_asked(), TB_REQ_ASK);
	memcpy(ticket, message.question.ticket, sizeof(ticket));
	close(client);
	clerk_run();
	fails_send[channels.monitor] = true;
	authority_say(ticket, TB_VERDICT_YES);
	assert_int_equal(clerk_run(), 10);
	fails_send[channels.monitor] = false;
	clerk_pass(10);
	voided = monitor_takes_void();
	assert_memory_equal(voided.ticket, ticket, TB_ID_SIZE);
	assert_false(TAILQ_EMPTY(requests_used()));
	monitor_say_voided(voided);
	clerk_run();
	assert_true(TAILQ_EMPTY(requests_used()));
	/* One yes, one answer. */
	monitor_say_voided(voided);
	assert_true(dies(loop_step(0)));
}

/* The monitor waits for the kernel with another order, and hears nothing meanwhile: it has the yeses still. */
static void test_a_yes_that_is_taken_back_keeps_its_place(void **state)
{
	int bob = client_ask(BOB, &request);
	struct tb_void voided;
	int client;
	int fd;

	(void)state;
	authority_answers(TB_VERDICT_YES);
	assert_int_equal(take(others.monitor, &message, &fd), TB_REQ_ORDER);
	close(fd);
	for (int i = 0; i < YESES_PER_USER; i++) {
		client = client_ask(ALICE, &request);
		authority_answers(TB_VERDICT_YES);
		close(client);
		clerk_run();
	}
	client = client_ask(ALICE, &request);
	assert_int_equal(take_asked(), 0);
	/* Others have places, and what needs none is asked about. */
	assert_int_equal(asked_by(&fd, BOB + 1, 1), 1);
	close(fd);
	clerk_run();
	assert_int_equal(take_asked(), TB_REQ_CANCEL);
	request_set(&request, TB_REQ_LIST);
	request.flags = TB_REQUEST_ALL;
	fd = client_ask(ALICE, &request);
	authority_answers(TB_VERDICT_NO);
	close(fd);
	assert_int_equal(take_asked(), 0);
	voided = monitor_takes_void();
	monitor_say_voided(voided);
	assert_int_equal(take_asked(), TB_REQ_ASK);
	close(client);
	close(bob);
}

static void close_all(const int *clients, int count)
{
	for (int i = 0; i < count; i++)
		close(clients[i]);
}

/* One is ordered, the others that polkit said yes to wait. */
static void let_in(int *clients, int count)
{
	for (int i = 0; i < count; i++) {
		clients[i] = client_ask(ALICE + (uid_t)i, &request);
		authority_answers(TB_VERDICT_YES);
	}
}

static void test_yeses_leave_room_for_questions(void **state)
{
	int let[QUESTIONS_MAX];
	int clients[QUESTIONS_MAX];

	(void)state;
	let_in(let, QUESTIONS_MAX);
	assert_int_equal(asked_by(clients, BOB + 1000, QUESTIONS_MAX), QUESTIONS_MAX);
	close_all(clients, QUESTIONS_MAX);
	close_all(let, QUESTIONS_MAX);
}

/* The monitor keeps a yes until an order spends it, and until that is answered: there is no place for a further one
 * meanwhile. */
static void test_a_yes_takes_a_place(void **state)
{
	enum { LET = TB_YES_MAX - QUESTIONS_MAX + 2 };
	int let[LET];
	int clients[QUESTIONS_MAX];

	(void)state;
	let_in(let, LET);
	assert_int_equal(asked_by(clients, BOB + 1000, QUESTIONS_MAX), QUESTIONS_MAX - 2);
	close_all(clients, QUESTIONS_MAX);
	close_all(let, LET);
}

/* While it waited for its turn its user has got all that it may have. */
static void test_full_when_its_turn_comes(void **state)
{
	int first = client_ask(ALICE, &request);
	int second = client_ask(ALICE, &request);
	uint8_t ticket[TB_ID_SIZE];

	(void)state;
	assert_int_equal(take_asked(), TB_REQ_ASK);
	memcpy(ticket, message.question.ticket, sizeof(ticket));
	for (uint32_t i = 0; i < test_lease_limits.per_user; i++)
		lease_happens(lease_begin_again(test_network("lan"), test_network("lan")->name, ALICE), LEASE_ADOPTED);
	authority_say(ticket, TB_VERDICT_NO);
	assert_int_equal(take_asked(), 0);
	clerk_pass(20);
	assert_answered(second, TB_QUOTA_USER, TB_CHECK_MAX_LEASES_PER_USER);
	close(first);
}

/* While it waited for its turn the process has ended, and another holds its connection. */
static void test_process_has_ended(void **state)
{
	int first = client_ask(ALICE, &request);
	int second = client_ask(ALICE, &request);
	uint8_t ticket[TB_ID_SIZE];
	pid_t child = fork();
	int pidfd;

	(void)state;
	if (child == 0)
		_exit(0);
	assert_int_equal(take_asked(), TB_REQ_ASK);
	memcpy(ticket, message.question.ticket, sizeof(ticket));
	pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	assert_true(pidfd >= 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(dup2(pidfd, TAILQ_LAST(requests_used(), request_list)->client.pidfd) >= 0);
	close(pidfd);
	authority_say(ticket, TB_VERDICT_NO);
	clerk_run();
	assert_int_equal(take_asked(), 0);
	clerk_pass(20);
	assert_answered(second, TB_DENIED, TB_CHECK_NONE);
	close(first);
}

/* It got its yes, and waits for its order when its client goes. */
static void test_hangs_up_with_a_yes(void **state)
{
	int first = client_ask(ALICE, &request);
	int second;
	int fd;

	(void)state;
	authority_answers(TB_VERDICT_YES);
	second = client_ask(BOB, &request);
	authority_answers(TB_VERDICT_YES);
	assert_int_equal(take(others.monitor, &message, &fd), TB_REQ_ORDER);
	close(fd);
	close(second);
	clerk_run();
	assert_int_equal(take(others.monitor, &message, &fd), TB_VOID);
	close(first);
}

static void test_too_slow(void **state)
{
	int client = client_ask(ALICE, &request);

	(void)state;
	assert_int_equal(take_asked(), TB_REQ_ASK);
	assert_int_equal(clerk_run(), 25000);
	clerk_pass(25000);
	assert_int_equal(take_asked(), TB_REQ_CANCEL);
	assert_answered(client, TB_BUSY, TB_CHECK_POLKIT_TIMEOUT);
}

static void test_no_ticket(void **state)
{
	int client = client_ask(ALICE, &request);

	(void)state;
	fails_random = true;
	clerk_pass(20);
	assert_answered(client, TB_BUSY, TB_CHECK_REQUESTS);
	assert_int_equal(take_asked(), 0);
}

/* Whatever the authority should never say ends the broker. */
static void test_nonsense(void **state)
{
	static const uint8_t unknown[TB_ID_SIZE] = {1};
	int client = client_ask(ALICE, &request);
	uint8_t ticket[TB_ID_SIZE];

	(void)state;
	assert_int_equal(take_asked(), TB_REQ_ASK);
	memcpy(ticket, message.question.ticket, sizeof(ticket));
	authority_say(unknown, TB_VERDICT_NO);
	assert_true(dies(loop_step(0)));
	authority_say(ticket, 0);
	assert_true(dies(loop_step(0)));
	authority_say(ticket, TB_VERDICT_CANCELLED + 1);
	assert_true(dies(loop_step(0)));
	authority_say(ticket, TB_VERDICT_YES);
	loop_step(0);
	/* One question, one verdict. */
	authority_say(ticket, TB_VERDICT_YES);
	assert_true(dies(loop_step(0)));
	close(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_of_a_user_and_one_prompt, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_so_many_in_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hangs_up_while_asked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_yes_crosses_cancel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_yes_that_is_taken_back_keeps_its_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_yeses_leave_room_for_questions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_yes_takes_a_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full_when_its_turn_comes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_process_has_ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hangs_up_with_a_yes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_slow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_ticket, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nonsense, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
