/* The bridges of networks that have their own: Kind=tap with Address= and without Bridge=. Runs in tapbroker-setup, as
 * root. It must never touch a bridge that it did not make.
 *
 * A bridge of ours is known by its own address, which is a keyed hash of its name: it is in the message that makes the
 * bridge, so there is no moment at which it is nobody's, and it never changes with the bridge's ports.
 */
#include "broker/setup/setup.h"
#include "broker/setup/setup_inet.h"
#include "broker/setup/setup_setting.h"

#include "broker/shared/log.h"
#include "broker/shared/machine_id.h"
#include "broker/shared/netlink/link_batch.h"
#include "broker/shared/siphash.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>

_Static_assert(MACHINE_ID_SIZE == SIPHASH_KEY_SIZE, "the machine's id is the key");

/* 02 as the first byte: an address that was given locally, of one interface. */
static void bridge_mac(const char *name, uint8_t mac[TB_MAC_SIZE])
{
	uint8_t key[SIPHASH_KEY_SIZE] = {0};
	uint64_t hash;

	(void)machine_id_read(key); /* without one all machines have the same, each on a network of its own */
	hash = siphash(name, strlen(name), key);
	memcpy(mac, &hash, TB_MAC_SIZE);
	mac[0] = 0x02;
}

static bool bridge_is_ours(const struct link *link)
{
	uint8_t mac[TB_MAC_SIZE];

	bridge_mac(link->name, mac);
	return strcmp(link->kind, "bridge") == 0 &&
	       strncmp(link->name, NETWORK_BRIDGE_PREFIX, strlen(NETWORK_BRIDGE_PREFIX)) == 0 &&
	       memcmp(link->mac, mac, sizeof(mac)) == 0;
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

	bridge_mac(network->bridge, mac);
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

/* The MTU is set by hand, and so is not that of the smallest port. */
static int bridge_set_up(struct link_socket *sock, uint32_t ifindex, uint32_t mtu)
{
	struct batch batch;

	batch_begin(&batch, sock);
	message_begin(&batch, RTM_NEWLINK, NLM_F_ACK, ifindex);
	batch.info->ifi_flags = IFF_UP;
	batch.info->ifi_change = IFF_UP;
	mnl_attr_put_u32(batch.message, IFLA_MTU, mtu);
	message_end(&batch);
	return batch_run(&batch);
}

static int bridge_delete(struct link_socket *sock, uint32_t ifindex)
{
	struct batch batch;

	batch_begin(&batch, sock);
	message_begin(&batch, RTM_DELLINK, NLM_F_ACK, ifindex);
	message_end(&batch);
	return batch_run(&batch);
}

/* What the bridge has and no file asks for any more. */
struct leftover {
	uint32_t ifindex;
	const struct network *network;
	struct network_prefix addresses[16];
	size_t count;
};

static void leftover_take(void *context, const struct inet_address *address)
{
	struct leftover *leftover = context;
	struct network_prefix wanted;

	if (address->ifindex != leftover->ifindex || address->link_local ||
	    leftover->count == sizeof(leftover->addresses) / sizeof(leftover->addresses[0]))
		return;
	if (!inet_of_network(leftover->network, address->prefix.is_ipv6, &wanted) ||
	    memcmp(&wanted, &address->prefix, sizeof(wanted)) != 0)
		leftover->addresses[leftover->count++] = address->prefix;
}

static int addresses_set(struct link_socket *sock, uint32_t ifindex, const struct network *network)
{
	struct leftover leftover = {.ifindex = ifindex, .network = network};
	struct network_prefix wanted;
	int ret = inet_addresses(sock, leftover_take, &leftover);

	for (size_t i = 0; ret == 0 && i < leftover.count; i++)
		ret = inet_address_remove(sock, ifindex, &leftover.addresses[i]);
	for (int is_ipv6 = 0; ret == 0 && is_ipv6 <= 1; is_ipv6++)
		if (inet_of_network(network, is_ipv6 == 1, &wanted))
			ret = inet_address_add(sock, ifindex, &wanted);
	return ret;
}

/* Before it is up: no guest gives the host an address or a route, nor asks it for an address of another interface. */
static int settings_write(const struct network *network)
{
	static const char *const settings[][3] = {
		{"ipv4", "rp_filter", "1"},        {"ipv4", "arp_ignore", "1"}, {"ipv4", "accept_redirects", "0"},
		{"ipv4", "send_redirects", "0"},   {"ipv6", "accept_ra", "0"},  {"ipv6", "autoconf", "0"},
		{"ipv6", "accept_redirects", "0"},
	};
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < sizeof(settings) / sizeof(settings[0]); i++)
		ret = setting_write(settings[i][0], network->bridge, settings[i][1], settings[i][2]);
	if (ret == 0)
		ret = setting_write("ipv6", network->bridge, "disable_ipv6", network->ipv6.prefix == 0 ? "1" : "0");
	return ret;
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
		ret = settings_write(network);
	if (ret == 0)
		ret = addresses_set(sock, link.ifindex, network);
	if (ret == 0)
		ret = bridge_set_up(sock, link.ifindex, network->mtu);
	if (ret < 0)
		tb_log(TB_LOG_ERROR, "network %s: its bridge %s cannot be set up: %s", network->name, network->bridge,
		       strerror(-ret));
	return ret;
}

