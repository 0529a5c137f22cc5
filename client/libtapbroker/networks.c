/* tap_networks(): what can be asked for. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/name.h"

/* The caller. */
struct tb_caller {
	int (*each)(const struct tap_network *network, void *arg);
	void *arg;
};

static bool network_valid(const union tb_any_answer *entry)
{
	const struct tb_network *network = &entry->network;

	return tb_network_valid(network->network, sizeof(network->network)) && network->kind >= TB_KIND_TAP &&
	       network->kind <= TB_KIND_MACVTAP && network->mtu >= TB_MTU_MIN && network->mtu <= TB_MTU_MAX &&
	       network->queues >= 1 && network->queues <= TB_QUEUES_MAX &&
	       (network->flags & ~(uint32_t)(TB_REQUEST_VNET_HDR | TB_REQUEST_VHOST)) == 0 &&
	       tb_field_empty((const char *)network->reserved, sizeof(network->reserved));
}

static int tell(const union tb_any_answer *entry, const struct tb_caller *caller)
{
	const struct tb_network *from = &entry->network;
	struct tap_network network = {
		.name = from->network,
		.kind = from->kind,
		.flags = from->flags,
		.mtu = from->mtu,
		.queues = from->queues,
		.limit = from->limit,
		.held = from->held,
	};

	return caller->each(&network, caller->arg);
}

static const struct tb_list networks = {
	.request = TB_REQ_NETWORKS,
	.answer = TB_ANS_NETWORK,
	.size = sizeof(struct tb_network),
	.position = offsetof(struct tb_network, left),
	.valid = network_valid,
	.tell = tell,
};

int tap_networks(int timeout, int (*each)(const struct tap_network *network, void *arg), void *arg)
{
	return tb_list_tell(&networks, 0, timeout, &(struct tb_caller){each, arg});
}
