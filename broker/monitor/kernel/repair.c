/* Putting a device right: see repair.h. Runs in the monitor's reaper threads; USES CAP_NET_ADMIN. Must never touch a
 * link that is not ours, nor take a device off a master that it has. */
#include "broker/monitor/kernel/repair.h"

#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/pair.h"
#include "broker/monitor/kernel/port.h"
#include "broker/monitor/kernel/routed.h"
#include "broker/monitor/kernel/workshop.h"
#include "broker/shared/alias.h"

#include <errno.h>
#include <string.h>

/* The network that the alias names, if it still makes such devices, or NULL. The device is the order's lease's. */
static const struct network *network_of_ours(const struct network_table *networks, const struct link *link,
					     const struct tb_repair *order)
{
	bool is_macvtap = strcmp(link->kind, "macvtap") == 0;
	const struct network *network;

	if (!link_kind_ours(link) || !alias_has_lease(link->alias, order->lease) ||
	    !alias_has_mac(link->alias, order->mac))
		return NULL;
	network = network_find(networks, strrchr(link->alias, ':') + 1);
	if (network == NULL || network->off || (network->kind == TB_KIND_MACVTAP) != is_macvtap)
		return NULL;
	return network;
}

/* It is down while it becomes a port, and comes up only locked as the network says. */
static int join(struct link_socket *sock, const struct network *network, const uint8_t mac[TB_MAC_SIZE],
		struct link *link, struct link_setup *setup)
{
	bool up = (link->flags & IFF_UP) != 0;
	struct link bridge;
	int ret = link_find(sock, network->bridge, &bridge);

	if (ret == 0 && (strcmp(bridge.kind, "bridge") != 0 || port_misfit(network, &bridge) != TB_CHECK_NONE))
		ret = -ENODEV;
	if (ret < 0)
		return ret;
	setup->mtu = bridge.mtu;
	setup->flags_changed = IFF_UP;
	ret = link_set(sock, link->ifindex, setup);
	if (ret == 0)
		ret = port_join(sock, link->ifindex, bridge.ifindex, network, mac);
	if (link_get(sock, link->ifindex, link) < 0 || (link->master != 0 && link->port != port_options(network)))
		return -EPROTO;
	return up && link_up(sock, link->ifindex, link->alias, -1) < 0 ? -EPROTO : ret;
}

/* Newer kernels look for a device by its name, which may be another one now. A port's tap keeps its own. */
static int lock_again(struct rules *rules, const struct network *network, const struct link *link,
		      const struct tb_repair *order)
{
	const struct rules_lease lease = {.id = order->lease,
					  .mac = order->mac,
					  .device = link->name,
					  .other = link->name};

	return network_is_locked(network) ? rules_lock(rules, network, &lease, true) : 0;
}

/* The port is the one to which the lease's own veth leads from the shield. */
static int find_port(struct link_socket *sock, struct link_socket *shield, const struct tb_repair *order,
		     struct link *port, struct link *inner)
{
	int ret = pair_find(shield, order->lease, inner);

	if (ret == 0 && inner->lower != order->ifindex)
		ret = -EPERM;
	return ret < 0 ? ret : link_get(sock, order->ifindex, port);
}

int repair_device(struct link_socket *sock, struct link_socket *shield, struct rules *rules, int ipv6_conf,
		  const struct tb_repair *order)
{
	struct link_setup setup = {.mtu = 0};
	struct link_setup inner_setup = {.mtu = 0};
	const struct network *network;
	bool shielded = order->tap != 0;
	uint8_t own_mac[TB_MAC_SIZE];
	struct link inner;
	struct link link;
	int ret = shielded ? link_get(shield, order->tap, &link) : link_get(sock, order->ifindex, &link);

	if (ret < 0)
		return ret;
	network = network_of_ours(rules->networks, &link, order);
	if (network == NULL)
		return -EPERM;
	if (shielded)
		ret = find_port(sock, shield, order, &link, &inner);
	if (ret < 0)
		return ret;
	setup.arp_ignore = network_arp_ignore(network);
	if (network->kind == TB_KIND_TAP) {
		memcpy(own_mac, order->mac, TB_MAC_SIZE);
		own_mac[0] = TAP_MAC_FIRST;
		setup.mac = own_mac;
	}
	/* A device with an MTU below IPv6's least has no IPv6. */
	if (link.has_ipv6)
		ret = link_limit_ipv6(ipv6_conf, link.name, network->ipv6_disabled);
	if (ret == 0 && !shielded)
		ret = lock_again(rules, network, &link, order);
	if (ret == 0)
		ret = link_set(sock, order->ifindex, &setup);
	if (ret == 0 && network_has_ports(network) && link.master == 0)
		ret = join(sock, network, order->mac, &link, &setup);
	if (ret == 0 && network->routed && (link.flags & IFF_UP) != 0) {
		ret = routed_lead(sock, network, order->ifindex, order->mac);
		ret = ret == -EEXIST ? 0 : ret;
	}
	/* Both ends of a veth take no larger frames than their MTU says. */
	inner_setup.mtu = setup.mtu != 0 ? setup.mtu : link.mtu;
	if (ret == 0 && shielded)
		ret = link_set(shield, inner.ifindex, &inner_setup);
	return ret;
}
