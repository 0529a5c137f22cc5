/* The questions that have no verdict yet: see desk.h. Runs in the authority; it asks polkitd and passes the answer on,
 * and never says yes on its own.
 */
#include "broker/authority/desk.h"

#include "broker/authority/connection.h"
#include "broker/authority/question.h"
#include "broker/shared/log.h"
#include "proto/broker.h"
#include "proto/channel.h"

#include <stdbool.h>
#include <string.h>

#define DESK_PLACES 16 /* questions that the monitor may have open at a time */

struct place {
	struct tb_question question;
	GCancellable *cancellable; /* NULL: the place is free */
	bool asked;                /* polkitd has it; else it waits for the connection */
};

static struct {
	int channel;
	struct place places[DESK_PLACES];
} desk = {.channel = -1};

static struct place *find_place(const uint8_t ticket[TB_ID_SIZE])
{
	for (size_t i = 0; i < DESK_PLACES; i++) {
		struct place *place = &desk.places[i];

		if (place->cancellable != NULL && memcmp(place->question.ticket, ticket, TB_ID_SIZE) == 0)
			return place;
	}
	return NULL;
}

/* A free place for the question. The monitor never needs one more. */
static struct place *take_place(const struct tb_question *question)
{
	for (size_t i = 0; i < DESK_PLACES; i++) {
		struct place *place = &desk.places[i];

		if (place->cancellable != NULL)
			continue;
		place->question = *question;
		place->cancellable = g_cancellable_new();
		place->asked = false;
		return place;
	}
	tb_die("authority: the monitor asked more than %d questions at a time", DESK_PLACES);
}

/* Sends the verdict and frees the place. */
static void answer(struct place *place, enum tb_verdict_word word)
{
	struct tb_verdict verdict = {.verdict = word};
	int ret;

	tb_header_set(&verdict.header, TB_ANS_VERDICT, sizeof(verdict));
	memcpy(verdict.ticket, place->question.ticket, TB_ID_SIZE);
	g_clear_object(&place->cancellable);
	ret = tb_send(desk.channel, &verdict, sizeof(verdict), NULL, 0);
	if (ret < 0)
		tb_die("authority: cannot send a verdict to the monitor: %s", strerror(-ret));
}

/* Names are ours, and checked; what the libraries or polkitd say becomes one line of plain ASCII. */
static void log_error(const struct tb_question *question, const GError *error)
{
	char *text = g_strescape(error->message, "\"\\");

	tb_log(TB_LOG_WARNING, "authority: polkit did not say whether uid %u may use network %s, so it is a no: %s",
	       question->uid, question->network, text);
	g_free(text);
}

static void on_result(GObject *source, GAsyncResult *async, gpointer data)
{
	struct place *place = data;
	GError *error = NULL;
	PolkitAuthorizationResult *result =
		polkit_authority_check_authorization_finish(POLKIT_AUTHORITY(source), async, &error);

	if (g_cancellable_is_cancelled(place->cancellable)) {
		answer(place, TB_VERDICT_CANCELLED);
	} else {
		if (error != NULL) {
			g_dbus_error_strip_remote_error(error);
			log_error(&place->question, error);
			connection_check(error);
		}
		answer(place, question_verdict(result));
	}
	g_clear_object(&result);
	g_clear_error(&error);
}

static void ask_polkit(struct place *place)
{
	PolkitSubject *subject = question_subject(&place->question);
	PolkitDetails *details = question_details(&place->question);
	PolkitCheckAuthorizationFlags flags = POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE;

	if ((place->question.flags & TB_REQUEST_INTERACTIVE) != 0)
		flags = POLKIT_CHECK_AUTHORIZATION_FLAGS_ALLOW_USER_INTERACTION;
	place->asked = true;
	polkit_authority_check_authorization(connection_authority(), subject, question_action(&place->question),
					     details, flags, place->cancellable, on_result, place);
	g_object_unref(details);
	g_object_unref(subject);
}

/* The connection is there, or is not to be had: either way nobody waits any longer. */
static void on_connected(const GError *error)
{
	for (size_t i = 0; i < DESK_PLACES; i++) {
		struct place *place = &desk.places[i];

		if (place->cancellable == NULL || place->asked)
			continue;
		if (error != NULL) {
			log_error(&place->question, error);
			answer(place, TB_VERDICT_ERROR);
		} else {
			ask_polkit(place);
		}
	}
}

void desk_open(int channel)
{
	desk.channel = channel;
	connection_open(on_connected);
}

void desk_ask(const struct tb_question *question)
{
	struct place *place;

	if (!question_valid(question))
		tb_die("authority: the monitor asked a question that makes no sense");
	if (find_place(question->ticket) != NULL)
		tb_die("authority: the monitor used a ticket twice");
	place = take_place(question);
	if (connection_authority() != NULL)
		ask_polkit(place);
	else
		connection_open(on_connected);
}

void desk_cancel(const uint8_t ticket[TB_ID_SIZE])
{
	struct place *place = find_place(ticket);

	if (place == NULL)
		return;
	if (place->asked)
		g_cancellable_cancel(place->cancellable);
	else
		answer(place, TB_VERDICT_CANCELLED);
}
