/* The life of a request, from the listener's hand to its answer. Runs in the monitor; needs no right. What is decided
 * about a request is decided in gate.c. */
#include "broker/monitor/request.h"

#include "broker/monitor/gate.h"
#include "broker/monitor/monitor.h"
#include "broker/shared/log.h"
#include "broker/shared/random.h"
#include "proto/channel.h"
#include "proto/request.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* How long the authority may take to confirm that it has taken a question back. */
#define ABANDONED_DEADLINE_MS 10000

void requests_init(struct request_table *table)
{
	TAILQ_INIT(&table->free);
	TAILQ_INIT(&table->used);
	for (size_t i = 0; i < REQUESTS_MAX; i++)
		TAILQ_INSERT_TAIL(&table->free, &table->requests[i], link);
}

static bool interactive(const struct request *request)
{
	return (request->message.flags & TB_REQUEST_INTERACTIVE) != 0;
}

/* Requests of this user that wait for an answer. */
static uint32_t pending_of(const struct request_table *table, uid_t uid)
{
	const struct request *request;
	uint32_t count = 0;

	TAILQ_FOREACH(request, &table->used, link)
		if (request->state != REQUEST_ABANDONED && request->peer.uid == uid)
			count++;
	return count;
}

static struct request *request_take(struct request_table *table)
{
	struct request *request = TAILQ_FIRST(&table->free);

	if (request != NULL) {
		TAILQ_REMOVE(&table->free, request, link);
		TAILQ_INSERT_TAIL(&table->used, request, link);
		memset(&request->message, 0, sizeof(request->message));
		request->network = NULL;
		request->authorized = false;
	}
	return request;
}

void request_free(struct request_table *table, struct request *request)
{
	peer_close(&request->peer);
	request->state = REQUEST_FREE;
	TAILQ_REMOVE(&table->used, request, link);
	TAILQ_INSERT_TAIL(&table->free, request, link);
}

void request_log(const struct request *request, const char *verdict, const char *reason, const struct lease *lease)
{
	const struct tb_request *message = &request->message;
	const struct network *network = request->network;
	struct decision decision = {
		.operation = "open",
		.uid = request->peer.uid,
		.pid = request->peer.pid,
		.network = message->network,
		.kind = kind_word(network != NULL ? network->kind : (enum tb_kind)message->kind),
		.name = lease != NULL ? lease->name : message->name,
		.verdict = verdict,
		.reason = reason,
		.lease = lease != NULL ? lease->id : NULL,
	};

	log_decision(&decision);
}

/* Tells the client. If it cannot be told, it has hung up or does not read: nothing is lost with it. */
static void answer_refusal(int sock, enum tb_status status, uint32_t held, uint32_t limit)
{
	struct tb_answer answer;

	memset(&answer, 0, sizeof(answer));
	tb_header_set(&answer.header, TB_ANS_OPEN, sizeof(answer));
	answer.status = status;
	answer.held = held;
	answer.limit = limit;
	tb_send(sock, &answer, sizeof(answer), NULL, 0);
}

/* The request ends unanswered or refused: if the authority is still busy with it, the slot waits for its verdict. */
static void request_end(struct monitor *monitor, struct request *request)
{
	if (request->state == REQUEST_ABANDONED)
		return;
	if (request->state != REQUEST_ASKED) {
		request_free(&monitor->requests, request);
		return;
	}
	peer_close(&request->peer);
	authority_cancel(monitor, request);
	request->state = REQUEST_ABANDONED;
	request->deadline = monotonic_ms() + ABANDONED_DEADLINE_MS;
}

static void refuse(struct monitor *monitor, struct request *request, enum tb_status status, const char *reason)
{
	request_log(request, "denied", reason, NULL);
	answer_refusal(request->peer.sock, status, 0, 0);
	request_end(monitor, request);
}

/* From now on a client that hangs up, or says more than it may, is noticed. */
static void wait_for_turn(struct monitor *monitor, struct request *request)
{
	uint32_t number = (uint32_t)(request - monitor->requests.requests);

	request->state = REQUEST_WAITING;
	if (monitor_watch(monitor, request->peer.sock, SOURCE_REQUEST, number) < 0)
		refuse(monitor, request, TB_DENIED, "no-watch");
	else
		requests_ask(monitor);
}

/* Asks the gate, and goes where it points. */
static void proceed(struct monitor *monitor, struct request *request)
{
	struct passage passage = gate(monitor, request);

	switch (passage.way) {
	case PASSAGE_OPEN:
		grant(monitor, request);
		break;
	case PASSAGE_ASK:
		wait_for_turn(monitor, request);
		break;
	default:
		request_log(request, "denied", passage.reason, NULL);
		answer_refusal(request->peer.sock, passage.status, passage.held, passage.limit);
		request_end(monitor, request);
	}
}

static int begin_open(void *context, const void *message, const int *fds)
{
	struct request *request = context;

	(void)fds;
	memcpy(&request->message, message, sizeof(request->message));
	return tb_request_valid(&request->message) ? TB_REQ_OPEN : -EBADMSG;
}

static int begin_networks(void *context, const void *message, const int *fds)
{
	struct request *request = context;

	(void)fds;
	memcpy(&request->message, message, sizeof(request->message));
	return tb_request_valid(&request->message) ? TB_REQ_NETWORKS : -EBADMSG;
}

