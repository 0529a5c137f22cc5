/* Questions to polkit: see question.h. Runs in the clerk; needs no right.
 *
 * The authority is not trusted with more than its word on questions that were asked. If it says what it should never
 * say, or does not take what it is told, it has been taken over: the broker ends.
 */
#include "broker/clerk/request/question.h"

#include "broker/clerk/loop.h"
#include "broker/clerk/monitor.h"
#include "broker/clerk/request/configuration.h"
#include "broker/shared/clock.h"
#include "broker/shared/log.h"
#include "broker/shared/random.h"
#include "proto/channel.h"
#include "proto/name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Milliseconds until the monitor is told again, if it was too busy. */
#define VOID_RETRY_MS 10

/* The MTU, in bytes, that polkit is told of where there is no network to say one: the default of network files. */
#define MTU_NOWHERE 1500

static int authority = -1;
static void (*answered)(struct request *request, uint32_t word);

/* Counts the questions that are open, and those of this user that are like the request; and the places for a yes. */
struct open_questions {
	uint32_t all;
	uint32_t places;
	uint32_t own_places;
	uint32_t prompts;
	uint32_t like_this;
};

static bool is_open(const struct request *request)
{
	return request->state == REQUEST_ASKED || (request->state == REQUEST_ABANDONED && !request->has_yes);
}

/* The others are the clerk's own. */
static bool needs_place(const struct request *request)
{
	return request->question.action == TB_ACTION_OPEN || request->question.action == TB_ACTION_CONFIGURE;
}

/* The monitor has a place for a yes, until its order spends it, or the monitor says that it is void. */
static bool holds_place(const struct request *request)
{
	return request->has_yes || (is_open(request) && needs_place(request));
}

static struct open_questions count_questions(const struct request *like)
{
	struct open_questions open = {0};
	const struct request *request;

	TAILQ_FOREACH(request, requests_used(), link) {
		open.places += holds_place(request);
		open.own_places += holds_place(request) && request->client.account == like->client.account;
		if (!is_open(request))
			continue;
		open.all++;
		open.prompts += request_interactive(request);
		open.like_this += request->client.account == like->client.account &&
				  request_interactive(request) == request_interactive(like);
	}
	return open;
}

/* A user that sends many waits for himself. */
bool question_may_be_asked(const struct request *request)
{
	struct open_questions open = count_questions(request);

	if (needs_place(request) && (open.places >= TB_YES_MAX || open.own_places >= YESES_PER_USER))
		return false;
	return open.like_this == 0 && open.all < QUESTIONS_MAX &&
	       (!request_interactive(request) || open.prompts < PROMPTS_MAX);
}

/* A network that there is not, or that is off, is asked about in the client's own words. */
static struct network nowhere_of(const struct tb_request *message)
{
	struct network nowhere = {.kind = message->kind != TB_KIND_ANY ? message->kind : TB_KIND_TAP,
				  .mtu = MTU_NOWHERE,
				  .lifetimes = 1u << TB_LIFETIME_SESSION,
				  .netns = 1u << NETNS_HOST};

	memcpy(nowhere.name, message->network, sizeof(nowhere.name));
	return nowhere;
}

static void fill_place(struct tb_question *question, const struct network *network)
{
	question->mode = network->mode;
	memcpy(question->network, network->name, sizeof(question->network));
	tb_field_set(question->bridge, sizeof(question->bridge), network_bridge(network));
	memcpy(question->parent, network->parent, sizeof(question->parent));
}

static void fill_open(struct tb_question *question, const struct tb_request *message, const struct network *network)
{
	question->action = TB_ACTION_OPEN;
	question->kind = message->kind != TB_KIND_ANY ? message->kind : network->kind;
	question->mtu = message->mtu != 0 ? message->mtu : network->mtu;
	question->queues = message->queues != 0 ? message->queues : 1;
	question->lifetime = message->lifetime;
	memcpy(question->name, message->name, sizeof(question->name));
	fill_place(question, network);
}

/* The least of these bits. */
static uint32_t lowest_bit(uint32_t bits)
{
	uint32_t first = 0;

	while (first < 31 && (bits & 1u << first) == 0)
		first++;
	return first;
}

