/* The authority's desk without a bus: each question gets exactly one verdict, and a yes to a device goes to the monitor
 * first. The connection and GLib's call are played by this file; the channels are socketpairs.
 */
#include "broker/authority/bus.h"
#include "broker/authority/desk.h"
#include "broker/shared/fd.h"
#include "proto/broker.h"
#include "proto/channel.h"
#include "proto/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PLACES 16 /* questions that may be open at a time */

/* ---- what this file plays ---- */

/* One call of CheckAuthorization that has not come back. */
struct call {
	GAsyncReadyCallback callback;
	gpointer data;
	guint32 flags;
	char action[64];
	char cancellation[TB_ID_TEXT];
};

static struct {
	bool connected;
	bus_opened *opened;
	struct call calls[PLACES];
	size_t calls_count;
	char cancelled[TB_ID_TEXT]; /* what polkitd was last told to cancel */
	size_t cancelled_count;
	GVariant *reply; /* what the next call that comes back brings: this, or an error */
	int clerk;       /* the clerk's end of its channel */
	int monitor;     /* the monitor's end of its channel */
} played;

void bus_open(bus_opened *opened)
{
	played.opened = opened;
}

/* No function that would look at it is GLib's own here. */
static GDBusConnection *some_connection(void)
{
	static int somewhere;

	return (GDBusConnection *)&somewhere;
}

GDBusConnection *bus_connection(void)
{
	return played.connected ? some_connection() : NULL;
}

static void play_check(GVariant *parameters, GAsyncReadyCallback callback, gpointer data)
{
	struct call *call = &played.calls[played.calls_count++];
	const char *action;
	const char *cancellation;

	g_variant_get(parameters, "((sa{sv})&sa{ss}u&s)", NULL, NULL, &action, NULL, &call->flags, &cancellation);
	call->callback = callback;
	call->data = data;
	g_strlcpy(call->action, action, sizeof(call->action));
	g_strlcpy(call->cancellation, cancellation, sizeof(call->cancellation));
}

void g_dbus_connection_call(GDBusConnection *connection, const gchar *bus_name, const gchar *object_path,
			    const gchar *interface_name, const gchar *method_name, GVariant *parameters,
			    const GVariantType *reply_type, GDBusCallFlags flags, gint timeout_msec,
			    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
	const char *cancellation;

	(void)reply_type;
	(void)flags;
	assert_ptr_equal(connection, some_connection());
	assert_string_equal(bus_name, "org.freedesktop.PolicyKit1");
	assert_string_equal(object_path, "/org/freedesktop/PolicyKit1/Authority");
	assert_string_equal(interface_name, "org.freedesktop.PolicyKit1.Authority");
	g_variant_ref_sink(parameters);
	if (strcmp(method_name, "CheckAuthorization") == 0) {
		/* Either would free the place before polkitd has replied. */
		assert_null(cancellable);
		assert_int_equal(timeout_msec, G_MAXINT);
		play_check(parameters, callback, user_data);
	} else {
		assert_string_equal(method_name, "CancelCheckAuthorization");
		assert_null(callback); /* so no reply is pending at the bus */
		g_variant_get(parameters, "(&s)", &cancellation);
		g_strlcpy(played.cancelled, cancellation, sizeof(played.cancelled));
		played.cancelled_count++;
	}
	g_variant_unref(parameters);
}

GVariant *g_dbus_connection_call_finish(GDBusConnection *connection, GAsyncResult *result, GError **error)
{
	GVariant *reply = played.reply;

	(void)connection;
	(void)result;
	played.reply = NULL;
	if (reply == NULL)
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "as the test wants it");
	return reply;
}

/* polkitd replies, or, without a reply, the call fails. */
static void call_returns(size_t index, GVariant *reply)
{
	played.reply = reply;
	played.calls[index].callback(NULL, NULL, played.calls[index].data);
}

/* ---- what the tests say ---- */

