/* A request for a device that its user has already: see again.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/again.h"

#include "broker/clerk/request/question.h"
#include "broker/clerk/request/request_log.h"
#include "broker/config/guest.h"
#include "proto/channel.h"

#include <string.h>

const struct lease *again_lease(const struct request *request)
{
	const struct tb_request *message = &request->message;
	const struct lease *lease;

	if (message->name[0] == '\0' ||
	    (message->lifetime != TB_LIFETIME_PERSISTENT && message->lifetime != TB_LIFETIME_NAMED))
		return NULL;
	lease = lease_by_name(request->client.uid, message->name);
	if (lease == NULL || lease->state != LEASE_HELD || lease->lifetime != message->lifetime ||
	    lease->ifindex == 0 || lease->away)
		return NULL;
	if (strcmp(lease->network_name, message->network) != 0 || (message->mtu != 0 && message->mtu != lease->mtu) ||
	    strcmp(lease->external_id, request->external_id) != 0)
		return NULL;
	return lease;
}

void again_tell(struct request *request, const struct lease *lease)
{
	struct tb_answer answer;

	memset(&answer, 0, sizeof(answer));
	tb_header_set(&answer.header, TB_ANS_OPEN, sizeof(answer));
	answer.status = TB_OK;
	answer.kind = lease->kind;
	answer.flags = (request->message.flags & TB_REQUEST_VNET_HDR) | TB_REQUEST_AGAIN;
	answer.ifindex = lease->ifindex;
	answer.mtu = lease->mtu;
	memcpy(answer.name, lease->name, sizeof(answer.name));
	if (lease->kind != TB_KIND_TUN)
		memcpy(answer.mac, lease->mac, sizeof(answer.mac));
	memcpy(answer.lease, lease->id, sizeof(answer.lease));
	if (lease->network != NULL) {
		guest_tell(lease->network, lease->mac, &answer.guest);
		answer.traits = (request->message.flags & TB_REQUEST_TRAITS) != 0 ? lease->network->traits : 0;
	}
	request_log(request, "granted", "again", lease);
	tb_send(request->client.sock, &answer, sizeof(answer), NULL, 0);
	question_end(request);
}
