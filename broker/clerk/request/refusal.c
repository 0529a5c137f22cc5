/* How a request is refused. Runs in the monitor; needs no right.
 *
 * A refusal takes its time. Who asks again as soon as he was refused, from a few processes at once, would else keep the
 * processor and the monitor busy for others: thousands of times a second, while a device takes only some milliseconds.
 * And since all that is refused without a question to polkit takes the same time, the time tells nobody which network
 * there is.
 */
#include "broker/monitor/gate.h"
#include "broker/monitor/monitor.h"

/* Milliseconds from a request to its refusal. Polkit takes 2 to 5. */
#define REFUSAL_MS 20

/* Requests that may wait for their refusal, and others, at the same time: the rest of the table is for those that can
 * still be granted. */
#define WAITING_MAX (REQUESTS_MAX / 2)

/* The lease that the request is about, if it is about one that is there. */
static const struct lease *subject_of(const struct monitor *monitor, const struct request *request)
{
	uint16_t type = request->message.header.type;

	return type == TB_REQ_RELEASE || type == TB_REQ_REVOKE ? lease_of_request(&monitor->leases, request) : NULL;
}

static uint32_t count_used(const struct request_table *table)
{
	const struct request *request;
	uint32_t count = 0;

	TAILQ_FOREACH(request, &table->used, link)
		count++;
	return count;
}

void request_tell_refusal(struct monitor *monitor, struct request *request)
{
	answer_outcome(request->peer.sock, request->message.header.type, &request->refusal);
	request_end(monitor, request);
}

/* root is not made to wait, nor who has waited already. */
static void refuse(struct monitor *monitor, struct request *request, const struct outcome *outcome)
{
	uint64_t time = request->began + REFUSAL_MS;

	request->refusal = *outcome;
	if (request->state == REQUEST_WAITING && request->peer.uid != 0 && monotonic_ms() < time &&
	    count_used(&monitor->requests) <= WAITING_MAX) {
		request->state = REQUEST_REFUSED;
		request->deadline = time;
	} else {
		request_tell_refusal(monitor, request);
	}
}

void request_refuse_passage(struct monitor *monitor, struct request *request, const struct passage *passage)
{
	request_log(request, "denied", passage->reason, subject_of(monitor, request));
	refuse(monitor, request, &passage->outcome);
}

void request_refuse(struct monitor *monitor, struct request *request, enum tb_status status, const char *reason)
{
	struct passage passage = {.way = PASSAGE_REFUSED, .outcome = {.status = status}, .reason = reason};

	request_refuse_passage(monitor, request, &passage);
}

void request_refuse_unread(struct monitor *monitor, struct request *request, enum tb_status status)
{
	refuse(monitor, request, &(struct outcome){.status = status});
}
