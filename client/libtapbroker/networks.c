/* tap_networks(): what can be asked for. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/name.h"

_Static_assert(sizeof(struct tap_network) == offsetof(struct tap_network, held) + sizeof(unsigned int),
	       "padding at the end would hide a new member");

/* The caller. */
struct tb_caller {
	int (*each)(const struct tap_network *network, void *arg);
	void *arg;
};

static bool network_valid(const union tb_any_answer *entry)
{
	const struct tb_network *network = &entry->network;

	return tb_network_valid(network->network, sizeof(network->network)) && network->kind != TB_KIND_ANY;
}

static int tell(const union tb_any_answer *entry, const struct tb_caller *caller)
{
	const struct tb_network *from = &entry->network;
	struct tap_network network = {
		.size = sizeof(network),
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
	.valid = network_valid,
	.tell = tell,
};

int tap_networks(int timeout, int (*each)(const struct tap_network *network, void *arg), void *arg)
{
	return tb_list_tell(&networks, 0, timeout, &(struct tb_caller){each, arg});
}
