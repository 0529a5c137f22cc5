/* Whether a request waits for the order that is under way: see await.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/await.h"

#include "broker/clerk/request/order.h"

#include <string.h>

/* True while the order is under way of a lease that the request may mean. Only root may mean another's: whoever else
 * waited for that would learn that there is one. */
static bool order_is_meant(const struct request *request)
{
	const struct tb_request *message = &request->message;
	const struct request *ordered = order_under_way();
	bool of_all = message->header.type == TB_REQ_REVOKE || (message->flags & TB_REQUEST_ALL) != 0;

	if (ordered == NULL)
		return false;
	return ordered->client.account == request->client.account || (request->client.uid == 0 && of_all);
}

/* Both keys are turned; root needs no second one. */
static bool is_let_in(const struct request *request)
{
	return request->client.uid == 0 || request->authorized;
}

/* True if the order may get what the request wants: the name, the last place, or the user's own address. The client of
 * the order may have got it, and have hung up. Whoever is let in may wait for another user's order. */
static bool order_takes(const struct request *request)
{
	const struct tb_request *message = &request->message;
	const struct request *ordered = order_under_way();
	bool one_network;

	if (ordered == NULL || !(order_is_meant(request) || is_let_in(request)))
		return false;
	one_network = strcmp(ordered->network->name, message->network) == 0;
	if (message->name[0] != '\0' && strcmp(ordered->message.name, message->name) == 0)
		return true;
	if (leases_table_full_for(request->client.uid))
		return true;
	if (one_network && leases_network_full(ordered->network))
		return true;
	return one_network && ordered->network->own_bridge && order_is_meant(request);
}

bool awaits_order(const struct request *request)
{
	switch (request->message.header.type) {
	case TB_REQ_OPEN:
		return order_takes(request);
	case TB_REQ_LIST:
		return order_is_meant(request);
	case TB_REQ_CONFIGURE:
	case TB_REQ_SHOW:
	case TB_REQ_RELEASE:
	case TB_REQ_REVOKE:
	case TB_REQ_DROPS:
		return request_subject(request) == NULL && order_is_meant(request);
	default:
		return false;
	}
}
