/* The life of a request: see flow.h. Runs in the clerk; needs no right. What is decided about a request is decided in
 * gate.c; whether it waits for another, in await.c; how polkit is asked, in question.c; what is done with it, in
 * perform.c; how it is refused, in refusal.c. */
#include "broker/clerk/request/flow.h"

#include "broker/clerk/client/client_socket.h"
#include "broker/clerk/decision.h"
#include "broker/clerk/lease/lease_state.h"
#include "broker/clerk/loop.h"
#include "broker/clerk/request/await.h"
#include "broker/clerk/request/configure.h"
#include "broker/clerk/request/drops.h"
#include "broker/clerk/request/gate.h"
#include "broker/clerk/request/inquiry.h"
#include "broker/clerk/request/list.h"
#include "broker/clerk/request/order.h"
#include "broker/clerk/request/perform.h"
#include "broker/clerk/request/question.h"
#include "broker/clerk/request/read_message.h"
#include "broker/clerk/request/refusal.h"
#include "broker/clerk/request/request_log.h"
#include "broker/clerk/request/watch.h"
#include "broker/shared/clock.h"
#include "proto/checks.h"
#include "proto/words.h"

#include <errno.h>
#include <string.h>

/* Requests that wait for room are looked at again after so many milliseconds, whatever happens. */
#define ROOM_AGAIN_MS 25

static uint64_t next_room = UINT64_MAX; /* in milliseconds of the monotonic clock */
/* A lease begins, is gone, or counts no more, since the last look at those that wait for that. */
static bool room;

static const struct tb_header *header_of(const struct request *request)
{
	return &request->message.header;
}

static void wait_as(struct request *request, enum request_state state)
{
	request->state = state;
	if (request_watch(request) < 0)
		refuse_with(request, TB_BUSY, TB_CHECK_REQUESTS);
}

/* Asks the gate, and goes where it points. */
static void proceed(struct request *request)
{
	struct passage passage = {.way = PASSAGE_ROOM};

	if (!awaits_order(request))
		passage = gate(request);
	switch (passage.way) {
	case PASSAGE_OPEN:
		perform(request);
		break;
	case PASSAGE_ASK:
		wait_as(request, REQUEST_WAITING);
		break;
	case PASSAGE_ROOM:
		next_room = monotonic_ms() + ROOM_AGAIN_MS;
		wait_as(request, REQUEST_ROOM);
		break;
	default:
		refuse(request, &passage.outcome);
	}
}

/* What polkit did not say yes to. An error of polkit's is no word about the user: he may try again. */
static void refuse_verdict(struct request *request, uint32_t word)
{
	switch (word) {
	case TB_VERDICT_NO:
		refuse_with(request, TB_DENIED, TB_CHECK_POLKIT_NO);
		break;
	case TB_VERDICT_CHALLENGE:
		refuse_with(request, TB_DENIED, TB_CHECK_POLKIT_CHALLENGE);
		break;
	case TB_VERDICT_DISMISSED:
		refuse_with(request, TB_DENIED, TB_CHECK_POLKIT_DISMISSED);
		break;
	default:
		refuse_with(request, TB_BUSY, TB_CHECK_POLKIT_ERROR);
	}
}

/* polkit has said what it would say. */
static void on_answer(struct request *request, uint32_t word)
{
	if (inquiry_take(request, word) == 0)
		proceed(request);
	else
		refuse_with(request, TB_BUSY, TB_CHECK_POLKIT_ERROR);
}

static void on_verdict(struct request *request, uint32_t word)
{
	if (inquiry_asked(request)) {
		on_answer(request, word);
		return;
	}
	request->authorized = word == TB_VERDICT_YES;
	if (request->authorized)
		proceed(request);
	else
		refuse_verdict(request, word);
}

/* It is its turn. While it waited, its user may have taken what was free, or the lease that it is about may have
 * ended. */
