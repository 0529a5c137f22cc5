/* The life of a request, from the listener's hand to its answer. Runs in the monitor; needs no right. What is decided
 * about a request is decided in gate.c; how polkit is asked about it, in question.c; how it is refused, in
 * refusal.c. */
#include "broker/monitor/request.h"

#include "broker/monitor/gate.h"
#include "broker/monitor/monitor.h"
#include "broker/shared/log.h"
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

bool request_interactive(const struct request *request)
{
	return (request->message.flags & TB_REQUEST_INTERACTIVE) != 0;
}

/* Requests of this user that wait for an answer. */
static uint32_t pending_of(const struct request_table *table, uid_t uid)
{
	const struct request *request;
	uint32_t count = 0;

	TAILQ_FOREACH(request, &table->used, link)
		if (request->state != REQUEST_ABANDONED && request->state != REQUEST_WATCHING &&
		    request->state != REQUEST_REFUSED && request->peer.uid == uid)
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
		request->began = monotonic_ms();
		request->deadline = UINT64_MAX;
		request->lost = 0;
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

static const char *operation_word(uint16_t type)
{
	switch (type) {
	case TB_REQ_LIST:
		return "list";
	case TB_REQ_RELEASE:
		return "release";
	case TB_REQ_REVOKE:
		return "revoke";
	case TB_REQ_WATCH:
		return "watch";
	case TB_REQ_NETWORKS:
		return "networks";
	default:
		return "open";
	}
}

struct lease *lease_of_request(const struct lease_table *table, const struct request *request)
{
	const struct tb_request *message = &request->message;
	struct lease *lease = message->name[0] != '\0' ? lease_by_name(table, request->peer.uid, message->name)
						       : lease_by_id(table, message->lease);

	/* Only who revokes may name a lease of another's. */
	if (lease != NULL && lease->uid != request->peer.uid && message->header.type != TB_REQ_REVOKE)
		return NULL;
	return lease;
}

void request_log(const struct request *request, const char *verdict, const char *reason, const struct lease *lease)
{
	const struct tb_request *message = &request->message;
	const struct network *network = lease != NULL ? lease->network : request->network;
	struct decision decision = {
		.operation = operation_word(message->header.type),
		.uid = request->peer.uid,
		.pid = request->peer.pid,
		.network = network != NULL ? network->name : message->network,
		.kind = kind_word(network != NULL ? network->kind : (enum tb_kind)message->kind),
		.name = lease != NULL ? lease->name : message->name,
		.verdict = verdict,
		.reason = reason,
		.lease = lease != NULL ? lease->id : NULL,
	};

	log_decision(&decision);
}

void request_end(struct monitor *monitor, struct request *request)
{
	if (request->state == REQUEST_ABANDONED)
		return;
	if (request->state != REQUEST_ASKED && request->state != REQUEST_MOVING) {
		request_free(&monitor->requests, request);
		return;
	}
	peer_close(&request->peer);
	/* What has moved finds nobody there. */
	if (request->state == REQUEST_MOVING)
		return;
	authority_cancel(monitor, request);
	request->state = REQUEST_ABANDONED;
	request->deadline = monotonic_ms() + ABANDONED_DEADLINE_MS;
}

int request_watch(struct monitor *monitor, const struct request *request)
{
	uint32_t number = (uint32_t)(request - monitor->requests.requests);

	return monitor_watch(monitor, request->peer.sock, SOURCE_REQUEST, number);
}

static void wait_for_turn(struct monitor *monitor, struct request *request)
{
	request->state = REQUEST_WAITING;
	if (request_watch(monitor, request) < 0)
		request_refuse(monitor, request, TB_DENIED, "no-watch");
	else
		requests_ask(monitor);
}

/* Ends the lease, and answers when its device is gone. */
static void end_lease(struct monitor *monitor, struct request *request, enum tb_reason reason)
{
	struct lease *lease = lease_of_request(&monitor->leases, request);

	if (lease == NULL) {
		request_refuse(monitor, request, TB_NO_LEASE, "no-lease");
		return;
	}
	request_log(request, "granted", NULL, lease);
	memcpy(request->message.lease, lease->id, sizeof(request->message.lease));
	request->state = REQUEST_ENDING;
	request->deadline = UINT64_MAX;
	lease_end(monitor, lease, reason);
}

/* Does what the gate has let through. */
static void perform(struct monitor *monitor, struct request *request)
{
	switch (request->message.header.type) {
	case TB_REQ_OPEN:
		grant(monitor, request);
		break;
	case TB_REQ_RELEASE:
		end_lease(monitor, request, TB_REASON_RELEASED);
		break;
	case TB_REQ_REVOKE:
		end_lease(monitor, request, TB_REASON_REVOKED);
		break;
	case TB_REQ_LIST:
		leases_answer(monitor, request);
		request_free(&monitor->requests, request);
		break;
	case TB_REQ_WATCH:
		watch_begin(monitor, request);
		break;
	default:
		networks_answer(monitor, &request->peer);
		request_free(&monitor->requests, request);
	}
}

void requests_lease_gone(struct monitor *monitor, const uint8_t id[TB_ID_SIZE])
{
	static const struct outcome done = {.status = TB_OK};
	struct request *request = TAILQ_FIRST(&monitor->requests.used);

	while (request != NULL) {
		struct request *next = TAILQ_NEXT(request, link);

		if (request->state == REQUEST_ENDING && memcmp(request->message.lease, id, TB_ID_SIZE) == 0) {
			answer_outcome(request->peer.sock, request->message.header.type, &done);
			request_free(&monitor->requests, request);
		}
		request = next;
	}
}

void request_proceed(struct monitor *monitor, struct request *request)
{
	struct passage passage = gate(monitor, request);

	switch (passage.way) {
	case PASSAGE_OPEN:
		perform(monitor, request);
		break;
	case PASSAGE_ASK:
		wait_for_turn(monitor, request);
		break;
	default:
		request_refuse_passage(monitor, request, &passage);
	}
}

static int take_request(void *context, const void *message, const int *fds)
{
	struct request *request = context;

	(void)fds;
	memcpy(&request->message, message, sizeof(request->message));
	return tb_request_valid(&request->message, sizeof(request->message)) ? 0 : -EBADMSG;
}

static int take_nonsense(void *context, const void *message, const int *fds)
{
	(void)context, (void)message, (void)fds;
	return -EBADMSG;
}

/* What a client may say. No row takes an fd: those that come are dropped unseen. */
static const struct tb_row client_messages[] = {
	{TB_REQ_OPEN, sizeof(struct tb_request), 0, take_request},
	{TB_REQ_NETWORKS, sizeof(struct tb_request), 0, take_request},
	{TB_REQ_LIST, sizeof(struct tb_request), 0, take_request},
	{TB_REQ_RELEASE, sizeof(struct tb_request), 0, take_request},
	{TB_REQ_REVOKE, sizeof(struct tb_request), 0, take_request},
	{TB_REQ_WATCH, sizeof(struct tb_request), 0, take_request},
	{0, 0, 0, take_nonsense},
};

/* Reads the one message of a client whose identity is known. */
static void read_message(struct monitor *monitor, struct request *request)
{
	int ret = tb_dispatch(request->peer.sock, client_messages, request);
	uint32_t seconds;

	if (ret == -EBADMSG) {
		/* What was not understood is not printed. */
		memset(&request->message, 0, sizeof(request->message));
		request_refuse(monitor, request, TB_MALFORMED, "malformed");
		return;
	}
	if (ret < 0) {
		request_free(&monitor->requests, request);
		return;
	}
	seconds = request_interactive(request) ? monitor->options.prompt_timeout : monitor->options.polkit_timeout;
	request->deadline = monotonic_ms() + seconds * 1000;
	request_proceed(monitor, request);
}

void request_begin(struct monitor *monitor, int sock)
{
	struct peer peer = {.sock = -1, .pidfd = -1};
	uint32_t limit = monitor->options.max_connections_per_user;
	struct request *request;
	int ret = peer_identify(&peer, sock, &monitor->origin);
	bool busy;

	if (ret < 0) {
		/* Everything but a client that has gone already is the listener's doing. */
		if (ret != -ESRCH)
			tb_log(TB_LOG_WARNING, "the listener passed a socket that is not a client's: %s",
			       strerror(-ret));
		close(sock);
		return;
	}
	request = request_take(&monitor->requests);
	if (request == NULL) {
		answer_outcome(peer.sock, 0, &(struct outcome){.status = TB_BUSY});
		peer_close(&peer);
		return;
	}
	busy = peer.uid != 0 && pending_of(&monitor->requests, peer.uid) >= limit;
	request->peer = peer;
	request->state = REQUEST_WAITING;
	if (busy)
		request_refuse_unread(monitor, request, TB_BUSY);
	else
		read_message(monitor, request);
}

void request_interrupted(struct monitor *monitor, uint32_t number)
{
	struct request *request = &monitor->requests.requests[number];

	/* An event of a socket that is closed by now. */
	if (request->peer.sock < 0 || peer_quiet(&request->peer))
		return;
	if (request->state == REQUEST_WAITING || request->state == REQUEST_ASKED || request->state == REQUEST_MOVING)
		request_log(request, "denied", "hung-up", NULL);
	request_end(monitor, request);
}

static void expire(struct monitor *monitor, struct request *request)
{
	switch (request->state) {
	case REQUEST_ABANDONED:
		tb_die("the authority does not answer");
	case REQUEST_REFUSED:
		request_tell_refusal(monitor, request);
		break;
	case REQUEST_ASKED:
		request_refuse(monitor, request, TB_DENIED, "polkit-timeout");
		break;
	default:
		request_refuse(monitor, request, TB_DENIED, "queue-timeout");
	}
}

int requests_expire(struct monitor *monitor)
{
	uint64_t now = monotonic_ms();
	struct request *request = TAILQ_FIRST(&monitor->requests.used);
	uint64_t next_deadline = UINT64_MAX;

	while (request != NULL) {
		struct request *next = TAILQ_NEXT(request, link);

		if (request->deadline <= now)
			expire(monitor, request);
		/* What was refused may have a new deadline, for its verdict. */
		if (request->state != REQUEST_FREE && request->deadline < next_deadline)
			next_deadline = request->deadline;
		request = next;
	}
	return next_deadline == UINT64_MAX ? -1 : (int)(next_deadline - now);
}
