/* The authority's desk without a bus: each question gets exactly one verdict. The connection and polkit's call are
 * played by this file; the channel is a socketpair.
 */
#include "broker/authority/connection.h"
#include "broker/authority/desk.h"
#include "proto/broker.h"
#include "proto/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PLACES 16 /* questions that may be open at a time */

/* ---- what this file plays ---- */

/* One call of polkit_authority_check_authorization() that has not come back. */
struct call {
	GAsyncReadyCallback callback;
	gpointer data;
	PolkitCheckAuthorizationFlags flags;
	char action[64];
};

static struct {
	bool connected;
	connection_opened *opened;
	struct call calls[PLACES];
	size_t calls_count;
	PolkitAuthorizationResult *result; /* what the next call that comes back brings: this, or an error */
	int monitor;                       /* the monitor's end of the channel */
} played;

void connection_open(connection_opened *opened)
{
	played.opened = opened;
}

PolkitAuthority *connection_authority(void)
{
	static int somewhere;

	return played.connected ? (PolkitAuthority *)&somewhere : NULL;
}

void connection_check(const GError *error)
{
	assert_non_null(error);
}

void polkit_authority_check_authorization(PolkitAuthority *authority, PolkitSubject *subject, const gchar *action_id,
					  PolkitDetails *details, PolkitCheckAuthorizationFlags flags,
					  GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
	struct call *call = &played.calls[played.calls_count++];

	assert_ptr_equal(authority, connection_authority());
	assert_non_null(subject);
	assert_non_null(details);
	assert_non_null(cancellable);
	call->callback = callback;
	call->data = user_data;
	call->flags = flags;
	g_strlcpy(call->action, action_id, sizeof(call->action));
}

PolkitAuthorizationResult *polkit_authority_check_authorization_finish(PolkitAuthority *authority, GAsyncResult *res,
								       GError **error)
{
	PolkitAuthorizationResult *result = played.result;

	(void)authority;
	(void)res;
	played.result = NULL;
	if (result == NULL)
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "as the test wants it");
	return result;
}

static void call_returns(size_t index, PolkitAuthorizationResult *result)
{
	played.result = result;
	played.calls[index].callback(NULL, NULL, played.calls[index].data);
}

/* ---- what the tests say ---- */

static void connect_now(const GError *error)
{
	played.connected = error == NULL;
	played.opened(error);
}

static struct tb_question question_of(uint8_t ticket)
{
	struct tb_question question = {.action = TB_ACTION_OPEN,
				       .ticket = {ticket},
				       .start_time = 4711,
				       .uid = 1000,
				       .pid = 321,
				       .kind = TB_KIND_TAP,
				       .mtu = 1500,
				       .queues = 1,
				       .network = "lan"};

	tb_header_set(&question.header, TB_REQ_ASK, sizeof(question));
	return question;
}

static PolkitAuthorizationResult *result_of(bool yes)
{
	return polkit_authorization_result_new(yes, FALSE, NULL);
}

/* The next verdict must be this one; a word of 0: there must be none. */
static void expect_verdict(uint8_t ticket, uint32_t word)
{
	struct tb_verdict verdict;
	ssize_t got = recv(played.monitor, &verdict, sizeof(verdict), MSG_DONTWAIT);

	if (word == 0) {
		assert_int_equal(got, -1);
		return;
	}
	assert_int_equal(got, sizeof(verdict));
	assert_true(tb_header_valid(&verdict.header, TB_ANS_VERDICT, sizeof(verdict)));
	assert_int_equal(verdict.ticket[0], ticket);
	assert_int_equal(verdict.verdict, word);
	assert_int_equal(verdict.reserved, 0);
}

