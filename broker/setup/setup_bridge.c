/* The bridges of networks that have their own: Kind=tap with Address= and without Bridge=. Runs in tapbroker-setup, as
 * root. It must never touch a bridge that it did not make.
 */
#include "broker/setup/setup.h"
#include "broker/setup/setup_link.h"

#include "broker/shared/log.h"
#include "broker/shared/netlink/link_batch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>

static bool bridge_is_ours(const struct link *link)
{
	return setup_link_is_ours(link, "bridge", NETWORK_BRIDGE_PREFIX);
}

bool setup_bridge_is_ours(const struct setup *setup, const char *name)
{
	struct link link;

	return link_find(setup->link, name, &link) == 0 && bridge_is_ours(&link);
}

/* Down at first. STP, learning of multicast groups and every other feature that guests could play with stays off. */
static int bridge_make(struct link_socket *sock, const struct network *network)
{
	struct batch batch;
	struct nlattr *info, *data;
	uint8_t mac[TB_MAC_SIZE];

	setup_link_mac(network->bridge, mac);
	batch_begin(&batch, sock);
	message_begin(&batch, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0);
	mnl_attr_put_strz(batch.message, IFLA_IFNAME, network->bridge);
	mnl_attr_put(batch.message, IFLA_ADDRESS, sizeof(mac), mac);
	mnl_attr_put_u32(batch.message, IFLA_MTU, network->mtu);
	info = mnl_attr_nest_start(batch.message, IFLA_LINKINFO);
	mnl_attr_put_strz(batch.message, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(batch.message, IFLA_INFO_DATA);
	mnl_attr_put_u32(batch.message, IFLA_BR_STP_STATE, 0);
	mnl_attr_put_u8(batch.message, IFLA_BR_MCAST_SNOOPING, 0);
	mnl_attr_nest_end(batch.message, data);
	mnl_attr_nest_end(batch.message, info);
	message_end(&batch);
	return batch_run(&batch);
}

static int complain(const struct network *network, const char *what)
{
	tb_log(TB_LOG_ERROR, "network %s: its bridge %s %s; no device of it is handed out until that is mended",
	       network->name, network->bridge, what);
	return -EEXIST;
}

/* Finds the network's bridge, or makes it. Returns 0 or a negative errno, and has logged what is not ours. */
static int bridge_find(struct link_socket *sock, const struct network *network, struct link *link)
{
	int ret = link_find(sock, network->bridge, link);

	if (ret == -ENODEV) {
		ret = bridge_make(sock, network);
		if (ret == 0)
			ret = link_find(sock, network->bridge, link);
	}
	if (ret == 0 && !bridge_is_ours(link))
		return complain(network, "cannot be made: there is an interface of that name that somebody else made");
	return ret;
}

static int bridge_start(struct link_socket *sock, const struct network *network)
{
	struct link link;
	int ret = bridge_find(sock, network, &link);

	if (ret == -EEXIST)
		return ret;
	if (ret == 0)
		ret = setup_link_settings(network->bridge, network);
	if (ret == 0)
		ret = setup_link_addresses(sock, link.ifindex, network);
	/* With an MTU that is set by hand, and so is not that of the smallest port. */
	if (ret == 0)
		ret = setup_link_set_up(sock, link.ifindex, network->mtu);
	if (ret < 0)
		tb_log(TB_LOG_ERROR, "network %s: its bridge %s cannot be set up: %s", network->name, network->bridge,
		       strerror(-ret));
	return ret;
}

/* What a network had that is off now stays: there are leases of it. */
static bool bridge_needed(const void *context, const char *bridge)
{
	const struct network_table *networks = context;

	for (size_t i = 0; i < networks->count; i++) {
		const struct network *network = &networks->networks[i];
		char own[TB_NAME_SIZE];

		network_bridge_name(network->name, own);
		if ((network->own_bridge || network->off) && strcmp(own, bridge) == 0)
			return true;
	}
	return false;
}

static unsigned int bridges_start(struct setup *setup)
{
	/* The kernel takes the ports off; whose they are, they stay. */
	unsigned int problems =
		setup_link_sweep(setup->link, "bridge", NETWORK_BRIDGE_PREFIX, bridge_needed, setup->networks);

	for (size_t i = 0; i < setup->networks->count; i++) {
		const struct network *network = &setup->networks->networks[i];

		if (setup_wants(setup, i) && bridge_start(setup->link, network) < 0)
			problems++;
	}
	return problems;
}

static unsigned int bridges_stop(struct setup *setup)
{
	return setup_link_sweep(setup->link, "bridge", NETWORK_BRIDGE_PREFIX, NULL, NULL);
}

static unsigned int bridges_check(struct setup *setup)
{
	unsigned int problems = 0;

	for (size_t i = 0; i < setup->networks->count; i++) {
		const struct network *network = &setup->networks->networks[i];
		struct link link;

		if (!setup_wants(setup, i))
			continue;
		/* Whether it is there, world_warn() has said. */
		if (link_find(setup->link, network->bridge, &link) == 0 && !bridge_is_ours(&link))
			problems += complain(network, "is somebody else's") < 0;
	}
	return problems;
}

const struct setup_part setup_bridge = {.name = "bridge",
					.start = bridges_start,
					.stop = bridges_stop,
					.check = bridges_check};
