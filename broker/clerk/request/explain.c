/* Explanations: see explain.h. Runs in the clerk; needs no right.
 *
 * A client that may know everything is told everything. One that polkit would let have the network's default device,
 * or this very one, is told what the network file says and its user's own quotas. Everybody else is refused as if there
 * were no such network.
 */
#include "broker/clerk/request/explain.h"

#include "broker/clerk/lease/lease.h"
#include "broker/clerk/request/inquiry.h"
#include "broker/clerk/request/network_text.h"
#include "broker/clerk/request/question.h"
#include "broker/clerk/request/refusal.h"
#include "broker/clerk/request/request_log.h"
#include "broker/shared/ceiling.h"
#include "proto/channel.h"
#include "proto/checks.h"
#include "proto/polkit_details.h"

#include <string.h>

#define BIT(check) ((uint64_t)1 << (check))

/* He would be told by asking for the device, so he may be told now. */
static bool would_be_let_in(const struct request *request, uint64_t forbidden)
{
	return forbidden == 0 && inquiry_access(request) != TB_ACCESS_NO;
}

static bool may_know(const struct request *request, uint64_t forbidden)
{
	return inquiry_may_know_all(request) || inquiry_may_know_file(request) || would_be_let_in(request, forbidden);
}

/* Quotas that are used up. That of all users is told to whom a request for the device would tell it. */
static uint64_t full_quotas(const struct request *request)
{
	const struct network *network = request->network;
	bool told = inquiry_may_know_all(request) || inquiry_access(request) == TB_ACCESS_YES;
	struct lease_quota quota;
	uint64_t full = 0;

	if (leases_user_full(request->client.account, &quota))
		full |= BIT(TB_CHECK_MAX_LEASES_PER_USER);
	if (leases_user_network_full(request->client.account, network, &quota))
		full |= BIT(TB_CHECK_MAX_PER_USER);
	if (told && leases_held_by_all(network) >= network->max)
		full |= BIT(TB_CHECK_MAX);
	return full;
}

static void describe_question(const struct tb_question *question, struct tb_explanation *explanation)
{
	explanation->kind = question->kind;
	explanation->flags = question->flags;
	explanation->mtu = question->mtu;
	explanation->queues = question->queues;
	explanation->lifetime = question->lifetime;
	memcpy(explanation->network, question->network, sizeof(explanation->network));
	memcpy(explanation->name, question->name, sizeof(explanation->name));
	strcpy(explanation->action, tb_polkit_action(question));
	tb_polkit_details_write(question, explanation->details);
}

static void describe_file(const struct network *network, struct tb_explanation *explanation)
{
	explanation->traits |= network_traits(network) | network_names(network, explanation->names);
	explanation->network_kind = network->kind;
	explanation->network_mtu = network->mtu;
	explanation->network_queues = network->queues;
	explanation->network_flags = network_flags(network);
	explanation->network_lifetimes = network->lifetimes;
	explanation->limit = network->max_per_user;
	memcpy(explanation->lower, network_lower(network), sizeof(explanation->lower));
	memcpy(explanation->lines, network->lines, sizeof(explanation->lines));
	memcpy(explanation->path, network->path, sizeof(explanation->path));
}

static void describe_holders(const struct request *request, struct tb_explanation *explanation)
{
	const struct network *network = request->network;

	explanation->held = leases_held(request->client.account, network);
	explanation->forbids |= full_quotas(request);
	if (!inquiry_may_know_all(request))
		return;
	explanation->traits |= TB_NETWORK_TOLD_ALL;
	explanation->max = network->max;
	explanation->held_by_all = leases_held_by_all(network);
}

/* Over all networks: what the caller has done himself. */
static void describe_overall(const struct request *request, struct tb_explanation *explanation)
{
	struct lease_quota quota;

	leases_user_full(request->client.account, &quota);
	explanation->held_overall = quota.held;
	explanation->limit_overall = quota.limit;
}

static void explain_tell(const struct request *request, const struct tb_question *question, uint64_t forbidden)
{
	struct tb_explanation explanation;

	memset(&explanation, 0, sizeof(explanation));
	tb_header_set(&explanation.header, TB_ANS_EXPLAIN, sizeof(explanation));
	explanation.forbids = forbidden;
	explanation.access = inquiry_access(request);
	describe_question(question, &explanation);
	describe_overall(request, &explanation);
	if (request->network != NULL) {
		describe_file(request->network, &explanation);
		if (!request->network->off)
			describe_holders(request, &explanation);
	}
	tb_send(request->client.sock, &explanation, sizeof(explanation), NULL, 0);
}

/* The first that stands in the way, for the log. */
static enum tb_check first_obstacle(const struct request *request, uint64_t forbidden)
{
	if (forbidden != 0)
		return ceiling_first(forbidden);
	switch (inquiry_access(request)) {
	case TB_ACCESS_NO:
		return TB_CHECK_POLKIT_NO;
	case TB_ACCESS_PASSWORD:
		return TB_CHECK_POLKIT_CHALLENGE;
	default:
		return TB_CHECK_NONE;
	}
}

bool explain_begin(struct request *request, uint64_t forbidden)
{
	enum tb_check obstacle = first_obstacle(request, forbidden);

	if (!may_know(request, forbidden)) {
		refuse_with(request, TB_DENIED, obstacle);
		return false;
	}
	request_log(request, "explained", obstacle != TB_CHECK_NONE ? tb_check_word(obstacle) : NULL, NULL);
	return true;
}

void explain(struct request *request)
{
	struct tb_question question;
	uint64_t forbidden;

	question_of(request, &question);
	forbidden = ceiling_all(request->network, &question);
	if (!explain_begin(request, forbidden))
		return;
	explain_tell(request, &question, forbidden);
	request_free(request);
}
