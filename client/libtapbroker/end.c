/* tap_release() and tap_revoke(): the end of a lease that somebody asks for. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/channel.h"
#include "proto/request.h"

#include <errno.h>
#include <unistd.h>

/* One call. */
struct question {
	struct tb_request request;
	int64_t deadline;
	struct tb_report report;
};

/* The answer to a request has the next number. */
static int ask(void *context, bool met)
{
	struct question *question = context;
	struct tb_done done;
	int sock;
	int ret;

	ret = tb_server_ask(&question->request, met, question->deadline, &sock);
	if (ret < 0)
		return ret;
	ret = tb_answer_receive(sock, question->request.header.type + 1, &done, sizeof(done), question->deadline,
				&question->report.failure);
	close(sock);
	return ret;
}

/* What is to be revoked has no name: that would be looked for among the caller's own leases. */
static int set_lease(struct tb_request *request, const char *lease)
{
	int ret = tb_request_set_lease(request, lease);

	return ret == 0 && !tb_request_valid(request, sizeof(*request)) ? -EINVAL : ret;
}

static int end_lease(struct question *question, int timeout)
{
	question->deadline = tb_deadline(timeout);
	return tb_server_attempt(ask, question);
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