static void connect_now(const GError *error)
{
	played.connected = error == NULL;
	played.opened(bus_connection(), error);
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

static GVariant *reply_of(bool yes)
{
	return g_variant_ref_sink(g_variant_new("((bba{ss}))", yes, FALSE, NULL));
}

/* The next verdict must be this one; a word of 0: there must be none. */
static void expect_verdict(uint8_t ticket, uint32_t word)
{
	struct tb_verdict verdict;
	ssize_t got = recv(played.clerk, &verdict, sizeof(verdict), MSG_DONTWAIT);

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

/* The next message to the monitor must be this question's yes; 0: there must be none. */
static void expect_yes(uint8_t ticket)
{
	struct tb_yes yes;
	struct tb_question question = question_of(ticket);
	ssize_t got = recv(played.monitor, &yes, sizeof(yes), MSG_DONTWAIT);

	if (ticket == 0) {
		assert_int_equal(got, -1);
		return;
	}
	assert_int_equal(got, sizeof(yes));
	assert_true(tb_header_valid(&yes.header, TB_YES, sizeof(yes)));
	assert_memory_equal(&yes.question, &question, sizeof(question));
}

static int setup(void **state)
{
	int clerk[2];
	int monitor[2];

	(void)state;
	memset(&played, 0, sizeof(played));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, clerk), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, monitor), 0);
	played.clerk = clerk[0];
	played.monitor = monitor[0];
	*state = GINT_TO_POINTER(monitor[1]);
	desk_open(clerk[1], monitor[1]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	expect_verdict(0, 0);
	expect_yes(0);
	tb_close(&played.clerk);
	tb_close(&played.monitor);
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
	assert_int_equal(played.calls[0].flags, 0);
	call_returns(0, reply_of(true));
	expect_verdict(7, TB_VERDICT_YES);
	expect_yes(7);
}

static void interaction_only_if_the_client_allows_it(void **state)
{
	struct tb_question question = question_of(7);

	(void)state;
	question.flags = TB_REQUEST_INTERACTIVE;
	connect_now(NULL);
	desk_ask(&question);
	assert_int_equal(played.calls[0].flags, 1);
	call_returns(0, reply_of(false));
	expect_verdict(7, TB_VERDICT_NO);
}