/* Which of our bridges are to go: those of no network, or, without networks, all. What a network had that is off now
 * stays: there are leases of it. */
struct sweep {
	const struct network_table *networks;
	uint32_t found[NETWORKS_MAX];
	size_t count;
};

static bool bridge_needed(const struct network_table *networks, const char *bridge)
{
	for (size_t i = 0; networks != NULL && i < networks->count; i++) {
		const struct network *network = &networks->networks[i];
		char own[TB_NAME_SIZE];

		network_bridge_name(network->name, own);
		if ((network->own_bridge || network->off) && strcmp(own, bridge) == 0)
			return true;
	}
	return false;
}

static void sweep_take(void *context, const struct link *link)
{
	struct sweep *sweep = context;

	if (sweep->count < NETWORKS_MAX && bridge_is_ours(link) && !bridge_needed(sweep->networks, link->name))
		sweep->found[sweep->count++] = link->ifindex;
}

/* The kernel takes the ports off; whose they are, they stay. */
static unsigned int sweep_bridges(struct link_socket *sock, const struct network_table *networks)
{
	struct sweep sweep;
	unsigned int problems = 0;
	int ret;

	do {
		sweep = (struct sweep){.networks = networks};
		ret = link_dump(sock, "bridge", sweep_take, &sweep);
	} while (ret == -EINTR);
	if (ret < 0) {
		tb_log(TB_LOG_ERROR, "cannot list the bridges: %s", strerror(-ret));
		problems++;
	}
	for (size_t i = 0; i < sweep.count; i++) {
		ret = bridge_delete(sock, sweep.found[i]);
		if (ret < 0 && ret != -ENODEV) {
			tb_log(TB_LOG_ERROR, "cannot delete the bridge with ifindex %u: %s", sweep.found[i],
			       strerror(-ret));
			problems++;
		}
	}
	return problems;
}

static unsigned int bridges_start(struct setup *setup)
{
	unsigned int problems = sweep_bridges(setup->link, setup->networks);

	for (size_t i = 0; i < setup->networks->count; i++) {
		const struct network *network = &setup->networks->networks[i];

		if (setup_wants(setup, i) && bridge_start(setup->link, network) < 0)
			problems++;
	}
	return problems;
}

static unsigned int bridges_stop(struct setup *setup)
{
	return sweep_bridges(setup->link, NULL);
}

static unsigned int bridges_check(struct setup *setup)
{
	unsigned int problems = 0;

	for (size_t i = 0; i < setup->networks->count; i++) {
		const struct network *network = &setup->networks->networks[i];
		struct link link;

		if (!setup_wants(setup, i))
			continue;
		if (link_find(setup->link, network->bridge, &link) < 0)
			tb_log(TB_LOG_WARNING, "network %s: its bridge %s is not there yet; do: tapbroker-setup start",
			       network->name, network->bridge);
		else if (!bridge_is_ours(&link))
			problems += complain(network, "is somebody else's") < 0;
	}
	return problems;
}

const struct setup_part setup_bridge = {.name = "bridge",
					.start = bridges_start,
					.stop = bridges_stop,
					.check = bridges_check};
