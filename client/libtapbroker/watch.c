/* tap_watch(): what happens to leases. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/channel.h"
#include "proto/name.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

_Static_assert(TAP_EVENT_OPENED == (int)TB_EVENT_OPENED && TAP_EVENT_ENDED == (int)TB_EVENT_ENDED &&
		       TAP_EVENT_CONFIGURED == (int)TB_EVENT_CONFIGURED &&
		       TAP_EVENT_UNBLOCKED == (int)TB_EVENT_UNBLOCKED,
	       "the public numbers are those of the wire");

_Static_assert(sizeof(struct tap_event) == offsetof(struct tap_event, external_id) + sizeof(char *),
	       "padding at the end would hide a new member");

/* The handle. It owns the socket. */
struct tap_watcher {
	int sock;
	struct tb_event message; /* the last one; event points into it */
	char lease[TB_ID_TEXT];
	struct tap_event event;
};

/* One call. */
struct question {
	struct tap_watcher *watch;
	struct tb_request request;
	int64_t deadline;
	struct tb_report report;
};

/* The first message says that the watch has begun, or why it has not. */
static int begin(void *context, bool met)
{
	struct question *question = context;
	struct tap_watcher *watch = question->watch;
	struct tb_event *event = &watch->message;
	int ret;

	ret = tb_server_ask(&question->request, met, question->deadline, &watch->sock);
	if (ret < 0)
		return ret;
	ret = tb_answer_receive(watch->sock, TB_ANS_EVENT, event, sizeof(*event), question->deadline,
				&question->report.failure);
	if (ret == 0 && event->what != TB_EVENT_WATCHING)
		ret = -EPROTO;
	if (ret < 0) {
		close(watch->sock);
		watch->sock = -1;
	}
	return ret;
}

/* An event that is not about a lease, or that this version does not know: what is printed of it is a name or nothing.
 */
static bool other_event_valid(const struct tb_event *event)
{
	return (tb_field_empty(event->network, sizeof(event->network)) ||
		tb_network_valid(event->network, sizeof(event->network))) &&
	       (tb_field_empty(event->name, sizeof(event->name)) || tb_name_valid(event->name, sizeof(event->name)));
}

static bool event_valid(const struct tb_event *event)
{
	if (event->when > INT64_MAX)
		return false;
	if (!tb_field_empty(event->external_id, sizeof(event->external_id)) &&
	    !tb_external_id_valid(event->external_id, sizeof(event->external_id)))
		return false;
	if (event->what >= TB_EVENT_COUNT || event->what == TB_EVENT_UNBLOCKED)
		return other_event_valid(event);
	if (event->what == TB_EVENT_WATCHING || (event->what == TB_EVENT_ENDED && event->reason == 0))
		return false;
	return tb_network_valid(event->network, sizeof(event->network)) &&
	       tb_name_valid(event->name, sizeof(event->name)) && event->kind != TB_KIND_ANY &&
	       !tb_field_empty((const char *)event->lease, sizeof(event->lease));
}

static void describe(struct tap_watcher *watch)
{
	const struct tb_event *from = &watch->message;

	tb_hex_write(from->lease, TB_ID_SIZE, watch->lease);
	watch->event = (struct tap_event){
		.size = sizeof(watch->event),
		.what = from->what,
		.reason = from->reason,
		.lost = from->lost,
		.when = (int64_t)from->when,
		.id = watch->lease,
		.network = from->network,
		.name = from->name,
		.kind = from->kind,
		.lifetime = from->lifetime,
		.uid = from->uid,
		.pid = from->pid,
		.flags = from->flags,
		.entries = from->items,
		.replaces = from->replaces,
		.external_id = from->external_id,
	};
}

int tapbroker_watch(unsigned int flags, int timeout, struct tap_failure *failure, struct tap_watcher **watch)
{
	struct question question = {.watch = NULL};
	int ret;

	if (watch != NULL)
		*watch = NULL;
	ret = tb_request_plain(TB_REQ_WATCH, flags, TAP_ALL | TAP_INTERACTIVE, &question.request, &timeout, failure,
			       &question.report);
	if (ret != 0)
		goto out;
	if (watch == NULL) {
		ret = -EINVAL;
		goto out;
	}
	question.deadline = tb_deadline(timeout);
	question.watch = calloc(1, sizeof(*question.watch));
	if (question.watch == NULL) {
		ret = -ENOMEM;
		goto out;
	}
	question.watch->sock = -1;
	ret = tb_server_attempt(begin, &question);
	if (ret == 0) {
		*watch = question.watch;
		tb_report_end(&question.report, 0);
		return question.watch->sock;
	}
out:
	tapbroker_watch_close(question.watch);
	return tb_report_end(&question.report, ret);
}
TB_SHORT_NAME(watch);

/* The next event, which lives in the handle: 1, 0 if there is none now, or a negative errno. */
static int next_event(struct tap_watcher *watch)
{
	union tb_any_answer message;
	struct tap_failure unused;
	size_t nfds = 0;
	long length = tb_receive(watch->sock, &message, sizeof(message), NULL, &nfds);
	int ret;

	if (length == -EAGAIN)
		return 0;
	if (length <= 0)
		return length == -EMSGSIZE ? -EPROTO : -ECONNRESET;
	ret = tb_answer_take(&message, (size_t)length, TB_ANS_EVENT, &watch->message, sizeof(watch->message), &unused);
	if (ret < 0)
		return ret == -ERESTART ? -ECONNRESET : ret;
	if (!event_valid(&watch->message))
		return -EPROTO;
	describe(watch);
	return 1;
}

int tapbroker_watch_next(struct tap_watcher *watch, const struct tap_event **event)
{
	int ret = watch != NULL && event != NULL ? next_event(watch) : -EINVAL;

	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	*event = &watch->event;
	return ret;
}
TB_SHORT_NAME(watch_next);

void tapbroker_watch_close(struct tap_watcher *watch)
{
	int error = errno;

	if (watch != NULL && watch->sock >= 0)
		close(watch->sock);
	free(watch);
	errno = error;
}
TB_SHORT_NAME(watch_close);
