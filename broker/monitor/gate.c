/* The two keys of every device. Runs in the monitor.
 *
 * This file decides, and nothing else: it opens no device, and no other file lets a request through.
 */
#include "broker/monitor/gate.h"

#include "broker/monitor/netns.h"
#include "broker/monitor/request.h"
#include "broker/shared/fd.h"

#include <string.h>

/* The first key: what the administrator's network file allows, whatever anybody else says. Returns NULL, or for the
 * log what it forbids. */
static const char *ceiling_forbids(const struct network *network, const struct tb_request *message)
{
	bool named = message->name[0] != '\0';
	bool away = (message->flags & TB_REQUEST_NETNS) != 0;

	if (network == NULL)
		return "no-network";
	if (network->off)
		return "network-off";
	if (message->kind != TB_KIND_ANY && message->kind != network->kind)
		return "ceiling-kind";
	if (named && !network_allows_name(network, message->name))
		return "ceiling-name";
	if (message->mtu > network->mtu)
		return "ceiling-mtu";
	if (message->queues > network->queues)
		return "ceiling-queues";
	if ((message->flags & TB_REQUEST_VNET_HDR) != 0 && !network->vnet_hdr)
		return "ceiling-vnet-hdr";
	if ((message->flags & TB_REQUEST_VHOST) != 0 && !network->vhost)
		return "ceiling-vhost";
	if ((network->lifetimes & 1u << message->lifetime) == 0)
		return "ceiling-lifetime";
	if ((network->netns & 1u << (away ? NETNS_CALLER : NETNS_HOST)) == 0)
		return "ceiling-netns";
	/* The other lifetimes end with events that nobody tells of a device in another network namespace. */
	if (away && message->lifetime != TB_LIFETIME_SESSION)
		return "ceiling-lifetime";
	/* Programs that open a device by name expect one queue. */
	if (message->lifetime == TB_LIFETIME_PERSISTENT && message->queues > 1)
		return "ceiling-queues";
	return NULL;
}

/* The network that the client means: by its name, or, if it says so, by its bridge. */
static const struct network *find_network(const struct network_table *networks, const struct tb_request *message)
{
	const struct network *network = network_find(networks, message->network);

	if (network == NULL && (message->flags & TB_REQUEST_BRIDGE) != 0)
		network = network_of_bridge(networks, message->network);
	return network;
}

static bool broker_itself(const struct own_uids *own, uid_t uid)
{
	return uid == own->monitor || uid == own->listener || uid == own->authority;
}

/* True if the client wants the device where its socket is, and that is neither the broker's own network namespace nor
 * another user's. */
static bool netns_right(const struct monitor *monitor, const struct request *request)
{
	int netns TB_CLOSE = -1;

	if ((request->message.flags & TB_REQUEST_NETNS) == 0)
		return true;
	netns = netns_of_client(request->peer.sock, request->peer.uid, monitor->workshop.link.fd);
	return netns >= 0;
}

static struct passage refuse(enum tb_status status, const char *reason)
{
	return (struct passage){.way = PASSAGE_REFUSED, .outcome = {.status = status}, .reason = reason};
}

static struct passage refuse_quota(const struct outcome *outcome, const char *reason)
{
	return (struct passage){.way = PASSAGE_REFUSED, .outcome = *outcome, .reason = reason};
}

static struct passage gate_open(const struct monitor *monitor, struct request *request)
{
	const struct tb_request *message = &request->message;
	const struct lease_table *leases = &monitor->leases;
	uid_t uid = request->peer.uid;
	struct outcome full;
	const char *forbidden;

	/* No process of the broker asks for a device, and the overflow uid is nobody in particular. */
	if (broker_itself(&monitor->uids, uid) || uid == OVERFLOW_UID)
		return refuse(TB_DENIED, "uid");

	/* What depends on the caller's own doings alone may be told before anything else is looked at. */
	if (leases_user_full(leases, uid, &full))
		return refuse_quota(&full, "quota-user");
	if (!netns_right(monitor, request))
		return refuse(TB_NOT_OWN_NETNS, "netns");

	/* The first key. The word for a network that does not exist is the word for one that does not allow this. */
	request->network = find_network(&monitor->networks, message);
	forbidden = ceiling_forbids(request->network, message);
	if (forbidden != NULL)
		return refuse(TB_DENIED, forbidden);

	/* Who holds devices of this network was let in before: to tell how many tells nothing new. */
	if (leases_user_network_full(leases, uid, request->network, &full))
		return refuse_quota(&full, "quota-user-network");

	/* The second key. Root needs no polkit, which would say yes to it anyway; for everybody else this function is
	 * called again, and begins again, when polkit has said yes. */
	if (uid != 0 && !request->authorized)
		return (struct passage){.way = PASSAGE_ASK};

	/* Both keys are turned; nobody must have turned away meanwhile. */
	if (!peer_alive(&request->peer) || !peer_quiet(&request->peer))
		return refuse(TB_DENIED, "peer-gone");
	if (leases_full(leases, uid, request->network, &full))
		return refuse_quota(&full, full.quota == TB_QUOTA_OF_NETWORK ? "quota-network" : "quota-broker");
	return (struct passage){.way = PASSAGE_OPEN};
}

/* What concerns leases of others needs the second key: there is no ceiling to it. To end a lease that there is not is
 * refused as if polkit had said no. */
static struct passage gate_others(const struct monitor *monitor, struct request *request)
{
	const struct lease *lease;

	if (request->message.header.type == TB_REQ_REVOKE) {
		lease = lease_of_request(&monitor->leases, request);
		if (lease == NULL)
			return refuse(request->peer.uid == 0 || request->authorized ? TB_NO_LEASE : TB_DENIED,
				      "no-lease");
		request->network = lease->network;
	}
	if (request->peer.uid != 0 && !request->authorized)
		return (struct passage){.way = PASSAGE_ASK};
	return (struct passage){.way = PASSAGE_OPEN};
}

struct passage gate(const struct monitor *monitor, struct request *request)
{
	const struct tb_request *message = &request->message;

	if (message->header.type == TB_REQ_OPEN)
		return gate_open(monitor, request);
	if (message->header.type == TB_REQ_REVOKE || (message->flags & TB_REQUEST_ALL) != 0)
		return gate_others(monitor, request);
	/* The networks that may be known, and the caller's own leases. */
	return (struct passage){.way = PASSAGE_OPEN};
}
