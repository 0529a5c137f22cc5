/* Configurations: see configure.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/configure.h"

#include "broker/clerk/decision.h"
#include "broker/clerk/lease/tunnels.h"
#include "broker/clerk/loop.h"
#include "broker/clerk/monitor.h"
#include "broker/clerk/request/configuration.h"
#include "broker/clerk/request/refusal.h"
#include "broker/clerk/request/request_log.h"
#include "broker/clerk/request/watch.h"
#include "broker/shared/log.h"
#include "proto/channel.h"
#include "proto/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Milliseconds until a monitor that was too busy is told again. */
#define RETRY_MS 5

static struct request *under_way; /* NULL: none */
static struct tb_configure_order order;

void configure_init(void)
{
	under_way = NULL;
}

void configure_ready(struct request *request)
{
	request->state = REQUEST_CONFIGURE;
	request->deadline = UINT64_MAX;
}

static bool is_unblock(const struct request *request)
{
	return request->message.header.type == TB_REQ_UNBLOCK;
}

static void grant(struct request *request, const struct lease *lease)
{
	request_log(request, "granted", NULL, lease);
	answer_outcome(request->client.sock, request->message.header.type, &(struct outcome){.status = TB_OK});
	request_free(request);
}

static void unblock(struct request *request)
{
	const struct tb_request *message = &request->message;
	uid_t uid = (message->flags & TB_REQUEST_ALL) != 0 ? message->uid : request->client.uid;

	if (tunnels_unblock(uid, message->network))
		request->lifts = true;
	if (tunnels_unblocking(uid, message->network))
		return;
	if (request->lifts)
		watchers_tell_unblocked(uid, message->network);
	grant(request, NULL);
}

/* The new tunnel carries nothing until the block that it takes the place of is gone. */
static void grant_configured(struct request *request)
{
	const struct lease *lease = request_subject(request);

	if (tunnels_unblocking(request->client.uid, request->question.network))
		return;
	if (request->lifts)
		watchers_tell_unblocked(request->client.uid, request->question.network);
	grant(request, lease);
}

static void fill_order(const struct request *request, const struct lease *lease)
{
	const struct tb_tunnel *old = tunnel_of_lease(lease->id);

	memset(&order, 0, sizeof(order));
	tb_header_set(&order.header, TB_REQ_ORDER_CONFIGURE, sizeof(order));
	order.gid = request->client.gid;
	order.tunnel.number = tunnels_free_number();
	order.tunnel.ifindex = lease->ifindex;
	order.tunnel.wanted = *configuration_of(request);
	if (old != NULL) {
		order.replaces = 1;
		order.old = *old;
	}
}

/* Whose it is, the log says alone. */
static void refuse_in_use(struct request *request, const struct tunnel_use *used)
{
	const struct tb_question *wanted = &request->question;

	if (used->of_tunnel != NULL && decision_room(request->client.account))
		tb_log(TB_LOG_NOTICE, "%s is not configured: %s of uid %u %s", wanted->name,
		       used->of_tunnel->wanted.question.name, used->of_tunnel->wanted.question.uid,
		       used->check == TB_CHECK_ROUTE_IN_USE ? "leads there already" : "has that address");
	refuse_with(request, TB_IN_USE, used->check);
}

/* Returns 0 or -EAGAIN. */
static int send_order(struct request *request)
{
	static const struct outcome full = {.status = TB_KERNEL, .stage = TB_STAGE_RULE, .error = ENOSPC};
	const struct lease *lease = request_subject(request);
	struct tunnel_use used;
	int ret;

	if (lease == NULL || lease->ifindex == 0) {
		refuse_with(request, TB_NO_LEASE, TB_CHECK_LEASE);
		return 0;
	}
	fill_order(request, lease);
	used = tunnels_in_use(&order.tunnel.wanted);
	if (used.check != TB_CHECK_NONE) {
		refuse_in_use(request, &used);
		return 0;
	}
	if (order.tunnel.number == TUNNELS_MAX) {
		refuse_failed(request, &full, "rule-ENOSPC");
		return 0;
	}
	ret = monitor_send(&order, sizeof(order), request->client.sock);
	if (ret == 0) {
		tunnels_hold();
		/* A client that hangs up while the monitor waits for the kernel would be news all that time. */
		loop_forget(request->client.sock);
		request->state = REQUEST_CONFIGURING;
		under_way = request;
	}
	return ret;
}

int configure_expire(void)
{
	struct request *request = TAILQ_FIRST(requests_used());

	while (request != NULL) {
		struct request *next = TAILQ_NEXT(request, link);

		if (request->state == REQUEST_CONFIGURE && is_unblock(request))
			unblock(request);
		else if (request->state == REQUEST_CONFIGURE && request->configured)
			grant_configured(request);
		else if (request->state == REQUEST_CONFIGURE && under_way == NULL && send_order(request) < 0)
			return RETRY_MS;
		request = next;
	}
	return -1;
}

/* For the log: route-EINVAL. */
static const char *configure_failure_word(const struct tb_configured *configured)
{
	static char word[64];
	const char *error = strerrorname_np(configured->error);
	const char *stage = tb_stage_word(configured->stage);

	snprintf(word, sizeof(word), "%s-%s", stage != NULL ? stage : "unknown", error != NULL ? error : "unknown");
	return word;
}

static void answer_failure(struct request *request, const struct tb_configured *configured)
{
	const struct outcome outcome = {.status = configured->status,
					.stage = configured->stage,
					.error = configured->error};

	if (configured->order_check == TB_ORDER_NO_YES)
		refuse_with(request, TB_BUSY, TB_CHECK_POLKIT_TIMEOUT);
	else if (configured->order_check != TB_ORDER_FINE)
		refuse_with(request, TB_DENIED, TB_CHECK_PEER_GONE);
	else
		refuse_failed(request, &outcome, configure_failure_word(configured));
}

void configure_done(const struct tb_configured *configured)
{
	struct request *request = under_way;
	const struct lease *lease;

	if (request == NULL || configured->status >= TB_STATUS_COUNT)
		tb_die("clerk: the monitor answers a configuration that it was not given");
	under_way = NULL;
	request->has_yes = false;
	if (configured->status != TB_OK) {
		tunnels_go_on();
		request->state = REQUEST_WAITING;
		answer_failure(request, configured);
		return;
	}
	request->lifts = tunnels_made(&order.tunnel, order.replaces != 0 ? &order.old : NULL);
	lease = request_subject(request);
	/* Its device may have gone at the same time. */
	if (lease == NULL || lease->ifindex == 0)
		tunnels_end(order.tunnel.wanted.lease);
	else
		watchers_tell_configured(lease, &order.tunnel.wanted, order.replaces != 0);
	request->state = REQUEST_CONFIGURE;
	request->configured = true;
}