static int begin_nonsense(void *context, const void *message, const int *fds)
{
	(void)context, (void)message, (void)fds;
	return -EBADMSG;
}

/* What a client may say. No row takes an fd: those that come are dropped unseen. */
static const struct tb_row client_messages[] = {
	{TB_REQ_OPEN, sizeof(struct tb_request), 0, begin_open},
	{TB_REQ_NETWORKS, sizeof(struct tb_request), 0, begin_networks},
	{0, 0, 0, begin_nonsense},
};

/* Reads the one message of a client whose identity is known. */
static void read_message(struct monitor *monitor, struct request *request)
{
	int type = tb_dispatch(request->peer.sock, client_messages, request);
	uint32_t seconds;

	if (type == TB_REQ_NETWORKS) {
		networks_answer(monitor, &request->peer);
		request_free(&monitor->requests, request);
		return;
	}
	if (type != TB_REQ_OPEN) {
		/* What was not understood is not printed. */
		memset(&request->message, 0, sizeof(request->message));
		if (type == -EBADMSG)
			refuse(monitor, request, TB_MALFORMED, "malformed");
		else
			request_free(&monitor->requests, request);
		return;
	}
	seconds = interactive(request) ? monitor->options.prompt_timeout : monitor->options.polkit_timeout;
	request->deadline = monotonic_ms() + seconds * 1000;
	proceed(monitor, request);
}

void request_begin(struct monitor *monitor, int sock)
{
	struct peer peer = {.sock = -1, .pidfd = -1};
	uint32_t limit = monitor->options.max_connections_per_user;
	struct request *request;
	int ret = monitor->stopping ? -ESRCH : peer_identify(&peer, sock, &monitor->origin);

	if (ret < 0) {
		/* Everything but a client that has gone already is the listener's doing. */
		if (ret != -ESRCH)
			tb_log(TB_LOG_WARNING, "the listener passed a socket that is not a client's: %s",
			       strerror(-ret));
		close(sock);
		return;
	}
	request = peer.uid != 0 && pending_of(&monitor->requests, peer.uid) >= limit ? NULL
										     : request_take(&monitor->requests);
	if (request == NULL) {
		answer_refusal(peer.sock, TB_BUSY, 0, 0);
		peer_close(&peer);
		return;
	}
	request->peer = peer;
	request->state = REQUEST_WAITING;
	read_message(monitor, request);
}

void requests_stop(struct monitor *monitor)
{
	struct request *request = TAILQ_FIRST(&monitor->requests.used);

	while (request != NULL) {
		struct request *next = TAILQ_NEXT(request, link);

		request_end(monitor, request);
		request = next;
	}
}

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
		if (request->state == REQUEST_WAITING)
			continue;
		open.all++;
		open.prompts += interactive(request);
		open.like_this += request->peer.uid == like->peer.uid && interactive(request) == interactive(like);
	}
	return open;
}

/* One question of a user at a time, and one prompt: who sends many waits for himself. */
static bool may_ask(const struct request_table *table, const struct request *request)
{
	struct open_questions open = count_questions(table, request);

	return open.like_this == 0 && open.all < QUESTIONS_MAX && (!interactive(request) || open.prompts < PROMPTS_MAX);
}

static void ask(struct monitor *monitor, struct request *request)
{
	/* The process that polkit is told of is the one that connected: it still runs. */
	if (!peer_alive(&request->peer)) {
		refuse(monitor, request, TB_DENIED, "peer-gone");
		return;
	}
	if (tb_random(request->ticket, sizeof(request->ticket)) < 0) {
		refuse(monitor, request, TB_DENIED, "no-ticket");
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

void request_interrupted(struct monitor *monitor, uint32_t number)
{
	struct request *request = &monitor->requests.requests[number];

	/* An event of a socket that is closed by now. */
	if ((request->state != REQUEST_WAITING && request->state != REQUEST_ASKED) || peer_quiet(&request->peer))
		return;
	request_log(request, "denied", "hung-up", NULL);
	request_end(monitor, request);
}

static struct request *request_of_ticket(struct request_table *table, const uint8_t *ticket)
{
	struct request *request;

	TAILQ_FOREACH(request, &table->used, link)
		if (request->state != REQUEST_WAITING && memcmp(request->ticket, ticket, TB_ID_SIZE) == 0)
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
			proceed(monitor, request);
		else
			refuse(monitor, request, TB_DENIED, refusal_word(verdict->verdict));
	}
	requests_ask(monitor);
}

int requests_expire(struct monitor *monitor)
{
	uint64_t now = monotonic_ms();
	struct request *request = TAILQ_FIRST(&monitor->requests.used);
	uint64_t next_deadline = UINT64_MAX;

	while (request != NULL) {
		struct request *next = TAILQ_NEXT(request, link);

		if (request->deadline <= now) {
			if (request->state == REQUEST_ABANDONED)
				tb_die("the authority does not answer");
			refuse(monitor, request, TB_DENIED,
			       request->state == REQUEST_ASKED ? "polkit-timeout" : "queue-timeout");
		}
		/* What was refused may have a new deadline, for its verdict. */
		if (request->state != REQUEST_FREE && request->deadline < next_deadline)
			next_deadline = request->deadline;
		request = next;
	}
	return next_deadline == UINT64_MAX ? -1 : (int)(next_deadline - now);
}
