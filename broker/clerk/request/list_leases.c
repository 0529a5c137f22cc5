/* The answer to a client that wants to know which leases there are: see list.h. Runs in the clerk; needs no right.
 * Without the second key a client sees its own leases only. */
#include "broker/clerk/request/list.h"

#include "broker/clerk/lease/guard.h"
#include "broker/clerk/lease/tunnels.h"
#include "broker/config/guest.h"
#include "broker/clerk/request/list_stream.h"
#include "broker/clerk/request/refusal.h"
#include "proto/channel.h"

#include <string.h>

/* A list that fits into any socket's buffer, of which the kernel counts about 1 KiB for each message. */
#define SHORT_MAX 128

/* A list that waits for a place is looked at again after so many milliseconds. */
#define PLACE_AGAIN_MS 100

static bool is_shown(const struct request *request, const struct lease *lease)
{
	if (lease->state != LEASE_UNFETCHED && lease->state != LEASE_HELD)
		return false;
	return (request->message.flags & TB_REQUEST_ALL) != 0 || lease->uid == request->client.uid;
}

static uint32_t count_shown(const struct request *request)
{
	const struct lease *lease;
	uint32_t count = 0;

	TAILQ_FOREACH(lease, leases_all(), link)
		count += is_shown(request, lease);
	return count;
}

/* Of a network that is configured no more nobody knows which addresses it had. */
static void describe_guest(struct tb_lease *message, const struct lease *lease)
{
	struct tb_guest guest;

	if (lease->network == NULL)
		return;
	guest_tell(lease->network, lease->mac, &guest);
	memcpy(message->ipv4, guest.ipv4, sizeof(message->ipv4));
	memcpy(message->ipv6, guest.ipv6, sizeof(message->ipv6));
	message->ipv4_prefix = guest.ipv4_prefix;
	message->ipv6_prefix = guest.ipv6_prefix;
}

/* The device's own first address of this family. */
static void describe_own(const struct tb_configuration *wanted, uint8_t family, uint8_t *address, uint8_t *prefix)
{
	for (uint32_t i = 0; i < wanted->count; i++) {
		const struct tb_item *item = &wanted->items[i];

		if (item->kind != TB_ITEM_ADDRESS || item->family != family)
			continue;
		memcpy(address, item->address, family == 4 ? 4 : 16);
		*prefix = item->prefix;
		return;
	}
}

static void describe_tunnel(struct tb_lease *message, const struct lease *lease)
{
	const struct tb_tunnel *tunnel = tunnel_of_lease(lease->id);

	if (tunnel == NULL)
		return;
	message->scope = tunnel->wanted.scope;
	message->items = tunnel->wanted.count;
	message->flags |= tunnel->wanted.question.flags & TB_REQUEST_KILL_SWITCH;
	describe_own(&tunnel->wanted, 4, message->own_ipv4, &message->own_ipv4_prefix);
	describe_own(&tunnel->wanted, 6, message->own_ipv6, &message->own_ipv6_prefix);
}

static void describe_lease(struct tb_lease *message, const struct lease *lease)
{
	memset(message, 0, sizeof(*message));
	tb_header_set(&message->header, TB_ANS_LEASE, sizeof(*message));
	message->ifindex = lease->ifindex;
	message->uid = lease->uid;
	message->pid = (uint32_t)lease->pid;
	message->since = lease->since;
	message->kind = lease->kind;
	message->lifetime = lease->lifetime;
	message->mtu = lease->mtu;
	message->flags = lease->away ? TB_REQUEST_NETNS : 0;
	memcpy(message->network, lease->network_name, sizeof(message->network));
	memcpy(message->name, lease->name, sizeof(message->name));
	memcpy(message->lease, lease->id, sizeof(message->lease));
	if (lease->kind != TB_KIND_TUN)
		memcpy(message->mac, lease->mac, sizeof(message->mac));
	memcpy(message->external_id, lease->external_id, sizeof(message->external_id));
	describe_guest(message, lease);
	describe_tunnel(message, lease);
	message->rx_bytes = lease->counters.rx_bytes;
	message->tx_bytes = lease->counters.tx_bytes;
	message->rx_packets = lease->counters.rx_packets;
	message->tx_packets = lease->counters.tx_packets;
}

/* Copies the entries that the request is to see. */
static void copy_entries(const struct request *request, struct tb_lease *entries, uint32_t count)
{
	const struct lease *lease;
	uint32_t copied = 0;

	TAILQ_FOREACH(lease, leases_all(), link) {
		if (!is_shown(request, lease) || copied == count)
			continue;
		describe_lease(&entries[copied], lease);
		entries[copied].count = count;
		entries[copied].left = count - copied - 1;
		copied++;
	}
}

static void send_nothing(int sock)
{
	struct tb_lease none;

	memset(&none, 0, sizeof(none));
	tb_header_set(&none.header, TB_ANS_LEASE, sizeof(none));
	tb_send(sock, &none, sizeof(none), NULL, 0);
}

/* Sends a list that fits into the socket's buffer. A client whose buffer is full or closed gets no more; it sees that
 * some are missing. */
static void send_short(const struct request *request, uint32_t count)
{
	const struct lease *lease;
	struct tb_lease entry;
	uint32_t left = count;

	TAILQ_FOREACH(lease, leases_all(), link) {
		if (!is_shown(request, lease))
			continue;
		describe_lease(&entry, lease);
		entry.count = count;
		entry.left = --left;
		if (tb_send(request->client.sock, &entry, sizeof(entry), NULL, 0) < 0)
			return;
	}
}

/* Returns false if there is no place for one more long list now. */
static bool answer_long(struct request *request, uint32_t count)
{
	struct tb_lease *entries = stream_take(request, count);

	if (entries == NULL)
		return false;
	copy_entries(request, entries, count);
	stream_begin(request);
	return true;
}

/* The look that the request waits for is over. Returns false if it must wait all the same. */
static bool answer_list(struct request *request)
{
	uint32_t count = count_shown(request);

	if (count > SHORT_MAX)
		return answer_long(request, count);
	if (count == 0)
		send_nothing(request->client.sock);
	else
		send_short(request, count);
	request_free(request);
	return true;
}

void list_leases(struct request *request)
{
	if (request_watch(request) < 0) {
		refuse_with(request, TB_BUSY, TB_CHECK_REQUESTS);
		return;
	}
	request->state = REQUEST_LISTING;
	request->deadline = UINT64_MAX;
	request->look = guard_look_at_all();
}

int lists_proceed(void)
{
	struct request *request;
	struct request *next;
	bool somebody_waits = false;

	streams_proceed();
	for (request = TAILQ_FIRST(requests_used()); request != NULL; request = next) {
		next = TAILQ_NEXT(request, link);
		if (request->state == REQUEST_LISTING && guard_looked() >= request->look && !answer_list(request))
			somebody_waits = true;
	}
	if (!somebody_waits)
		return -1;
	return streams_make_room() ? 0 : PLACE_AGAIN_MS;
}
