/* tap_release() and tap_revoke(): the end of a lease that somebody asks for. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/request.h"

#include <errno.h>

/* One call. */
struct question {
	struct tb_request request;
	struct tb_report report;
};

/* What is to be revoked has no name: that would be looked for among the caller's own leases. */
static int set_lease(struct tb_request *request, const char *lease)
{
	int ret = tb_request_set_lease(request, lease);

	return ret == 0 && !tb_request_valid(request, sizeof(*request)) ? -EINVAL : ret;
}

static int end_lease(struct question *question, int timeout)
{
	struct tb_done done;

	return tb_exchange(&question->request, tb_deadline(timeout), &done, sizeof(done), &question->report.failure);
}

int tapbroker_release(const char *lease, unsigned int flags, int timeout, struct tap_failure *failure)
{
	struct question question;
	int ret;

	ret = tb_request_plain(TB_REQ_RELEASE, flags, 0, &question.request, &timeout, failure, &question.report);
	if (ret == 0)
		ret = set_lease(&question.request, lease);
	if (ret == 0)
		ret = end_lease(&question, timeout);
	return tb_report_end(&question.report, ret);
}
TB_SHORT_NAME(release);

int tapbroker_revoke(const char *lease, unsigned int flags, int timeout, struct tap_failure *failure)
{
	struct question question;
	int ret;

	ret = tb_request_plain(TB_REQ_REVOKE, flags, TAP_INTERACTIVE, &question.request, &timeout, failure,
			       &question.report);
	if (ret == 0)
		ret = set_lease(&question.request, lease);
	if (ret == 0)
		ret = end_lease(&question, timeout);
	return tb_report_end(&question.report, ret);
}
TB_SHORT_NAME(revoke);
