/* The questions that have no verdict yet: see desk.h. Runs in the authority; it asks polkitd and passes the answer on,
 * and never says yes on its own.
 *
 * polkitd is called by D-Bus itself, not by polkit's library: the library reports a cancelled check at once, while the
 * bus still waits for polkitd's reply. The bus allows only so many such replies (128 for each connection), and whoever
 * asked and hung up often enough would use them up for everybody.
 */
#include "broker/authority/desk.h"

#include "broker/authority/bus.h"
#include "broker/authority/polkit_check.h"
#include "broker/shared/log.h"
#include "proto/broker.h"
#include "proto/channel.h"

#include <errno.h>
#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

#define DESK_PLACES 16 /* questions that the clerk may have open at a time */
#define ERRORS_MAX 20  /* of polkit's, that are logged in one second */

#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"

enum place_state {
	PLACE_FREE,
	PLACE_WAITING,   /* for the connection to the bus */
	PLACE_ASKED,     /* polkitd owes a reply */
	PLACE_CANCELLED, /* the same, but nobody waits for it */
};

struct place {
	enum place_state state;
	struct tb_configuration asked; /* of another question than one about a configuration, only its beginning */
};

static struct {
	int clerk;
	int monitor;
	struct place places[DESK_PLACES];
} desk = {.clerk = -1, .monitor = -1};

static struct place *desk_find(const uint8_t ticket[TB_ID_SIZE])
{
	for (size_t i = 0; i < DESK_PLACES; i++) {
		struct place *place = &desk.places[i];

		if (place->state != PLACE_FREE && memcmp(place->asked.question.ticket, ticket, TB_ID_SIZE) == 0)
			return place;
	}
	return NULL;
}

/* A free place for the question. The clerk never needs one more. */
static struct place *desk_take(const struct tb_question *question)
{
	for (size_t i = 0; i < DESK_PLACES; i++) {
		struct place *place = &desk.places[i];

		if (place->state != PLACE_FREE)
			continue;
		place->state = PLACE_WAITING;
		place->asked.question = *question;
		return place;
	}
	tb_die("authority: the clerk asked more than %d questions at a time", DESK_PLACES);
}

/* Sends one message. Returns 0, or -EAGAIN if the receiver does not read at the moment. Without a receiver the broker
 * is ending, and so do we. */
static int desk_send(int channel, const char *receiver, const void *message, size_t size)
{
	int ret = tb_send(channel, message, size, NULL, 0);

	if (ret == -EPIPE || ret == -ECONNRESET)
		exit(0);
	if (ret < 0 && ret != -EAGAIN)
		tb_die("authority: cannot send to the %s: %s", receiver, strerror(-ret));
	return ret;
}

/* Sends the verdict and frees the place. */
static void desk_answer(struct place *place, enum tb_verdict_word word)
{
	struct tb_verdict verdict = {.verdict = word};

	tb_header_set(&verdict.header, TB_ANS_VERDICT, sizeof(verdict));
	memcpy(verdict.ticket, place->asked.question.ticket, TB_ID_SIZE);
	place->state = PLACE_FREE;
	/* So many verdicts as there are places always have room in the channel. */
	if (desk_send(desk.clerk, "clerk", &verdict, sizeof(verdict)) < 0)
		tb_die("authority: the clerk asks, and does not read the verdicts");
}

/* Sends polkit's yes to the monitor, which must have it before the clerk can order anything. Returns the verdict. */
static enum tb_verdict_word desk_pass_yes(const struct tb_configuration *asked)
{
	const struct tb_question *question = &asked->question;
	struct tb_yes yes = {.question = *question};
	struct tb_configure_question configure;
	int ret;

	if (question->action == TB_ACTION_CONFIGURE) {
		tb_header_set(&configure.header, TB_YES_CONFIGURE, sizeof(configure));
		configure.configuration = *asked;
		ret = desk_send(desk.monitor, "monitor", &configure, sizeof(configure));
	} else {
		tb_header_set(&yes.header, TB_YES, sizeof(yes));
		ret = desk_send(desk.monitor, "monitor", &yes, sizeof(yes));
	}
	if (ret == 0)
		return TB_VERDICT_YES;
	tb_log(TB_LOG_WARNING, "authority: the monitor does not read: polkit's yes for uid %u and network %s is lost",
	       question->uid, question->network);
	return TB_VERDICT_ERROR;
}

/* Any user can have polkit fail, as often as he likes: by ending while it is asked about him. So only some of these
 * lines are logged in one second; the clerk's own, of the refusal, is there for each user. */
static bool error_logged(void)
{
	static gint64 second;
	static unsigned int count;
	gint64 now = g_get_monotonic_time() / G_USEC_PER_SEC;

	if (now != second) {
		if (count > ERRORS_MAX)
			tb_log(TB_LOG_NOTICE, "authority: %u more such questions are not logged", count - ERRORS_MAX);
		second = now;
		count = 0;
	}
	return ++count <= ERRORS_MAX;
}

