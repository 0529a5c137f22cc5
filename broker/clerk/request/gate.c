/* The two keys of every device. Runs in the clerk; needs no right.
 *
 * This file decides, and nothing else: it orders no device, and no other file lets a request through. The monitor
 * enforces the ceiling, polkit's yes and Max= once more when it is given the order; how many devices one user may have
 * is decided here alone.
 */
#include "broker/clerk/request/gate.h"

#include "broker/clerk/lease/guard.h"
#include "broker/clerk/lease/lease_state.h"
#include "broker/clerk/request/again.h"
#include "broker/clerk/request/configuration.h"
#include "broker/clerk/request/guest_choice.h"
#include "broker/clerk/request/inquiry.h"
#include "broker/clerk/request/question.h"
#include "broker/shared/ceiling.h"
#include "broker/shared/tunnel_ceiling.h"

#include <string.h>

/* The kernel's word for every user that it cannot name here. */
#define OVERFLOW_UID 65534

/* The network that has this bridge, if exactly one has, or NULL. */
static const struct network *gate_network_of_bridge(const struct network_table *table, const char *bridge)
{
	const struct network *found = NULL;

	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(table->networks[i].bridge, bridge) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = &table->networks[i];
	}
	return found;
}

/* The network that the client means: by its name, or, if it says so, by its bridge. */
static const struct network *find_network(const struct tb_request *message)
{
	const struct network *network = network_find(requests_networks(), message->network);

	if (network == NULL && (message->flags & TB_REQUEST_BRIDGE) != 0)
		network = gate_network_of_bridge(requests_networks(), message->network);
	return network;
}

static bool is_broker_itself(uid_t uid)
{
	const uid_t *own = requests_limits()->own_uids;

	return uid == own[0] || uid == own[1] || uid == own[2];
}

/* No process of the broker asks for a device, and the overflow uid is nobody in particular. */
static bool gets_nothing(uid_t uid)
{
	return is_broker_itself(uid) || uid == OVERFLOW_UID;
}

static struct passage refused(enum tb_status status, enum tb_check check)
{
	return (struct passage){.way = PASSAGE_REFUSED, .outcome = {.status = status, .check = check}};
}

static struct passage full(const struct lease_quota *quota)
{
	return (struct passage){.way = PASSAGE_REFUSED,
				.outcome = {.status = quota->status,
					    .check = quota->check,
					    .quota = quota->quota,
					    .held = quota->held,
					    .limit = quota->limit}};
}

/* The user holds all that it may have. If one of its devices is being deleted, that is over in a moment: it waits. */
static struct passage full_or_room(uid_t account, const struct lease_quota *quota)
{
	if (leases_room_soon(account))
		return (struct passage){.way = PASSAGE_ROOM};
	return full(quota);
}

/* The loop may not have said yet that a client has hung up, or that a device is gone: then the lease is ending. */
static bool still_full(bool (*is_full)(uid_t account, const struct network *network, struct lease_quota *quota),
		       uid_t account, const struct network *network, struct lease_quota *quota)
{
	if (!is_full(account, network, quota))
		return false;
	leases_notice_hang_ups(account, NULL, "");
	guard_hear();
	return is_full(account, network, quota);
}

static bool user_full(uid_t account, const struct network *network, struct lease_quota *quota)
{
	(void)network;
	return leases_user_full(account, quota);
}

/* What polkit would say is asked before anything is told. */
static struct passage gate_inquiry(struct request *request)
{
	return (struct passage){.way = inquiry_next(request) ? PASSAGE_ASK : PASSAGE_OPEN};
}

/* The ceiling forbids the device, or there is no such network. polkit is asked as well, about the network's default
 * device: who may have that is told what forbids; and for all others one refusal takes as long as any other. */
static struct passage gate_forbidden(struct request *request, enum tb_check check)
{
	if (gate_inquiry(request).way == PASSAGE_ASK)
		return (struct passage){.way = PASSAGE_ASK};
	return refused(TB_DENIED, check);
}

/* A name, a place where all are taken, or an address. To look who has just given it back takes longer than the rest. */
static bool wants_what_another_may_have(const struct request *request)
{
	return request->message.name[0] != '\0' || request->network->guests > 0 ||
	       leases_place_taken(request->network, request->client.uid);
}

static struct passage gate_open(struct request *request)
{
	const struct tb_request *message = &request->message;
	uid_t uid = request->client.uid;
	uid_t account = request->client.account;
	bool again = again_lease(request) != NULL;
	struct lease_quota quota;
	enum tb_check forbidden;

	if (gets_nothing(uid))
		return refused(TB_DENIED, TB_CHECK_UID);

	/* A quota over all networks depends on the caller's own doings alone: it may be told before anything else. */
	if (!again && still_full(user_full, account, NULL, &quota))
		return full_or_room(account, &quota);

