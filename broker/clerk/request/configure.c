/* Configurations: see configure.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/configure.h"

#include "broker/clerk/lease/deletion.h"
#include "broker/clerk/loop.h"
#include "broker/clerk/monitor.h"
#include "broker/clerk/request/configuration.h"
#include "broker/clerk/request/refusal.h"
#include "broker/clerk/request/request_log.h"
#include "broker/shared/log.h"
#include "proto/channel.h"
#include "proto/words.h"

#include <stdio.h>
#include <string.h>

/* Milliseconds until a monitor that was too busy is told again. */
#define RETRY_MS 5

static struct request *under_way; /* NULL: none */

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

/* Return 0 or -EAGAIN. */
static int send_unblock(const struct request *request)
{
	struct tb_unblock_order order = {.uid = request->client.uid};

	if ((request->message.flags & TB_REQUEST_ALL) != 0)
		order.uid = request->message.uid;
	tb_header_set(&order.header, TB_REQ_ORDER_UNBLOCK, sizeof(order));
	memcpy(order.network, request->message.network, sizeof(order.network));
	return monitor_send(&order, sizeof(order), -1);
}

static int send_configuration(const struct request *request, const struct lease *lease)
{
	static struct tb_configure_order order;

	tb_header_set(&order.header, TB_REQ_ORDER_CONFIGURE, sizeof(order));
	order.gid = request->client.gid;
	order.ifindex = lease->ifindex;
	order.configuration = *configuration_of(request);
	return monitor_send(&order, sizeof(order), request->client.sock);
}

/* From then on the monitor may do it: what it leaves is removed with the device. */
static int order_configuration(struct request *request)
{
	struct lease *lease = request_subject(request);
	int ret;

	if (lease == NULL || lease->ifindex == 0) {
		refuse_with(request, TB_NO_LEASE, TB_CHECK_LEASE);
		return 0;
	}
	ret = send_configuration(request, lease);
	if (ret == 0) {
		lease->configured = true;
		request->state = REQUEST_CONFIGURING;
		under_way = request;
	}
	return ret;
}

static int order_unblock(struct request *request)
{
	int ret = send_unblock(request);

	if (ret == 0) {
		request->state = REQUEST_CONFIGURING;
		under_way = request;
	}
	return ret;
}

static int send_order(struct request *request)
{
	return is_unblock(request) ? order_unblock(request) : order_configuration(request);
}

static struct request *next_configuration(void)
{
	struct request *request;

	TAILQ_FOREACH(request, requests_used(), link)
		if (request->state == REQUEST_CONFIGURE)
			return request;
	return NULL;
}

int configure_expire(void)
{
	struct request *request;

	while (under_way == NULL && (request = next_configuration()) != NULL)
		if (send_order(request) < 0)
			return RETRY_MS;
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
	struct outcome outcome = {.status = configured->status,
				  .check = configured->check,
				  .stage = configured->stage,
				  .error = configured->error};

	if (configured->order_check == TB_ORDER_NO_YES)
		refuse_with(request, TB_BUSY, TB_CHECK_POLKIT_TIMEOUT);
	else if (configured->order_check != TB_ORDER_FINE)
		refuse_with(request, TB_DENIED, TB_CHECK_PEER_GONE);
	else if (configured->status == TB_KERNEL)
		refuse_failed(request, &outcome, configure_failure_word(configured));
	else
		refuse(request, &outcome);
}

void configure_done(const struct tb_configured *configured)
{
	struct request *request = under_way;
	const struct lease *lease;

	if (request == NULL || configured->status >= TB_STATUS_COUNT || configured->check >= TB_CHECK_COUNT)
		tb_die("clerk: the monitor answers a configuration that it was not given");
	under_way = NULL;
	request->has_yes = false;
	lease = is_unblock(request) ? NULL : request_subject(request);
	/* Its device may have gone at the same time. */
	if (!is_unblock(request) && (lease == NULL || lease->ifindex == 0))
		deletion_order_tunnel(request->message.lease);
	if (configured->status != TB_OK) {
		request->state = REQUEST_WAITING;
		answer_failure(request, configured);
		return;
	}
	request_log(request, "granted", NULL, lease);
	answer_outcome(request->client.sock, request->message.header.type, &(struct outcome){.status = TB_OK});
	request_free(request);
}
