/* Clients that are told what happens to leases: see watch.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/watch.h"

#include "broker/clerk/lease/tunnels.h"
#include "broker/clerk/request/refusal.h"
#include "broker/shared/clock.h"
#include "proto/channel.h"

#include <string.h>

/* True if the user may not have one more. */
static bool watchers_full(const struct request *like)
{
	const struct request *request;
	uint32_t all = 0;
	uint32_t own = 0;

	TAILQ_FOREACH(request, requests_used(), link) {
		if (request->state != REQUEST_WATCHING)
			continue;
		all++;
		own += request->client.account == like->client.account;
	}
	if (like->client.uid == 0)
		return all >= WATCHERS_MAX;
	return own >= WATCHERS_PER_USER || all >= WATCHERS_MAX - WATCHERS_RESERVED_FOR_ROOT;
}

/* Sends one event. A client that does not read loses events, and is told how many. */
static void send_event(struct request *request, struct tb_event *event)
{
	event->lost = request->lost;
	if (tb_send(request->client.sock, event, sizeof(*event), NULL, 0) == 0)
		request->lost = 0;
	else
		request->lost++;
}

void watch_begin(struct request *request)
{
	struct tb_event event;

	if (watchers_full(request)) {
		refuse_with(request, TB_BUSY, TB_CHECK_WATCHES);
		return;
	}
	if (request_watch(request) < 0) {
		refuse_with(request, TB_BUSY, TB_CHECK_REQUESTS);
		return;
	}
	memset(&event, 0, sizeof(event));
	tb_header_set(&event.header, TB_ANS_EVENT, sizeof(event));
	event.status = TB_OK;
	event.what = TB_EVENT_WATCHING;
	event.when = realtime_seconds();
	send_event(request, &event);
	request->state = REQUEST_WATCHING;
	request->deadline = UINT64_MAX;
}

static struct tb_event event_of(enum tb_event_what what, uid_t uid, const char network[TB_NETWORK_SIZE])
{
	struct tb_event event;

	memset(&event, 0, sizeof(event));
	tb_header_set(&event.header, TB_ANS_EVENT, sizeof(event));
	event.what = what;
	event.when = realtime_seconds();
	event.uid = uid;
	memcpy(event.network, network, sizeof(event.network));
	return event;
}

static struct tb_event event_of_lease(enum tb_event_what what, const struct lease *lease)
{
	struct tb_event event = event_of(what, lease->uid, lease->network_name);

	event.pid = (uint32_t)lease->pid;
	event.kind = lease->kind;
	event.lifetime = lease->lifetime;
	memcpy(event.name, lease->name, sizeof(event.name));
	memcpy(event.lease, lease->id, sizeof(event.lease));
	memcpy(event.external_id, lease->external_id, sizeof(event.external_id));
	return event;
}

static void tell_watchers(struct tb_event *event)
{
	struct request *request;

	TAILQ_FOREACH(request, requests_used(), link)
		if (request->state == REQUEST_WATCHING &&
		    ((request->message.flags & TB_REQUEST_ALL) != 0 || request->client.uid == event->uid))
			send_event(request, event);
}

static uint32_t kill_switch_of(const struct lease *lease)
{
	const struct tb_tunnel *tunnel = tunnel_of_lease(lease->id);

	return tunnel != NULL ? tunnel->wanted.question.flags & TB_REQUEST_KILL_SWITCH : 0;
}

void watchers_tell(const struct lease *lease, enum tb_event_what what, uint32_t reason)
{
	struct tb_event event = event_of_lease(what, lease);

	event.reason = reason;
	event.flags = kill_switch_of(lease);
	tell_watchers(&event);
}

void watchers_tell_configured(const struct lease *lease, const struct tb_configuration *configuration, bool replaces)
{
	struct tb_event event = event_of_lease(TB_EVENT_CONFIGURED, lease);

	event.items = configuration->count;
	event.flags = configuration->question.flags & TB_REQUEST_KILL_SWITCH;
	event.replaces = replaces;
	tell_watchers(&event);
}

void watchers_tell_unblocked(uid_t uid, const char network[TB_NETWORK_SIZE])
{
	struct tb_event event = event_of(TB_EVENT_UNBLOCKED, uid, network);

	tell_watchers(&event);
}
