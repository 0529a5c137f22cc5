/* Which requests polkit is asked about at a time, and what becomes of its answers. Runs in the monitor; needs no right.
 * The words themselves are exchanged in authority.c. */
#include "broker/monitor/gate.h"
#include "broker/monitor/monitor.h"
#include "broker/shared/log.h"
#include "broker/shared/random.h"

#include <string.h>

/* Counts the questions that are open, and those of this user that are like the request. */
struct open_questions {
	uint32_t all;
	uint32_t prompts;
	uint32_t like_this;
};

static struct open_questions count_questions(const struct request_table *table, const struct request *like)
{
	struct open_questions open = {0, 0, 0};
	const struct request *request;

	TAILQ_FOREACH(request, &table->used, link) {
		if (request->state != REQUEST_ASKED && request->state != REQUEST_ABANDONED)
			continue;
		open.all++;
		open.prompts += request_interactive(request);
		open.like_this += request->peer.uid == like->peer.uid &&
				  request_interactive(request) == request_interactive(like);
	}
	return open;
}

/* One question of a user at a time, and one prompt: who sends many waits for himself. */
static bool may_ask(const struct request_table *table, const struct request *request)
{
	struct open_questions open = count_questions(table, request);

	return open.like_this == 0 && open.all < QUESTIONS_MAX &&
	       (!request_interactive(request) || open.prompts < PROMPTS_MAX);
}

static void ask(struct monitor *monitor, struct request *request)
{
	/* While it waited, its user may have taken what was free, or the lease that it is about may have ended. */
	struct passage passage = gate(monitor, request);

	if (passage.way == PASSAGE_REFUSED) {
		request_refuse_passage(monitor, request, &passage);
		return;
	}
	/* The process that polkit is told of is the one that connected: it still runs. */
	if (!peer_alive(&request->peer)) {
		request_refuse(monitor, request, TB_DENIED, "peer-gone");
		return;
	}
	if (tb_random(request->ticket, sizeof(request->ticket)) < 0) {
		request_refuse(monitor, request, TB_DENIED, "no-ticket");
		return;
	}
	request->state = REQUEST_ASKED;
	authority_ask(monitor, request);
}

void requests_ask(struct monitor *monitor)
{
	struct request *request = TAILQ_FIRST(&monitor->requests.used);

	while (request != NULL) {
		struct request *next = TAILQ_NEXT(request, link);

		if (request->state == REQUEST_WAITING && may_ask(&monitor->requests, request))
			ask(monitor, request);
		request = next;
	}
}

static struct request *request_of_ticket(struct request_table *table, const uint8_t *ticket)
{
	struct request *request;

	TAILQ_FOREACH(request, &table->used, link)
		if ((request->state == REQUEST_ASKED || request->state == REQUEST_ABANDONED) &&
		    memcmp(request->ticket, ticket, TB_ID_SIZE) == 0)
			return request;
	return NULL;
}

static const char *refusal_word(uint32_t verdict)
{
	switch (verdict) {
	case TB_VERDICT_NO:
		return "polkit-no";
	case TB_VERDICT_CHALLENGE:
		return "polkit-challenge";
	case TB_VERDICT_DISMISSED:
		return "polkit-dismissed";
	case TB_VERDICT_ERROR:
		return "polkit-error";
	default:
		return "polkit-nonsense";
	}
}

void request_verdict(struct monitor *monitor, const struct tb_verdict *verdict)
{
	struct request *request = request_of_ticket(&monitor->requests, verdict->ticket);

	if (request == NULL)
		tb_die("the authority gave a verdict that nobody asked for");
	if (request->state == REQUEST_ABANDONED) {
		request_free(&monitor->requests, request);
	} else {
		/* The ticket is used up: the authority has no more to say about it. */
		request->state = REQUEST_WAITING;
		request->authorized = verdict->verdict == TB_VERDICT_YES;
		if (request->authorized)
			request_proceed(monitor, request);
		else
			request_refuse(monitor, request, TB_DENIED, refusal_word(verdict->verdict));
	}
	requests_ask(monitor);
}
