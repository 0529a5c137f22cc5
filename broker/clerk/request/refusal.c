/* How a request is refused: see refusal.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/refusal.h"

#include "broker/clerk/request/inquiry.h"
#include "broker/clerk/request/question.h"
#include "broker/clerk/request/request_log.h"
#include "broker/shared/clock.h"
#include "proto/checks.h"

/* Milliseconds from a request to its refusal. Polkit takes 2 to 5. */
#define REFUSAL_MS 20

/* Requests that may wait for their refusal, and others, at the same time: the rest of the table is for those that can
 * still be granted. */
#define WAITING_MAX (REQUESTS_MAX / 2)

/* The lease that the request is about, if it is about one that is there. */
static const struct lease *subject_to_log(const struct request *request)
{
	uint16_t type = request->message.header.type;

	return type == TB_REQ_RELEASE || type == TB_REQ_REVOKE || type == TB_REQ_CONFIGURE ? request_subject(request)
											   : NULL;
}

void refusal_tell(struct request *request)
{
	answer_outcome(request->client.sock, request->message.header.type, &request->refusal);
	question_end(request);
}

/* One word for every "no": which check it was tells which networks there are. But whom polkit has let in, or would let
 * in after a password, may know them; and who holds a device of the network already. */
static bool may_know_check(const struct request *request, uint32_t check)
{
	return request->client.uid == 0 || request->authorized || inquiry_may_know_file(request) ||
	       request->message.header.type == TB_REQ_CONFIGURE || check == TB_CHECK_POLKIT_CHALLENGE ||
	       check == TB_CHECK_POLKIT_DISMISSED;
}

/* root is not made to wait, nor who has waited already, and nobody while the table is half full. A request that polkit
 * has in hand keeps its place until polkit's answer. */
static void tell_at(struct request *request, const struct outcome *outcome, uint64_t time)
{
	request->refusal = *outcome;
	if (outcome->status == TB_DENIED && !may_know_check(request, outcome->check))
		request->refusal.check = TB_CHECK_NONE;
	if (request->state == REQUEST_ASKED || request->client.uid == 0 || monotonic_ms() >= time ||
	    requests_count() > WAITING_MAX) {
		refusal_tell(request);
		return;
	}
	request->state = REQUEST_REFUSED;
	request->deadline = time;
}

void refuse(struct request *request, const struct outcome *outcome)
{
	request_log(request, "denied", tb_check_word(outcome->check), subject_to_log(request));
	tell_at(request, outcome, request->began + REFUSAL_MS);
}

void refuse_with(struct request *request, enum tb_status status, enum tb_check check)
{
	refuse(request, &(struct outcome){.status = status, .check = check});
}

void refuse_unread(struct request *request, enum tb_status status, enum tb_check check)
{
	tell_at(request, &(struct outcome){.status = status, .check = check}, request->began + REFUSAL_MS);
}

void refuse_failed(struct request *request, const struct outcome *outcome, const char *reason)
{
	request_log(request, "failed", reason, NULL);
	tell_at(request, outcome, monotonic_ms() + REFUSAL_MS);
}