static int setup(void **state)
{
	int pair[2];

	(void)state;
	memset(&played, 0, sizeof(played));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	played.monitor = pair[0];
	desk_open(pair[1]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	expect_verdict(0, 0);
	close(played.monitor);
	return 0;
}

/* ---- the tests ---- */

static void the_verdict_follows_the_question(void **state)
{
	struct tb_question question = question_of(7);

	(void)state;
	connect_now(NULL);
	desk_ask(&question);
	expect_verdict(7, 0);
	assert_string_equal(played.calls[0].action, "org.tapbroker.open-tap");
	assert_int_equal(played.calls[0].flags, POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE);
	call_returns(0, result_of(true));
	expect_verdict(7, TB_VERDICT_YES);
}

static void interaction_only_if_the_client_allows_it(void **state)
{
	struct tb_question question = question_of(7);

	(void)state;
	question.flags = TB_REQUEST_INTERACTIVE;
	connect_now(NULL);
	desk_ask(&question);
	assert_int_equal(played.calls[0].flags, POLKIT_CHECK_AUTHORIZATION_FLAGS_ALLOW_USER_INTERACTION);
	call_returns(0, result_of(false));
	expect_verdict(7, TB_VERDICT_NO);
}

static void verdicts_come_in_any_order(void **state)
{
	(void)state;
	connect_now(NULL);
	for (uint8_t i = 0; i < PLACES; i++) {
		struct tb_question question = question_of(i);

		desk_ask(&question);
	}
	for (size_t i = PLACES; i > 0; i--) {
		call_returns(i - 1, result_of(i % 2 == 0));
		expect_verdict((uint8_t)(i - 1), i % 2 == 0 ? TB_VERDICT_YES : TB_VERDICT_NO);
	}
}

static void an_error_is_not_a_yes(void **state)
{
	struct tb_question question = question_of(7);

	(void)state;
	connect_now(NULL);
	desk_ask(&question);
	call_returns(0, NULL);
	expect_verdict(7, TB_VERDICT_ERROR);
}

static void without_a_bus_all_who_wait_get_an_error(void **state)
{
	GError *error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no bus");
	struct tb_question first = question_of(1);
	struct tb_question second = question_of(2);

	(void)state;
	desk_ask(&first);
	desk_ask(&second);
	expect_verdict(1, 0);
	connect_now(error);
	g_error_free(error);
	expect_verdict(1, TB_VERDICT_ERROR);
	expect_verdict(2, TB_VERDICT_ERROR);
	assert_int_equal(played.calls_count, 0);
}

static void who_waits_for_the_bus_is_asked_about_once_it_is_there(void **state)
{
	struct tb_question question = question_of(1);

	(void)state;
	desk_ask(&question);
	assert_int_equal(played.calls_count, 0);
	connect_now(NULL);
	assert_int_equal(played.calls_count, 1);
	call_returns(0, result_of(true));
	expect_verdict(1, TB_VERDICT_YES);
}

static void a_cancelled_question_gets_one_verdict(void **state)
{
	struct tb_question question = question_of(3);

	(void)state;
	desk_ask(&question);
	desk_cancel(question.ticket);
	expect_verdict(3, TB_VERDICT_CANCELLED);
	connect_now(NULL);
	assert_int_equal(played.calls_count, 0);

	/* Even if polkit says yes in the same moment. */
	desk_ask(&question);
	desk_cancel(question.ticket);
	desk_cancel(question.ticket);
	expect_verdict(3, 0);
	call_returns(0, result_of(true));
	expect_verdict(3, TB_VERDICT_CANCELLED);

	/* And afterwards nobody knows it any more. */
	desk_cancel(question.ticket);
}

/* Asks in a process of its own, which must end with code 1. */
static void expect_death(const struct tb_question *questions, size_t count)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		close(STDERR_FILENO); /* its last words are no news */
		for (size_t i = 0; i < count; i++)
			desk_ask(&questions[i]);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static void a_monitor_that_talks_nonsense_is_the_end(void **state)
{
	struct tb_question questions[PLACES + 1];

	(void)state;
	for (uint8_t i = 0; i <= PLACES; i++)
		questions[i] = question_of(i);
	expect_death(questions, PLACES + 1);
	questions[1] = questions[0];
	expect_death(questions, 2);
	questions[0].kind = TB_KIND_ANY;
	expect_death(questions, 1);
}

#define DESK_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(the_verdict_follows_the_question),
		DESK_TEST(interaction_only_if_the_client_allows_it),
		DESK_TEST(verdicts_come_in_any_order),
		DESK_TEST(an_error_is_not_a_yes),
		DESK_TEST(without_a_bus_all_who_wait_get_an_error),
		DESK_TEST(who_waits_for_the_bus_is_asked_about_once_it_is_there),
		DESK_TEST(a_cancelled_question_gets_one_verdict),
		DESK_TEST(a_monitor_that_talks_nonsense_is_the_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
