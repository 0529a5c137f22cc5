/* The answer to a client that wants to know which networks there are: see list.h. Runs in the clerk; needs no right. It
 * tells of the networks whose default device polkit would let the client have, perhaps after a password. Who may know
 * everything is told of the others, too, of those that are not listed or off, and how many devices there may be. */
#include "broker/clerk/request/list.h"

#include "broker/clerk/request/inquiry.h"
#include "broker/clerk/request/network_text.h"
#include "proto/channel.h"

#include <string.h>

static bool is_shown_network(const struct request *request, const struct network *network)
{
	enum tb_access access = inquiry_access_to(request, network);

	return inquiry_may_know_all(request) || access == TB_ACCESS_YES || access == TB_ACCESS_PASSWORD;
}

static uint32_t count_shown_networks(const struct request *request, const struct network_table *table)
{
	uint32_t count = 0;

	for (size_t i = 0; i < table->count; i++)
		count += is_shown_network(request, &table->networks[i]);
	return count;
}

/* One network, and its published ports, of which only as many are sent as there are. */
struct network_message {
	struct tb_network network;
	struct tb_published published[TB_PUBLISHED_MAX];
};

_Static_assert(offsetof(struct network_message, published) == sizeof(struct tb_network), "they stand right behind");

/* Where the devices lead. */
static void describe_lower(const struct network *network, struct tb_network *message)
{
	message->traits |= TB_NETWORK_TOLD | (network->isolated ? TB_NETWORK_ISOLATED : 0);
	message->mode = network->mode;
	message->vlan = network->vlan;
	memcpy(message->lower, network_lower(network), sizeof(message->lower));
}

/* What is not everybody's to know. */
static void describe_all(const struct network *network, struct tb_network *message)
{
	message->traits |= TB_NETWORK_TOLD_ALL | (network->listed || network->off ? 0 : TB_NETWORK_UNLISTED);
	message->max = network->max;
}

static void describe_network(const struct request *request, const struct network *network, struct tb_network *message)
{
	memset(message, 0, sizeof(*message));
	memcpy(message->network, network->name, sizeof(message->network));
	message->kind = network->kind;
	message->mtu = network->mtu;
	message->queues = network->queues;
	message->flags = network_flags(network);
	message->limit = network->max_per_user;
	message->held = leases_held(request->client.account, network);
	message->lifetimes = network->lifetimes;
	message->traits = network_traits(network) | network_names(network, message->names);
	message->access = inquiry_access_to(request, network);
	describe_lower(network, message);
	if (inquiry_may_know_all(request))
		describe_all(network, message);
}

/* Writes down the network and what is published, and how long that is. */
static void describe(const struct request *request, const struct network *network, struct network_message *message)
{
	struct tb_network *about = &message->network;

	describe_network(request, network, about);
	about->published = network_published(network, message->published);
	tb_header_set(&about->header, TB_ANS_NETWORK,
		      sizeof(*about) + about->published * sizeof(message->published[0]));
}

static void send_none(int sock)
{
	struct tb_network none;

	memset(&none, 0, sizeof(none));
	tb_header_set(&none.header, TB_ANS_NETWORK, sizeof(none));
	tb_send(sock, &none, sizeof(none), NULL, 0);
}

static void send_networks(const struct request *request)
{
	const struct network_table *table = requests_networks();
	uint32_t count = count_shown_networks(request, table);
	struct network_message message;
	uint32_t sent = 0;

	if (count == 0)
		send_none(request->client.sock);
	for (size_t i = 0; i < table->count; i++) {
		if (!is_shown_network(request, &table->networks[i]))
			continue;
		describe(request, &table->networks[i], &message);
		message.network.count = count;
		message.network.left = count - ++sent;
		/* A client whose socket is full or closed gets no more; it sees that some are missing. */
		if (tb_send(request->client.sock, &message, message.network.header.size, NULL, 0) < 0)
			return;
	}
}

void list_networks(struct request *request)
{
	send_networks(request);
	request_free(request);
}