static void ask(struct request *request)
{
	struct passage passage = gate(request);

	if (passage.way == PASSAGE_REFUSED)
		refuse(request, &passage.outcome);
	else if (passage.way != PASSAGE_ASK)
		proceed(request);
	/* polkit is told of the process that connected: it still runs. */
	else if (!client_alive(&request->client))
		refuse_with(request, TB_DENIED, TB_CHECK_PEER_GONE);
	else if (question_ask(request) < 0)
		refuse_with(request, TB_BUSY, TB_CHECK_REQUESTS);
}

/* Calls each() for every request in that state, in the order of arrival. each() may end it. */
static void for_each(enum request_state state, void (*each)(struct request *request))
{
	struct request *request = TAILQ_FIRST(requests_used());

	while (request != NULL) {
		struct request *next = TAILQ_NEXT(request, link);

		if (request->state == state)
			each(request);
		request = next;
	}
}

static void ask_if_it_may(struct request *request)
{
	if (question_may_be_asked(request))
		ask(request);
}

static void begin_known(struct request *request)
{
	uint32_t timeout;
	int ret = read_message(request);

	if (ret == -ECONNRESET) {
		request_free(request);
		return;
	}
	if (ret < 0) {
		refuse_with(request, TB_MALFORMED, TB_CHECK_SYNTAX);
		return;
	}
	timeout = request_interactive(request) ? requests_limits()->prompt_timeout_ms
					       : requests_limits()->polkit_timeout_ms;
	request->deadline = request->began + timeout;
	proceed(request);
}

void flow_turn_away(int sock)
{
	answer_outcome(sock, 0, &(struct outcome){.status = TB_CONNECTIONS, .check = TB_CHECK_CONNECTIONS});
	client_socket_hang_up(&sock);
}

void flow_begin(int sock)
{
	struct client client = {.sock = -1, .pidfd = -1};
	struct request *request;
	bool busy;

	if (client_identify(&client, sock) < 0) {
		client_socket_hang_up(&sock);
		return;
	}
	client.account = lease_account(client.uid);
	busy = client.uid != 0 && requests_waiting(client.account) >= requests_limits()->waiting_per_user;
	request = request_take(&client);
	if (request == NULL) {
		answer_outcome(client.sock, 0, &(struct outcome){.status = TB_BUSY, .check = TB_CHECK_REQUESTS});
		client_close(&client);
	} else if (busy) {
		refuse_unread(request, TB_BUSY, TB_CHECK_WAITING);
	} else {
		begin_known(request);
	}
}

/* A client that waits has hung up, or can read on. */
static void on_request(uint32_t number, uint32_t events)
{
	struct request *request = request_by_number(number);

	/* An event of a socket that is closed by now, or that the monitor has. */
	if (request == NULL || request->client.sock < 0 || request->state == REQUEST_ORDERED ||
	    request->state == REQUEST_CONFIGURING)
		return;
	if ((events & (EPOLLHUP | EPOLLERR)) == 0 || !client_socket_hung_up(request->client.sock))
		return;
	if (request->state == REQUEST_ROOM || request->state == REQUEST_WAITING || request->state == REQUEST_ASKED ||
	    request->state == REQUEST_READY || request->state == REQUEST_CONFIGURE)
		request_log(request, "denied", "hung-up", NULL);
	question_end(request);
}

static void on_lease_ended(const struct lease *lease, enum tb_reason reason)
{
	struct decision decision = {
		.operation = "end",
		.uid = lease->uid,
		.account = lease->account,
		.pid = lease->pid,
		.network = lease->network_name,
		.kind = tb_kind_word(lease->kind),
		.name = lease->name,
		.verdict = "ended",
		.reason = tb_reason_word(reason),
		.lease = lease->id,
		.external_id = lease->external_id,
	};

	decision_log(&decision);
	watchers_tell(lease, TB_EVENT_ENDED, reason);
}

/* Its name is free. Answers those who wanted the lease to end. */
static void on_lease_gone(const struct lease *lease)
{
	static const struct outcome done = {.status = TB_OK};
	struct request *request = TAILQ_FIRST(requests_used());

	room = true;
	while (request != NULL) {
		struct request *next = TAILQ_NEXT(request, link);

		if (request->state == REQUEST_ENDING && memcmp(request->message.lease, lease->id, TB_ID_SIZE) == 0) {
			answer_outcome(request->client.sock, header_of(request)->type, &done);
			request_free(request);
		}
		request = next;
	}
}

