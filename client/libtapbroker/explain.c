/* tap_explain(): what would become of a request. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/name.h"
#include "proto/words.h"

#include <errno.h>
#include <string.h>

#define FIRST_SIZE (offsetof(struct tap_explanation, details) + TB_DETAILS_SIZE)

_Static_assert(offsetof(struct tap_explanation, limit_overall) + sizeof(unsigned int) == sizeof(struct tap_explanation),
	       "padding at the end would hide a new member");
_Static_assert(TAP_ACCESS_NONE == (int)TB_ACCESS_NONE && TAP_ACCESS_YES == (int)TB_ACCESS_YES &&
		       TAP_ACCESS_PASSWORD == (int)TB_ACCESS_PASSWORD && TAP_ACCESS_NO == (int)TB_ACCESS_NO,
	       "the public numbers are those of the wire");

/* One call. */
struct explain_call {
	struct tb_open_message message;
	struct tb_explanation answer;
	struct tb_report report;
	int64_t deadline;
};

bool tb_field_printable(const char *field, size_t size)
{
	size_t length = strnlen(field, size);

	for (size_t i = 0; i < length; i++)
		if ((field[i] < ' ' || field[i] > '~') && field[i] != '\n')
			return false;
	return length < size;
}

static bool explanation_valid(const struct tb_explanation *from)
{
	return tb_field_printable(from->network, sizeof(from->network)) &&
	       tb_field_printable(from->name, sizeof(from->name)) &&
	       tb_field_printable(from->lower, sizeof(from->lower)) &&
	       tb_field_printable(from->names, sizeof(from->names)) &&
	       tb_field_printable(from->path, sizeof(from->path)) &&
	       tb_field_printable(from->action, sizeof(from->action)) &&
	       tb_field_printable(from->details, sizeof(from->details));
}

#define COPY(field)                                                                     \
	do {                                                                            \
		_Static_assert(sizeof(told.field) == sizeof(from->field), "same size"); \
		memcpy(told.field, from->field, sizeof(told.field));                    \
	} while (0)

static void describe(const struct tb_explanation *from, struct tap_explanation *explanation)
{
	struct tap_explanation told = {
		.size = sizeof(told),
		.forbids = from->forbids,
		.access = from->access,
		.traits = from->traits,
		.kind = from->kind,
		.flags = from->flags,
		.mtu = from->mtu,
		.queues = from->queues,
		.lifetime = from->lifetime,
		.network_kind = from->network_kind,
		.network_mtu = from->network_mtu,
		.network_queues = from->network_queues,
		.network_flags = from->network_flags,
		.network_lifetimes = from->network_lifetimes,
		.held = from->held,
		.limit = from->limit,
		.max = from->max,
		.held_by_all = from->held_by_all,
		.held_overall = from->held_overall,
		.limit_overall = from->limit_overall,
	};

	COPY(network);
	COPY(name);
	COPY(lower);
	COPY(names);
	COPY(lines);
	COPY(path);
	COPY(action);
	COPY(details);
	tb_sized_give(explanation, &told, sizeof(told));
}

/* The message for a device, with another type. */
static int make_message(const struct tap_request *request, struct explain_call *call)
{
	bool has_lifetime = tb_sized_check(request, offsetof(struct tap_request, failure)) == 0;
	bool by_name = has_lifetime && tb_lifetime_by_name(request->lifetime);
	int timeout;
	int ret;

	ret = tb_request_make(request, by_name, &call->message, &timeout, &call->report.told);
	if (ret < 0)
		return ret;
	call->message.request.header.type = TB_REQ_EXPLAIN;
	call->deadline = tb_deadline(timeout);
	return 0;
}

int tapbroker_explain(const struct tap_request *request, struct tap_explanation *explanation)
{
	struct explain_call call = {.report = {.failure = TAP_FAILURE_INIT}};
	int ret;

	ret = tb_sized_check(explanation, FIRST_SIZE);
	if (ret == 0)
		ret = make_message(request, &call);
	if (ret == 0)
		ret = tb_exchange(&call.message.request, call.deadline, &call.answer, sizeof(call.answer),
				  &call.report.failure);
	if (ret == 0 && !explanation_valid(&call.answer))
		ret = -EPROTO;
	if (ret == 0)
		describe(&call.answer, explanation);
	return tb_report_end(&call.report, ret);
}
TB_SHORT_NAME(explain);
