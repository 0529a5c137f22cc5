/* tap_networks(): what can be asked for. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/channel.h"
#include "proto/name.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* An answer without networks is one message that holds nothing. */
static bool empty_answer(const struct tb_network *network)
{
	const size_t rest = offsetof(struct tb_network, left);

	return tb_field_empty((const char *)network + rest, sizeof(*network) - rest);
}

static bool network_valid(const struct tb_network *network)
{
	return tb_network_valid(network->network, sizeof(network->network)) && network->kind >= TB_KIND_TAP &&
	       network->kind <= TB_KIND_MACVTAP && network->mtu >= TB_MTU_MIN && network->mtu <= TB_MTU_MAX &&
	       network->queues >= 1 && network->queues <= TB_QUEUES_MAX &&
	       (network->flags & ~(uint32_t)(TB_REQUEST_VNET_HDR | TB_REQUEST_VHOST)) == 0 &&
	       tb_field_empty((const char *)network->reserved, sizeof(network->reserved));
}

static int tell(const struct tb_network *from, int (*each)(const struct tap_network *network, void *arg), void *arg)
{
	struct tap_network network = {
		.name = from->network,
		.kind = from->kind,
		.flags = from->flags,
		.mtu = from->mtu,
		.queues = from->queues,
		.limit = from->limit,
		.held = from->held,
	};

	return each(&network, arg);
}

/* Receives all networks. What each() said goes to *told; anything but 0 ends the work early. */
static int receive_all(int sock, int64_t deadline, int (*each)(const struct tap_network *network, void *arg), void *arg,
		       int *told)
{
	struct tb_series series = {0, 0};
	struct tb_network network;

	do {
		int ret = tb_answer_receive(sock, TB_ANS_NETWORK, &network, sizeof(network), deadline);

		if (ret < 0)
			return ret;
		if (series.seen == 0 && empty_answer(&network))
			return 0;
		if (!tb_series_next(&series, network.left, network.count) || !network_valid(&network))
			return -EPROTO;
		*told = tell(&network, each, arg);
	} while (*told == 0 && network.left > 0);
	return 0;
}

int tap_networks(int timeout, int (*each)(const struct tap_network *network, void *arg), void *arg)
{
	struct tb_request request;
	int64_t deadline;
	int told = 0;
	int sock = -1;
	int ret;

	ret = tb_request_plain(TB_REQ_NETWORKS, 0, 0, &request, &timeout);
	if (ret < 0)
		goto out;
	deadline = tb_deadline(timeout);
	ret = tb_server_ask(&request, deadline, &sock);
	if (ret < 0)
		goto out;
	ret = receive_all(sock, deadline, each, arg, &told);
	close(sock);
out:
	if (ret == 0)
		return told;
	errno = -ret;
	return -1;
}