static void verdicts_come_in_any_order(void **state)
{
	(void)state;
	connect_now(NULL);
	for (uint8_t i = 1; i <= PLACES; i++) {
		struct tb_question question = question_of(i);

		desk_ask(&question);
	}
	for (uint8_t i = PLACES; i > 0; i--) {
		call_returns(i - 1u, reply_of(i % 2 == 0));
		expect_verdict(i, i % 2 == 0 ? TB_VERDICT_YES : TB_VERDICT_NO);
		expect_yes(i % 2 == 0 ? i : 0);
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

/* How many lines there are in the file. */
static int lines_of(FILE *file)
{
	int lines = 0;
	int c;

	rewind(file);
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	return lines;
}

static void a_thousand_errors_are_few_lines(void **state)
{
	FILE *log = tmpfile();
	int before = dup(STDERR_FILENO);
	gint64 began = g_get_monotonic_time();
	int seconds;

	(void)state;
	connect_now(NULL);
	assert_non_null(log);
	assert_int_equal(dup2(fileno(log), STDERR_FILENO), STDERR_FILENO);
	for (int i = 0; i < 1000; i++) {
		struct tb_question question = question_of(7);

		played.calls_count = 0;
		desk_ask(&question);
		call_returns(0, NULL);
		expect_verdict(7, TB_VERDICT_ERROR);
	}
	dup2(before, STDERR_FILENO);
	close(before);
	seconds = (int)((g_get_monotonic_time() - began) / G_USEC_PER_SEC) + 2;
	/* In each second so many, and one that says how many more there were. */
	assert_in_range(lines_of(log), 1, (uintmax_t)seconds * 21);
	fclose(log);
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
	call_returns(0, reply_of(true));
	expect_verdict(1, TB_VERDICT_YES);
	expect_yes(1);
}

static void a_question_that_was_not_asked_is_cancelled_at_once(void **state)
{
	struct tb_question question = question_of(3);

	(void)state;
	desk_ask(&question);
	desk_cancel(question.ticket);
	expect_verdict(3, TB_VERDICT_CANCELLED);
	connect_now(NULL);
	assert_int_equal(played.calls_count, 0);
	assert_int_equal(played.cancelled_count, 0);
}

static void a_cancelled_question_keeps_its_place_until_polkitd_replies(void **state)
{
	struct tb_question question = question_of(3);

	(void)state;
	connect_now(NULL);
	desk_ask(&question);
	desk_cancel(question.ticket);
	desk_cancel(question.ticket);
	assert_int_equal(played.cancelled_count, 1);
	assert_string_equal(played.cancelled, played.calls[0].cancellation);
	expect_verdict(3, 0);
	/* Even if polkit says yes in the same moment, the monitor hears nothing of it. */
	call_returns(0, reply_of(true));
	expect_verdict(3, TB_VERDICT_CANCELLED);
	expect_yes(0);

	/* And afterwards nobody knows it any more. */
	desk_cancel(question.ticket);
	assert_int_equal(played.cancelled_count, 1);
}

static void a_yes_to_anything_but_a_device_is_the_clerks_alone(void **state)
{
	struct tb_question question = question_of(3);

	(void)state;
	question.action = TB_ACTION_LIST_ALL;
	connect_now(NULL);
	desk_ask(&question);
	call_returns(0, reply_of(true));
	expect_verdict(3, TB_VERDICT_YES);
	expect_yes(0);
}

static void a_yes_that_the_monitor_does_not_get_is_an_error(void **state)
{
	struct tb_question question = question_of(3);
	int channel = GPOINTER_TO_INT(*state);
	struct tb_question filling = question_of(200);
	size_t filled = 0;

	connect_now(NULL);
	desk_ask(&question);
	while (tb_send(channel, &filling, sizeof(filling), NULL, 0) == 0)
		filled++;
	call_returns(0, reply_of(true));
	expect_verdict(3, TB_VERDICT_ERROR);
	for (; filled > 0; filled--)
		assert_int_equal(recv(played.monitor, &filling, sizeof(filling), MSG_DONTWAIT), sizeof(filling));
}

/* polkitd says yes in a process of its own, which must end with this code. */
static void expect_end_at_yes(int code)
{
	struct tb_question question = question_of(3);
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		connect_now(NULL);
		desk_ask(&question);
		call_returns(0, reply_of(true));
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
}

static void without_the_monitor_it_ends_quietly(void **state)
{
	(void)state;
	tb_close(&played.monitor);
	expect_end_at_yes(0);
	expect_verdict(0, 0);
}

static void without_the_clerk_it_ends_quietly(void **state)
{
	(void)state;
	tb_close(&played.clerk);
	expect_end_at_yes(0);
	expect_yes(3);
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

static void a_clerk_that_talks_nonsense_is_the_end(void **state)
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
		DESK_TEST(a_thousand_errors_are_few_lines),
		DESK_TEST(without_a_bus_all_who_wait_get_an_error),
		DESK_TEST(who_waits_for_the_bus_is_asked_about_once_it_is_there),
		DESK_TEST(a_question_that_was_not_asked_is_cancelled_at_once),
		DESK_TEST(a_cancelled_question_keeps_its_place_until_polkitd_replies),
		DESK_TEST(a_yes_to_anything_but_a_device_is_the_clerks_alone),
		DESK_TEST(a_yes_that_the_monitor_does_not_get_is_an_error),
		DESK_TEST(without_the_monitor_it_ends_quietly),
		DESK_TEST(without_the_clerk_it_ends_quietly),
		DESK_TEST(a_clerk_that_talks_nonsense_is_the_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
