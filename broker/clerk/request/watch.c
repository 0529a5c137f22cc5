/* Clients that are told what happens to leases: see watch.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/watch.h"

#include "broker/clerk/request/refusal.h"
#include "broker/shared/clock.h"
#include "proto/channel.h"

#include <string.h>

static uint32_t count_watchers(const struct request *like)
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
	return own >= WATCHERS_PER_USER && like->client.uid != 0 ? WATCHERS_MAX : all;
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

	if (count_watchers(request) >= WATCHERS_MAX) {
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

void watchers_tell(const struct lease *lease, enum tb_event_what what, uint32_t reason)
{
	struct request *request;
	struct tb_event event;

	memset(&event, 0, sizeof(event));
	tb_header_set(&event.header, TB_ANS_EVENT, sizeof(event));
	event.what = what;
	event.reason = reason;
	event.when = realtime_seconds();
	event.uid = lease->uid;
	event.pid = (uint32_t)lease->pid;
	event.kind = lease->kind;
	event.lifetime = lease->lifetime;
	memcpy(event.network, lease->network_name, sizeof(event.network));
	memcpy(event.name, lease->name, sizeof(event.name));
	memcpy(event.lease, lease->id, sizeof(event.lease));
	TAILQ_FOREACH(request, requests_used(), link)
		if (request->state == REQUEST_WATCHING &&
		    ((request->message.flags & TB_REQUEST_ALL) != 0 || request->client.uid == lease->uid))
			send_event(request, &event);
}
