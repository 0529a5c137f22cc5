/* The answer to a client that wants to know which leases there are. Runs in the monitor; SO_SNDBUFFORCE USES
 * CAP_NET_ADMIN. Who has not turned the second key sees its own leases only. */
#include "broker/monitor/monitor.h"
#include "broker/monitor/netns.h"

#include "proto/channel.h"

#include <string.h>
#include <sys/socket.h>

/* What one message on its way costs of a socket's buffer, generously. */
#define MESSAGE_COST 2048

static bool shown(const struct request *request, const struct lease *lease)
{
	if (lease->ifindex == 0 || lease->ending)
		return false;
	return (request->message.flags & TB_REQUEST_ALL) != 0 || lease->uid == request->peer.uid;
}

static uint32_t count_shown(const struct lease_table *table, const struct request *request)
{
	const struct lease *lease;
	uint32_t count = 0;

	TAILQ_FOREACH(lease, &table->live, link)
		count += shown(request, lease);
	return count;
}

/* The whole answer is sent at once: the socket's buffer is made large enough for it. Without the second key an answer
 * has no more messages than one user may have leases. */
static void make_room(int sock, uint32_t count)
{
	int size = (int)(count * MESSAGE_COST);

	if (size > 100000)
		setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
}

/* One answer on its way. */
struct listing {
	const struct request *request;
	struct tb_lease message;
	bool broken;
};

static void describe(struct tb_lease *message, const struct lease *lease, const struct link *link)
{
	message->ifindex = lease->ifindex;
	message->uid = lease->uid;
	message->pid = (uint32_t)lease->pid;
	message->since = lease->since;
	message->kind = lease->network->kind;
	message->lifetime = lease->lifetime;
	memcpy(message->network, lease->network->name, sizeof(message->network));
	memcpy(message->name, lease->name, sizeof(message->name));
	memcpy(message->lease, lease->id, sizeof(message->lease));
	memcpy(message->mac, lease->mac, sizeof(message->mac));
	message->flags = lease->away ? TB_REQUEST_NETNS : 0;
	message->mtu = link->mtu;
	message->rx_bytes = link->counters.rx_bytes;
	message->tx_bytes = link->counters.tx_bytes;
	message->rx_packets = link->counters.rx_packets;
	message->tx_packets = link->counters.tx_packets;
}

static void tell(void *context, struct lease *lease, const struct link *link)
{
	static const struct link gone; /* a device that has just gone counts nothing */
	struct listing *listing = context;

	/* A client whose socket is full or closed gets no more; it sees that some are missing. */
	if (listing->broken || !shown(listing->request, lease))
		return;
	listing->message.left--;
	describe(&listing->message, lease, link != NULL ? link : &gone);
	listing->broken =
		tb_send(listing->request->peer.sock, &listing->message, sizeof(listing->message), NULL, 0) < 0;
}

void leases_answer(struct monitor *monitor, const struct request *request)
{
	struct listing listing = {.request = request};
	struct tb_lease *message = &listing.message;
	bool all = (request->message.flags & TB_REQUEST_ALL) != 0;

	tb_header_set(&message->header, TB_ANS_LEASE, sizeof(*message));
	message->count = count_shown(&monitor->leases, request);
	message->left = message->count;
	make_room(request->peer.sock, message->count);
	if (message->count == 0)
		tb_send(request->peer.sock, message, sizeof(*message), NULL, 0);
	else
		links_look(monitor, all ? LINKS_OF_ALL : request->peer.uid, message->count, tell, &listing);
}
