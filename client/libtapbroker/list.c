/* Lists: one request is answered by a message for each entry. See internal.h. Runs in the client's process. */
#include "client/libtapbroker/internal.h"

#include <errno.h>
#include <unistd.h>

_Static_assert(offsetof(struct tb_network, left) == offsetof(struct tb_lease, left) &&
		       offsetof(struct tb_network, count) == offsetof(struct tb_lease, count) &&
		       offsetof(struct tb_shown, left) == offsetof(struct tb_lease, left) &&
		       offsetof(struct tb_shown, count) == offsetof(struct tb_lease, count) &&
		       offsetof(struct tb_blocks, left) == offsetof(struct tb_lease, left) &&
		       offsetof(struct tb_blocks, count) == offsetof(struct tb_lease, count),
	       "every entry says in the same place where it stands in the list");

/* One call. */
struct question {
	const struct tb_list *list;
	const struct tb_caller *caller;
	struct tb_request request;
	int64_t deadline;
	struct tb_report report;
	int told; /* what the caller said last; anything but 0 ends the work early */
};

int tb_list_next(const union tb_any_answer *entry, struct tb_place *place)
{
	if (place->seen == 0 && entry->lease.count == 0)
		return 0;
	if (place->seen == 0)
		place->count = entry->lease.count;
	place->seen++;
	if (entry->lease.count != place->count || place->seen > place->count ||
	    entry->lease.left != place->count - place->seen)
		return -EPROTO;
	return 1;
}

/* Receives the whole list. */
static int receive(int sock, struct question *question)
{
	const struct tb_list *list = question->list;
	struct tb_place place = {0, 0};
	union tb_any_answer entry;

	do {
		int ret = tb_answer_receive_entry(sock, list->answer, &entry, list->size, question->deadline,
						  &question->report.failure);

		/* Once there was an entry, it is too late to begin anew. */
		if (ret < 0)
			return ret == -ERESTART && place.seen > 0 ? -ECONNRESET : ret;
		ret = tb_list_next(&entry, &place);
		if (ret <= 0)
			return ret;
		if (!list->valid(&entry))
			return -EPROTO;
		question->told = list->tell(&entry, question->caller);
	} while (question->told == 0 && entry.lease.left > 0);
	return 0;
}

static int ask(void *context, bool met)
{
	struct question *question = context;
	int sock;
	int ret;

	ret = tb_server_ask(&question->request, met, question->deadline, &sock);
	if (ret < 0)
		return ret;
	ret = receive(sock, question);
	close(sock);
	return ret;
}

int tb_list_tell(const struct tb_list *list, unsigned int flags, int timeout, struct tap_failure *failure,
		 const struct tb_caller *caller)
{
	struct question question = {.list = list, .caller = caller};
	int ret;

	ret = tb_request_plain(list->request, flags, list->flags, &question.request, &timeout, failure,
			       &question.report);
	if (ret == 0 && caller == NULL)
		ret = -EINVAL;
	if (ret == 0) {
		question.deadline = tb_deadline(timeout);
		ret = tb_server_attempt(ask, &question);
	}
	return tb_report_end(&question.report, ret) < 0 ? -1 : question.told;
}