/* Names are ours, and checked; what the library or polkitd says becomes one line of plain ASCII. */
static void desk_log_error(const struct tb_question *question, const GError *error)
{
	char *text;

	if (!error_logged())
		return;
	text = g_strescape(error->message, "\"\\");
	tb_log(TB_LOG_WARNING, "authority: polkit gave no answer about uid %u and network %s: %s", question->uid,
	       question->network, text);
	g_free(text);
}

/* The monitor does what polkit says yes to; the others are the clerk's own. */
static bool is_for_monitor(const struct tb_question *question)
{
	return question->action == TB_ACTION_OPEN || question->action == TB_ACTION_CONFIGURE;
}

static void on_polkit_reply(GObject *source, GAsyncResult *async, gpointer data)
{
	struct place *place = data;
	GError *error = NULL;
	GVariant *reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), async, &error);
	enum tb_verdict_word word = TB_VERDICT_ERROR;

	if (place->state == PLACE_CANCELLED) {
		word = TB_VERDICT_CANCELLED;
	} else if (reply == NULL) {
		g_dbus_error_strip_remote_error(error);
		desk_log_error(&place->asked.question, error);
	} else {
		word = polkit_check_verdict(reply);
	}
	if (word == TB_VERDICT_YES && is_for_monitor(&place->asked.question))
		word = desk_pass_yes(&place->asked);
	desk_answer(place, word);
	g_clear_pointer(&reply, g_variant_unref);
	g_clear_error(&error);
}

/* Without a deadline, and without a GCancellable: both would end the call here, but not at the bus. */
static void desk_ask_polkit(struct place *place, GDBusConnection *connection)
{
	uint32_t action = place->asked.question.action;
	bool configure = action == TB_ACTION_CONFIGURE || action == TB_ACTION_WOULD_CONFIGURE;
	const struct tb_configuration *configuration = configure ? &place->asked : NULL;

	place->state = PLACE_ASKED;
	g_dbus_connection_call(connection, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE, "CheckAuthorization",
			       polkit_check_parameters(&place->asked.question, configuration), CHECK_REPLY_TYPE,
			       G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, on_polkit_reply, place);
}

/* The connection is there, or is not to be had: either way nobody waits for it any longer. */
static void on_bus_opened(GDBusConnection *connection, const GError *error)
{
	for (size_t i = 0; i < DESK_PLACES; i++) {
		struct place *place = &desk.places[i];

		if (place->state != PLACE_WAITING)
			continue;
		if (error != NULL) {
			desk_log_error(&place->asked.question, error);
			desk_answer(place, TB_VERDICT_ERROR);
		} else {
			desk_ask_polkit(place, connection);
		}
	}
}

void desk_open(int clerk, int monitor)
{
	desk.clerk = clerk;
	desk.monitor = monitor;
	bus_open(on_bus_opened);
}

/* Takes a place for the question, which makes sense. */
static struct place *desk_seat(const struct tb_question *question)
{
	if (desk_find(question->ticket) != NULL)
		tb_die("authority: the clerk used a ticket twice");
	return desk_take(question);
}

static void desk_begin(struct place *place)
{
	GDBusConnection *connection = bus_connection();

	if (connection != NULL)
		desk_ask_polkit(place, connection);
	else
		bus_open(on_bus_opened);
}

void desk_ask(const struct tb_question *question)
{
	if (!polkit_check_valid(question))
		tb_die("authority: the clerk asked a question that makes no sense");
	desk_begin(desk_seat(question));
}

void desk_ask_configuration(const struct tb_configuration *configuration)
{
	struct place *place;

	if (!polkit_check_configuration_valid(configuration))
		tb_die("authority: the clerk asked about a configuration that makes no sense");
	place = desk_seat(&configuration->question);
	place->asked = *configuration;
	desk_begin(place);
}

/* Nobody is to reply to this, so it takes none of the bus's pending replies. */
static void desk_cancel_at_polkit(const struct place *place)
{
	GDBusConnection *connection = bus_connection();

	if (connection == NULL)
		return;
	g_dbus_connection_call(connection, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE, "CancelCheckAuthorization",
			       polkit_check_cancellation(&place->asked.question), NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START,
			       -1, NULL, NULL, NULL);
}

void desk_cancel(const uint8_t ticket[TB_ID_SIZE])
{
	struct place *place = desk_find(ticket);

	if (place == NULL)
		return;
	if (place->state == PLACE_WAITING) {
		desk_answer(place, TB_VERDICT_CANCELLED);
	} else if (place->state == PLACE_ASKED) {
		place->state = PLACE_CANCELLED;
		desk_cancel_at_polkit(place);
	}
}
