/* tap_drops(): what the locks of a lease's device have dropped. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/request.h"

#include <errno.h>
#include <string.h>

_Static_assert(sizeof(struct tap_drop) == offsetof(struct tap_drop, bytes) + sizeof(uint64_t),
	       "padding at the end would hide a new member");

/* One call. */
struct question {
	struct tb_request request;
	struct tb_drops answer;
	struct tb_report report;
};

static int set_lease_id(struct tb_request *request, const char *id)
{
	return id != NULL && tb_hex_read(id, request->lease, TB_ID_SIZE) == 0 &&
			       tb_request_valid(request, sizeof(*request))
		       ? 0
		       : -EINVAL;
}

static bool drops_valid(const struct tb_drops *drops)
{
	if (drops->count > TB_DROPS_MAX)
		return false;
	for (uint32_t i = 0; i < drops->count; i++)
		if (drops->drops[i].reason[0] == '\0' ||
		    !tb_field_printable(drops->drops[i].reason, sizeof(drops->drops[i].reason)))
			return false;
	return true;
}

/* Returns what the caller said last. */
static int tell(const struct tb_drops *drops, int (*each)(const struct tap_drop *drop, void *arg), void *arg)
{
	int told = 0;

	for (uint32_t i = 0; told == 0 && i < drops->count; i++) {
		const struct tap_drop drop = {.size = sizeof(drop),
					      .reason = drops->drops[i].reason,
					      .packets = drops->drops[i].packets,
					      .bytes = drops->drops[i].bytes};

		told = each(&drop, arg);
	}
	return told;
}

int tapbroker_drops(const char *lease, unsigned int flags, int timeout, struct tap_failure *failure,
		    int (*each)(const struct tap_drop *drop, void *arg), void *arg)
{
	struct question question;
	int ret;

	ret = tb_request_plain(TB_REQ_DROPS, flags, TAP_ALL | TAP_INTERACTIVE, &question.request, &timeout, failure,
			       &question.report);
	if (ret == 0 && each == NULL)
		ret = -EINVAL;
	if (ret == 0)
		ret = set_lease_id(&question.request, lease);
	if (ret == 0)
		ret = tb_exchange(&question.request, tb_deadline(timeout), &question.answer, sizeof(question.answer),
				  &question.report.failure);
	if (ret == 0 && !drops_valid(&question.answer))
		ret = -EPROTO;
	if (tb_report_end(&question.report, ret) < 0)
		return -1;
	return tell(&question.answer, each, arg);
}
TB_SHORT_NAME(drops);