static void fill_default(struct tb_question *question, const struct network *network)
{
	question->action = TB_ACTION_WOULD_OPEN;
	question->kind = network->kind;
	question->mtu = network->mtu;
	question->queues = 1;
	question->lifetime = lowest_bit(network->lifetimes);
	question->flags = (network->netns & 1u << NETNS_HOST) != 0 ? 0 : TB_REQUEST_NETNS;
	fill_place(question, network);
}

static void fill_revoke(struct tb_question *question, const struct lease *lease)
{
	question->action = TB_ACTION_REVOKE;
	question->owner = lease->uid;
	question->kind = lease->kind;
	question->lifetime = lease->lifetime;
	question->flags |= lease->away ? TB_REQUEST_NETNS : 0;
	memcpy(question->network, lease->network_name, sizeof(question->network));
	memcpy(question->name, lease->name, sizeof(question->name));
	memcpy(question->external_id, lease->external_id, sizeof(question->external_id));
	if (lease->network == NULL)
		return;
	question->mode = lease->network->mode;
	tb_field_set(question->bridge, sizeof(question->bridge), network_bridge(lease->network));
	memcpy(question->parent, lease->network->parent, sizeof(question->parent));
}

static void fill_subject(struct tb_question *question, const struct client *client)
{
	memset(question, 0, sizeof(*question));
	tb_header_set(&question->header, TB_REQ_ASK, sizeof(*question));
	question->uid = client->uid;
	question->pid = (uint32_t)client->pid;
	question->start_time = client->start_time;
}

static bool is_on(const struct network *network)
{
	return network != NULL && !network->off;
}

void question_of(const struct request *request, struct tb_question *question)
{
	const struct network nowhere = nowhere_of(&request->message);

	fill_subject(question, &request->client);
	question->flags = request->message.flags & TB_QUESTION_FLAGS;
	switch (request->message.header.type) {
	case TB_REQ_OPEN:
	case TB_REQ_EXPLAIN:
		fill_open(question, &request->message, is_on(request->network) ? request->network : &nowhere);
		memcpy(question->external_id, request->external_id, sizeof(question->external_id));
		break;
	case TB_REQ_REVOKE:
		fill_revoke(question, request_subject(request));
		break;
	default:
		question->action = TB_ACTION_LIST_ALL;
	}
}

void question_fill(struct request *request)
{
	question_of(request, &request->question);
}

void question_fill_default(struct request *request, const struct network *network)
{
	const struct network nowhere = nowhere_of(&request->message);

	fill_subject(&request->question, &request->client);
	fill_default(&request->question, is_on(network) ? network : &nowhere);
}

/* What polkit would say of a configuration of a device that is not there yet. */
static void fill_would_configure(struct tb_question *question, const struct tb_request *message,
				 const struct network *network)
{
	question->action = TB_ACTION_WOULD_CONFIGURE;
	question->flags = message->flags & TB_CONFIGURE_FLAGS;
	/* A macvtap is never configured. */
	question->kind = network->kind == TB_KIND_MACVTAP ? TB_KIND_TUN : network->kind;
	question->mtu = message->mtu;
	question->lifetime = lowest_bit(network->lifetimes);
	memcpy(question->network, network->name, sizeof(question->network));
}

void question_fill_as_asked(struct request *request)
{
	const struct network nowhere = nowhere_of(&request->message);

	question_fill(request);
	if (request->message.header.type == TB_REQ_EXPLAIN_CONFIGURE)
		fill_would_configure(&request->question, &request->message,
				     is_on(request->network) ? request->network : &nowhere);
	else
		request->question.action = TB_ACTION_WOULD_OPEN;
}

void question_fill_explain(struct request *request)
{
	fill_subject(&request->question, &request->client);
	request->question.action = TB_ACTION_EXPLAIN;
	memcpy(request->question.network, request->message.network, sizeof(request->question.network));
}

static void tell(const void *message, size_t size)
{
	int ret = tb_send(authority, message, size, NULL, 0);

	if (ret < 0)
		tb_die("clerk: the authority does not listen: %s", strerror(-ret));
}

static void tell_configuration(const struct request *request)
{
	static struct tb_configure_question asked;

	tb_header_set(&asked.header, TB_REQ_ASK_CONFIGURE, sizeof(asked));
	asked.configuration = *configuration_of(request);
	tell(&asked, sizeof(asked));
}

