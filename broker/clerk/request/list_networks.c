/* The answer to a client that wants to know which networks there are: see list.h. Runs in the clerk; needs no right. It
 * tells names and limits, which the caller needs to ask for a device, and nothing about other users. */
#include "broker/clerk/request/list.h"

#include "proto/channel.h"

#include <string.h>

static bool is_shown_network(const struct network *network)
{
	return network->listed && !network->off;
}

static uint32_t count_listed(const struct network_table *table)
{
	uint32_t count = 0;

	for (size_t i = 0; i < table->count; i++)
		count += is_shown_network(&table->networks[i]);
	return count;
}

static void describe_network(uid_t account, const struct network *network, struct tb_network *message)
{
	memcpy(message->network, network->name, sizeof(message->network));
	message->kind = network->kind;
	message->mtu = network->mtu;
	message->queues = network->queues;
	message->flags = (network->vnet_hdr ? TB_REQUEST_VNET_HDR : 0) | (network->vhost ? TB_REQUEST_VHOST : 0);
	message->limit = network->max_per_user;
	message->held = leases_held(account, network);
}

static void send_networks(const struct client *client)
{
	const struct network_table *table = requests_networks();
	struct tb_network message;
	uint32_t sent = 0;

	memset(&message, 0, sizeof(message));
	tb_header_set(&message.header, TB_ANS_NETWORK, sizeof(message));
	message.count = count_listed(table);
	if (message.count == 0)
		tb_send(client->sock, &message, sizeof(message), NULL, 0);
	for (size_t i = 0; i < table->count; i++) {
		if (!is_shown_network(&table->networks[i]))
			continue;
		message.left = message.count - ++sent;
		describe_network(client->account, &table->networks[i], &message);
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
