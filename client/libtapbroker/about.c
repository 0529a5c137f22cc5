/* tap_about() and tap_version(): what the broker and this library are. Runs in the client's process. */
#include "client/libtapbroker/internal.h"

#include <errno.h>
#include <string.h>

#define ABOUT_FIRST_SIZE (offsetof(struct tap_broker, release) + TAP_RELEASE_SIZE)

_Static_assert(ABOUT_FIRST_SIZE == sizeof(struct tap_broker), "padding at the end would hide a new member");
_Static_assert(TAP_RELEASE_SIZE == TB_RELEASE_SIZE, "the public numbers are those of the wire");

/* One call. */
struct question {
	struct tb_request request;
	struct tb_about answer;
	struct tb_report report;
};

/* The text is printed by programs: one that cannot be printed is none. */
static void copy_release(const char from[TB_RELEASE_SIZE], char to[TAP_RELEASE_SIZE])
{
	size_t length = strnlen(from, TB_RELEASE_SIZE);

	for (size_t i = 0; i < length; i++)
		if (from[i] <= ' ' || from[i] > '~')
			return;
	if (length < TB_RELEASE_SIZE)
		memcpy(to, from, length);
}

static void describe(const struct tb_about *from, struct tap_broker *about)
{
	struct tap_broker told = {
		.size = sizeof(told),
		.protocol = from->protocol,
		.items_max = from->items_max,
		.requests = from->requests,
		.kinds = from->kinds,
		.lifetimes = from->lifetimes,
		.item_kinds = from->item_kinds,
		.flags = from->flags,
	};

	copy_release(from->release, told.release);
	tb_sized_give(about, &told, sizeof(told));
}

int tapbroker_about(unsigned int flags, int timeout, struct tap_failure *failure, struct tap_broker *about)
{
	struct question question;
	int ret;

	ret = tb_request_plain(TB_REQ_ABOUT, flags, 0, &question.request, &timeout, failure, &question.report);
	if (ret == 0)
		ret = tb_sized_check(about, ABOUT_FIRST_SIZE);
	if (ret == 0)
		ret = tb_exchange(&question.request, tb_deadline(timeout), &question.answer, sizeof(question.answer),
				  &question.report.failure);
	if (ret == 0)
		describe(&question.answer, about);
	return tb_report_end(&question.report, ret);
}
TB_SHORT_NAME(about);

const char *tapbroker_version(void)
{
	return TB_RELEASE;
}
TB_SHORT_NAME(version);