	/* The first key. The word for a network that does not exist is the word for one that does not allow this. */
	request->network = find_network(message);
	if (!request->authorized)
		question_fill(request);
	forbidden = ceiling_forbids(request->network, &request->question);
	if (forbidden != TB_CHECK_NONE)
		return gate_forbidden(request, forbidden);

	/* A holder of devices of this network was let in before: to tell how many tells nothing new. */
	if (!again && still_full(leases_user_network_full, account, request->network, &quota))
		return full_or_room(account, &quota);

	/* The second key. Root needs no polkit, which would say yes to it anyway; for everybody else this function is
	 * called again, and begins again, when polkit has said yes. */
	if (uid != 0 && !request->authorized)
		return (struct passage){.way = PASSAGE_ASK};

	/* Both keys are turned, and most requests want nothing that another lease can have. */
	if (!wants_what_another_may_have(request))
		return (struct passage){.way = PASSAGE_OPEN};
	/* The user may have given a device back by now. */
	leases_notice_hang_ups(account, request->network, message->name);
	guard_hear();
	/* What is there already is given as it is. */
	if (again_lease(request) != NULL)
		return (struct passage){.way = PASSAGE_OPEN};
	/* A place is free a moment after its last device has ended, and so is a name, whoever had it. */
	if (leases_place_soon(request->network, uid))
		return (struct passage){.way = PASSAGE_ROOM};
	if (message->name[0] != '\0' && leases_name_free_soon(message->name))
		return (struct passage){.way = PASSAGE_ROOM};
	/* And so is an address: who starts anew is to have the same one. */
	if (guest_free_soon(request->network, uid, message->name))
		return (struct passage){.way = PASSAGE_ROOM};
	return (struct passage){.way = PASSAGE_OPEN};
}

/* Whatever concerns leases of others needs the second key: there is no ceiling to it. To end a lease that there is not
 * is refused as if polkit had said no. */
static struct passage gate_others(struct request *request)
{
	bool turned = request->client.uid == 0 || request->authorized;

	if (request->message.header.type == TB_REQ_REVOKE && request_subject(request) == NULL)
		return refused(turned ? TB_NO_LEASE : TB_DENIED, TB_CHECK_LEASE);
	if (!turned) {
		question_fill(request);
		return (struct passage){.way = PASSAGE_ASK};
	}
	return (struct passage){.way = PASSAGE_OPEN};
}

/* Its user holds the device: that is no secret to him, nor is what its network allows. */
static struct passage gate_configure(struct request *request)
{
	const struct lease *lease = request_subject(request);
	enum tb_check forbidden;

	if (gets_nothing(request->client.uid))
		return refused(TB_DENIED, TB_CHECK_UID);
	if (lease == NULL || (lease->state != LEASE_HELD && lease->state != LEASE_UNFETCHED))
		return refused(TB_NO_LEASE, TB_CHECK_LEASE);
	if (lease->away || lease->master != 0 || lease->kind == TB_KIND_MACVTAP)
		return refused(TB_DENIED, TB_CHECK_NOT_HERE);
	request->network = lease->network;
	if (!request->authorized)
		configuration_fill_question(request, lease);
	forbidden = tunnel_ceiling_forbids(request->network, configuration_of(request));
	if (forbidden != TB_CHECK_NONE)
		return refused(TB_DENIED, forbidden);
	if (request->client.uid != 0 && !request->authorized)
		return (struct passage){.way = PASSAGE_ASK};
	return (struct passage){.way = PASSAGE_OPEN};
}

/* It is about another user, which only root may ask. */
static bool is_about_others(const struct request *request)
{
	return (request->message.flags & TB_REQUEST_ALL) != 0 && request->client.uid != 0;
}

/* One's own block is one's own affair; only root ends another's. */
static struct passage gate_unblock(const struct request *request)
{
	if (is_about_others(request))
		return refused(TB_DENIED, TB_CHECK_UID);
	return (struct passage){.way = PASSAGE_OPEN};
}

static struct passage gate_explain(struct request *request)
{
	if (gets_nothing(request->client.uid) || is_about_others(request))
		return refused(TB_DENIED, TB_CHECK_UID);
	request->network = find_network(&request->message);
	return gate_inquiry(request);
}

struct passage gate(struct request *request)
{
	const struct tb_request *message = &request->message;

	if (message->header.type == TB_REQ_OPEN)
		return gate_open(request);
	if (message->header.type == TB_REQ_CONFIGURE)
		return gate_configure(request);
	if (message->header.type == TB_REQ_UNBLOCK)
		return gate_unblock(request);
	if (request_explains(request))
		return gate_explain(request);
	if (message->header.type == TB_REQ_REVOKE || (message->flags & TB_REQUEST_ALL) != 0)
		return gate_others(request);
	if (message->header.type == TB_REQ_NETWORKS)
		return gate_inquiry(request);
	/* The caller's own leases, and what everybody may know. */
	return (struct passage){.way = PASSAGE_OPEN};
}