static void on_lease_begun(const struct lease *lease)
{
	watchers_tell(lease, TB_EVENT_OPENED, 0);
	room = true;
}

static void on_room(void)
{
	room = true;
}

int flow_init(int authority)
{
	static const struct lease_audience audience = {on_lease_ended, on_lease_gone, on_room};

	room = false;
	next_room = UINT64_MAX;
	leases_tell(&audience);
	orders_init(on_lease_begun);
	configure_init();
	loop_handle(LOOP_REQUEST, on_request);
	return questions_init(authority, on_verdict);
}

static void expire_request(struct request *request)
{
	switch (request->state) {
	case REQUEST_REFUSED:
		refusal_tell(request);
		break;
	case REQUEST_ABANDONED:
		question_end(request);
		break;
	case REQUEST_ASKED:
		refuse_with(request, TB_BUSY, TB_CHECK_POLKIT_TIMEOUT);
		break;
	case REQUEST_ROOM:
	case REQUEST_WAITING:
		refuse_with(request, TB_BUSY, TB_CHECK_QUEUE_TIMEOUT);
		break;
	case REQUEST_TO_COUNT:
	case REQUEST_COUNTING:
		refuse_with(request, TB_BUSY, TB_CHECK_REQUESTS);
		break;
	default:
		break; /* a long list: streams_proceed() knows */
	}
}

/* Refuses what has waited too long. Returns the milliseconds until the next deadline, or -1. */
static int expire_all(void)
{
	uint64_t now = monotonic_ms();
	uint64_t next_deadline = UINT64_MAX;
	struct request *request = TAILQ_FIRST(requests_used());

	while (request != NULL) {
		struct request *next = TAILQ_NEXT(request, link);

		if (request->deadline <= now)
			expire_request(request);
		/* What was refused may have a new deadline, for its verdict. */
		if (request->state != REQUEST_FREE && request->deadline < next_deadline)
			next_deadline = request->deadline;
		request = next;
	}
	if (next_deadline == UINT64_MAX)
		return -1;
	return next_deadline > now ? (int)(next_deadline - now) : 0;
}

int flow_expire(void)
{
	uint64_t now = monotonic_ms();
	int timeout;

	if (room || now >= next_room) {
		room = false;
		next_room = UINT64_MAX;
		for_each(REQUEST_ROOM, proceed);
	}
	for_each(REQUEST_WAITING, ask_if_it_may);
	timeout = lists_proceed();
	drops_proceed();
	/* What is refused here has a deadline of its own. */
	timeout = loop_nearer(timeout, loop_nearer(orders_expire(), configure_expire()));
	timeout = loop_nearer(timeout, expire_all());
	return next_room == UINT64_MAX ? timeout : loop_nearer(timeout, ROOM_AGAIN_MS);
}

/* A request whose device is being made, or whose lease is ending, has its answer soon. */
static void stop(struct request *request)
{
	static const struct outcome restart = {.status = TB_BUSY, .check = TB_CHECK_RESTART};

	switch (request->state) {
	case REQUEST_ROOM:
	case REQUEST_WAITING:
	case REQUEST_ASKED:
	case REQUEST_READY:
	case REQUEST_CONFIGURE:
	case REQUEST_LISTING:
	case REQUEST_TO_COUNT:
	case REQUEST_COUNTING:
		request_log(request, "denied", tb_check_word(restart.check), NULL);
		answer_outcome(request->client.sock, header_of(request)->type, &restart);
		question_end(request);
		break;
	case REQUEST_REFUSED:
		refusal_tell(request);
		break;
	default:
		break;
	}
}

void flow_stop(void)
{
	struct request *request = TAILQ_FIRST(requests_used());

	while (request != NULL) {
		struct request *next = TAILQ_NEXT(request, link);

		stop(request);
		request = next;
	}
}
