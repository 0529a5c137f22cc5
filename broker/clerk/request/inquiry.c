/* Inquiries: see inquiry.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/inquiry.h"

#include "broker/clerk/request/question.h"

#include <errno.h>

/* The questions of an explanation, in the order in which they are asked. One for a device that the ceiling forbids
 * has the second alone. */
enum { ALL, DEFAULT, AS_ASKED, EXPLAIN_QUESTIONS };

static bool is_explanation(const struct request *request)
{
	return request->message.header.type == TB_REQ_EXPLAIN;
}

bool inquiry_next(struct request *request)
{
	if (request->client.uid == 0)
		return false;
	if (!is_explanation(request)) {
		question_fill_default(request, request->network);
		return request->answers == 0;
	}
	switch (request->answers) {
	case ALL:
		question_fill_explain(request);
		return true;
	case DEFAULT:
		question_fill_default(request, request->network);
		return true;
	case AS_ASKED:
		question_fill(request);
		request->question.action = TB_ACTION_WOULD_OPEN;
		return true;
	default:
		return false;
	}
}

bool inquiry_asked(const struct request *request)
{
	return request->question.action == TB_ACTION_WOULD_OPEN || request->question.action == TB_ACTION_EXPLAIN;
}

int inquiry_take(struct request *request, uint32_t word)
{
	static const uint8_t access[] = {[TB_VERDICT_YES] = TB_ACCESS_YES,
					 [TB_VERDICT_NO] = TB_ACCESS_NO,
					 [TB_VERDICT_CHALLENGE] = TB_ACCESS_PASSWORD};

	if (word >= sizeof(access) || access[word] == TB_ACCESS_NONE)
		return -EAGAIN;
	request->access[request->answers++] = access[word];
	return 0;
}

enum tb_access inquiry_access(const struct request *request)
{
	return request->client.uid == 0 ? TB_ACCESS_YES : request->access[AS_ASKED];
}

bool inquiry_may_know_all(const struct request *request)
{
	return request->client.uid == 0 || (is_explanation(request) && request->access[ALL] == TB_ACCESS_YES);
}

bool inquiry_may_know_file(const struct request *request)
{
	enum tb_access access = request->access[is_explanation(request) ? DEFAULT : 0];

	return request->network != NULL && !request->network->off &&
	       (access == TB_ACCESS_YES || access == TB_ACCESS_PASSWORD);
}
