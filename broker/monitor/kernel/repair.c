/* Putting a device right: see repair.h. Runs in the monitor's reaper threads; USES CAP_NET_ADMIN. Must never touch a link
 * that is not ours, nor take a device off a master that it has. */
#include "broker/monitor/kernel/repair.h"

#include "broker/monitor/kernel/count.h"
#include "broker/monitor/kernel/device.h"
#include "broker/monitor/kernel/link_change.h"
#include "broker/shared/alias.h"
#include "proto/name.h"

#include <errno.h>
#include <string.h>

static bool is_of_lease(const struct link *link, const struct tb_repair *order)
{
	char start[ALIAS_START_SIZE];

	alias_write_start(order->lease, start);
	return link_kind_ours(link) && strncmp(link->alias, start, strlen(start)) == 0 &&
	       alias_has_mac(link->alias, order->mac);
}

/* The network that the alias names, if it still makes such devices, or NULL. */
static const struct network *network_of_device(const struct network_table *networks, const struct link *link)
{
	uint32_t number = count_network_of(networks, link->alias);
	const struct network *network = number < NETWORKS_MAX ? &networks->networks[number] : NULL;
	bool is_macvtap = strcmp(link->kind, "macvtap") == 0;

	if (network == NULL || network->off || (network->kind == TB_KIND_MACVTAP) != is_macvtap)
		return NULL;
	return network;
}

int repair_device(struct link_socket *sock, const struct network_table *networks, int ipv6_conf,
		  const struct tb_repair *order)
{
	uint8_t own_mac[TB_MAC_SIZE];
	struct link_setup setup = {.alias = NULL};
	const struct network *network;
	struct link bridge;
	struct link link;
	int ret = link_get(sock, order->ifindex, &link);

	if (ret < 0)
		return ret;
	if (!is_of_lease(&link, order))
		return -EPERM;
	network = network_of_device(networks, &link);
	if (network == NULL)
		return -ENOENT;
	setup.alias = link.alias;
	setup.mtu = link.mtu;
	setup.isolated = network->isolated;
	setup.arp_ignore = network_arp_ignore(network);
	setup.all_multicast = network->all_multicast;
	if (network->kind == TB_KIND_TAP) {
		memcpy(own_mac, order->mac, TB_MAC_SIZE);
		own_mac[0] = TAP_MAC_FIRST;
		setup.mac = own_mac;
	}
	if (network->bridge[0] != '\0' && link.master == 0) {
		ret = link_find(sock, network->bridge, &bridge);
		if (ret == 0 && strcmp(bridge.kind, "bridge") != 0)
			ret = -ENODEV;
		if (ret < 0)
			return ret;
		setup.mtu = bridge.mtu;
		setup.master = bridge.ifindex;
	}
	/* A device with an MTU below IPv6's least has no IPv6. */
	if (link.has_ipv6)
		ret = link_limit_ipv6(ipv6_conf, link.name, network->ipv6_disabled);
	return ret < 0 ? ret : link_set_again(sock, order->ifindex, link.flags, &setup);
}
