/* The answer to a client that wants to know which networks there are: see list.h. Runs in the clerk; needs no right. It
 * tells names and limits, which the caller needs to ask for a device, and nothing about other users. Root alone is told
 * where the devices lead, and of the networks that others do not see. */
#include "broker/clerk/request/list.h"

#include "broker/clerk/request/network_text.h"
#include "proto/channel.h"

#include <string.h>

static bool may_know_all(const struct client *client)
{
	return client->uid == 0;
}

static bool is_shown_network(const struct client *client, const struct network *network)
{
	return may_know_all(client) || (network->listed && !network->off);
}

static uint32_t count_listed(const struct client *client, const struct network_table *table)
{
	uint32_t count = 0;

	for (size_t i = 0; i < table->count; i++)
		count += is_shown_network(client, &table->networks[i]);
	return count;
}

/* Where the devices lead. */
static void describe_lower(const struct network *network, struct tb_network *message)
{
	message->traits |= TB_NETWORK_TOLD | (network->isolated ? TB_NETWORK_ISOLATED : 0) |
			   (network->listed || network->off ? 0 : TB_NETWORK_UNLISTED);
	message->mode = network->mode;
	message->max = network->max;
	memcpy(message->lower, network_lower(network), sizeof(message->lower));
}

static void describe_network(const struct client *client, const struct network *network, struct tb_network *message)
{
	memset(message, 0, sizeof(*message));
	tb_header_set(&message->header, TB_ANS_NETWORK, sizeof(*message));
	memcpy(message->network, network->name, sizeof(message->network));
	message->kind = network->kind;
	message->mtu = network->mtu;
	message->queues = network->queues;
	message->flags = network_flags(network);
	message->limit = network->max_per_user;
	message->held = leases_held(client->account, network);
	message->lifetimes = network->lifetimes;
	message->traits = network_traits(network) | network_names(network, message->names);
	if (may_know_all(client))
		describe_lower(network, message);
}

static void send_none(int sock)
{
	struct tb_network none;

	memset(&none, 0, sizeof(none));
	tb_header_set(&none.header, TB_ANS_NETWORK, sizeof(none));
	tb_send(sock, &none, sizeof(none), NULL, 0);
}

static void send_networks(const struct client *client)
{
	const struct network_table *table = requests_networks();
	uint32_t count = count_listed(client, table);
	struct tb_network message;
	uint32_t sent = 0;

	if (count == 0)
		send_none(client->sock);
	for (size_t i = 0; i < table->count; i++) {
		if (!is_shown_network(client, &table->networks[i]))
			continue;
		describe_network(client, &table->networks[i], &message);
		message.count = count;
		message.left = count - ++sent;
		/* A client whose socket is full or closed gets no more; it sees that some are missing. */
		if (tb_send(client->sock, &message, sizeof(message), NULL, 0) < 0)
			return;
	}
}

void list_networks(struct request *request)
{
	send_networks(&request->client);
	request_free(request);
}
