/* What is done with a request that the gate has let through: see perform.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/perform.h"

#include "broker/clerk/lease/lease_state.h"
#include "broker/clerk/request/again.h"
#include "broker/clerk/request/configure.h"
#include "broker/clerk/request/drops.h"
#include "broker/clerk/request/explain.h"
#include "broker/clerk/request/explain_configuration.h"
#include "broker/clerk/request/list.h"
#include "broker/clerk/request/order.h"
#include "broker/clerk/request/refusal.h"
#include "broker/clerk/request/request_log.h"
#include "broker/clerk/request/show.h"
#include "broker/clerk/request/watch.h"
#include "proto/about.h"
#include "proto/channel.h"

#include <string.h>

/* Ends the lease, and answers when its device is gone. */
static void end_lease(struct request *request, enum tb_reason reason)
{
	struct lease *lease = request_subject(request);

	if (lease == NULL) {
		refuse_with(request, TB_NO_LEASE, TB_CHECK_LEASE);
		return;
	}
	if (request_watch(request) < 0) {
		refuse_with(request, TB_BUSY, TB_CHECK_REQUESTS);
		return;
	}
	request_log(request, "granted", NULL, lease);
	memcpy(request->message.lease, lease->id, sizeof(request->message.lease));
	request->state = REQUEST_ENDING;
	request->deadline = UINT64_MAX;
	lease_end(lease, reason);
}

static void tell_about(struct request *request)
{
	struct tb_about about;

	tb_about_fill(&about, TB_RELEASE);
	tb_send(request->client.sock, &about, sizeof(about), NULL, 0);
	request_free(request);
}

static void give_or_order(struct request *request)
{
	const struct lease *lease = again_lease(request);

	if (lease != NULL)
		again_tell(request, lease);
	else
		order_ready(request);
}

void perform(struct request *request)
{
	switch (request->message.header.type) {
	case TB_REQ_OPEN:
		give_or_order(request);
		break;
	case TB_REQ_CONFIGURE:
	case TB_REQ_UNBLOCK:
		configure_ready(request);
		break;
	case TB_REQ_RELEASE:
		end_lease(request, TB_REASON_RELEASED);
		break;
	case TB_REQ_REVOKE:
		end_lease(request, TB_REASON_REVOKED);
		break;
	case TB_REQ_LIST:
		list_leases(request);
		break;
	case TB_REQ_DROPS:
		drops_begin(request);
		break;
	case TB_REQ_WATCH:
		watch_begin(request);
		break;
	case TB_REQ_SHOW:
		show_configuration(request);
		break;
	case TB_REQ_BLOCKS:
		show_blocks(request);
		break;
	case TB_REQ_ABOUT:
		tell_about(request);
		break;
	case TB_REQ_EXPLAIN:
		explain(request);
		break;
	case TB_REQ_EXPLAIN_CONFIGURE:
		explain_configuration(request);
		break;
	default:
		list_networks(request);
	}
}