int question_ask(struct request *request)
{
	int ret = tb_random(request->question.ticket, sizeof(request->question.ticket));

	if (ret < 0)
		return ret;
	request->state = REQUEST_ASKED;
	if (request->question.action == TB_ACTION_CONFIGURE || request->question.action == TB_ACTION_WOULD_CONFIGURE)
		tell_configuration(request);
	else
		tell(&request->question, sizeof(request->question));
	return 0;
}

static void cancel(const struct request *request)
{
	struct tb_cancel message;

	tb_header_set(&message.header, TB_REQ_CANCEL, sizeof(message));
	memcpy(message.ticket, request->question.ticket, sizeof(message.ticket));
	tell(&message, sizeof(message));
}

/* Tells the monitor that nobody will order what polkit said yes to. Returns 0 or -EAGAIN. */
static int make_void(const struct request *request)
{
	struct tb_void message;

	tb_header_set(&message.header, TB_VOID, sizeof(message));
	memcpy(message.ticket, request->question.ticket, sizeof(message.ticket));
	return monitor_send(&message, sizeof(message), -1);
}

static void abandon(struct request *request, uint64_t deadline)
{
	client_close(&request->client);
	request->state = REQUEST_ABANDONED;
	request->deadline = deadline;
}

void question_end(struct request *request)
{
	if (request->state == REQUEST_ASKED) {
		cancel(request);
		abandon(request, UINT64_MAX);
	} else if (request->has_yes) {
		abandon(request, make_void(request) < 0 ? monotonic_ms() + VOID_RETRY_MS : UINT64_MAX);
	} else {
		request_free(request);
	}
}

static bool is_voided(const struct request *request)
{
	return request->state == REQUEST_ABANDONED && request->has_yes && request->deadline == UINT64_MAX;
}

void question_voided(const struct tb_void *answer)
{
	struct request *request;

	TAILQ_FOREACH(request, requests_used(), link)
		if (is_voided(request) && memcmp(request->question.ticket, answer->ticket, TB_ID_SIZE) == 0)
			break;
	if (request == NULL)
		tb_die("clerk: the monitor speaks of a yes that was not taken back");
	request_free(request);
}

static struct request *request_of_ticket(const uint8_t *ticket)
{
	struct request *request;

	TAILQ_FOREACH(request, requests_used(), link)
		if (is_open(request) && memcmp(request->question.ticket, ticket, TB_ID_SIZE) == 0)
			return request;
	return NULL;
}

static int take_verdict(void *context, const void *message, const int *fds)
{
	const struct tb_verdict *verdict = message;
	struct request *request = request_of_ticket(verdict->ticket);

	(void)context, (void)fds;
	if (verdict->reserved != 0 || verdict->verdict < TB_VERDICT_YES || verdict->verdict > TB_VERDICT_CANCELLED)
		tb_die("clerk: the authority speaks nonsense: verdict %u", verdict->verdict);
	if (request == NULL)
		tb_die("clerk: the authority gave a verdict that nobody asked for");
	/* The ticket is used up: the authority has no more to say about it. */
	request->has_yes = verdict->verdict == TB_VERDICT_YES && needs_place(request);
	if (request->state == REQUEST_ABANDONED) {
		question_end(request);
	} else {
		request->state = REQUEST_WAITING;
		answered(request, verdict->verdict);
	}
	return 0;
}

static int take_unknown_of_authority(void *context, const void *message, const int *fds)
{
	(void)context, (void)message, (void)fds;
	tb_die("clerk: the authority speaks nonsense");
}

static const struct tb_row rows[] = {
	{TB_ANS_VERDICT, sizeof(struct tb_verdict), 0, take_verdict},
	{0, 0, 0, take_unknown_of_authority},
};

static void on_authority(uint32_t number, uint32_t events)
{
	int ret = tb_dispatch(authority, rows, NULL);

	(void)number, (void)events;
	/* The monitor says how it ended. */
	if (ret < 0 && ret != -EAGAIN)
		exit(1);
}

int questions_init(int channel, void (*answer)(struct request *request, uint32_t word))
{
	authority = channel;
	answered = answer;
	loop_handle(LOOP_AUTHORITY, on_authority);
	return loop_watch(channel, EPOLLIN, LOOP_AUTHORITY, 0);
}
