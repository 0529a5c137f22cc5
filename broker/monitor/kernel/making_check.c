/* What protects the host and its neighbours from a device's holder, set and read back: see making.h. Runs in the
 * monitor; USES CAP_NET_ADMIN. Must never let a device pass that is not as it was set. */
#include "broker/monitor/kernel/making.h"

#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/port.h"
#include "broker/shared/shield.h"

#include <errno.h>
#include <string.h>

/* How often a device is read back that another program may be changing. */
#define VERIFY_TRIES 4

/* rp_filter and arp_ignore go with the rest by netlink. */
int making_limit_ipv6(struct making *making)
{
	return link_limit_ipv6(making->workshop->ipv6_conf, making->device->made.name,
			       making->order->network->ipv6_disabled);
}

/* Everything else that protects the host and its neighbours from the device's holder. It is not up before that, whoever
 * else has set it up meanwhile. Of a shielded one the port has what the bridge and the host say; the tap itself has the
 * MTU of its user. */
int making_harden(struct making *making)
{
	const struct device_order *order = making->order;
	struct link_setup setup = {.alias = making->alias,
				   .mtu = making->mtu,
				   .arp_ignore = network_arp_ignore(order->network),
				   .flags = order->network->all_multicast ? IFF_ALLMULTI : 0,
				   .flags_changed = IFF_ALLMULTI | IFF_UP};
	int ret;

	if (order->network->kind == TB_KIND_TAP)
		setup.mac = making->own_mac;
	/* The kernel gives this one its parent's address, whatever it is made with; the parent's is back when it
	 * goes. */
	if (order->network->mode == TB_MODE_PASSTHRU)
		setup.mac = order->alias.mac;
	ret = link_set(&making->workshop->link, making->device->made.ifindex, &setup);
	if (ret == 0)
		making->device->made.there = true;
	setup.mtu = order->alias.mtu;
	if (ret == 0 && order->shielded)
		ret = link_set(&making->workshop->shield.link, making->device->made.tap, &setup);
	return ret;
}

/* Before it is a port, and up: no frame passes that has not been looked at. */
int making_lock(struct making *making)
{
	const struct device_order *order = making->order;
	const struct device *device = making->device;
	struct rules *rules = order->shielded ? &making->workshop->shield.rules : making->workshop->rules;
	char inner[TB_NAME_SIZE];
	struct rules_lease lease = {.id = order->alias.lease,
				    .mac = order->alias.mac,
				    .device = device->made.name,
				    .other = order->shielded ? inner : device->made.name,
				    .device_index = device->made.tap,
				    .other_index = device->inner};

	shield_inner_name(order->alias.lease, inner);
	return network_is_locked(order->network) ? rules_lock(rules, order->network, &lease, false) : 0;
}

/* The bridge knows from now on where the lease's addresses are, and learns nothing else. */
int making_join(struct making *making)
{
	const struct device *device = making->device;

	if (device->made.master == 0)
		return 0;
	return port_join(&making->workshop->link, device->made.ifindex, device->made.master, making->order->network,
			 making->order->alias.mac);
}

/* True if what the kernel says of the tun or tap is what we set. */
static bool tun_as_set(const struct making *making, const struct link *link)
{
	const struct device_order *order = making->order;
	uint32_t queues = order->queues > 1 ? order->queues : 0;

	return strcmp(link->kind, "tun") == 0 && link->tun_owned && link->tun_owner == making->owner &&
	       link->tun_group == making->group && !link->tun_persistent && link->tun_queues == queues;
}

/* The same of what stands on the network's bridge, if there is one: the tap itself, or its port. */
static bool port_as_set(const struct making *making, const struct link *link)
{
	return link->master == making->device->made.master &&
	       (link->master == 0 || link->port == port_options(making->order->network));
}

static bool macvtap_as_set(const struct making *making, const struct link *link)
{
	return strcmp(link->kind, "macvtap") == 0 && link->lower == making->lower && link->master == 0 &&
	       ((link->flags & IFF_ALLMULTI) != 0) == making->order->network->all_multicast &&
	       link->macvlan_mode == making->order->network->macvlan_mode;
}

/* The same of what all have in common, and a tap in the shield with its port. */
static bool link_as_set(const struct making *making, const struct link *link, uint32_t mtu)
{
	return strcmp(link->name, making->device->made.name) == 0 && strcmp(link->alias, making->alias) == 0 &&
	       link->mtu == mtu && (link->flags & IFF_UP) == 0 && link->rp_filter == 1 &&
	       link->arp_ignore == network_arp_ignore(making->order->network);
}

/* A device with an MTU below IPv6's least has no IPv6. */
static bool ipv6_as_set(const struct network *network, const struct link *link)
{
	return !link->has_ipv6 || (link->accept_ra == 0 && (!network->ipv6_disabled || link->disable_ipv6 == 1));
}

static int read_back(struct making *making)
{
	const struct device_order *order = making->order;
	struct link link;
	int ret = link_get(&making->workshop->link, making->device->made.ifindex, &link);

	if (ret < 0)
		return ret;
	if (!link_as_set(making, &link, making->mtu) || !ipv6_as_set(order->network, &link))
		return -EPROTO;
	if (making_macvtap(order))
		return macvtap_as_set(making, &link) ? 0 : -EPROTO;
	if (!port_as_set(making, &link))
		return -EPROTO;
	if (order->shielded) {
		ret = link_get(&making->workshop->shield.link, making->device->made.tap, &link);
		if (ret < 0)
			return ret;
		if (!link_as_set(making, &link, order->alias.mtu))
			return -EPROTO;
	}
	return tun_as_set(making, &link) ? 0 : -EPROTO;
}

/* Anything else than what was set is a failure, but that udev's sysctl.d may have written in between: then it is set
 * once more. */
int making_verify(struct making *making)
{
	int ret = read_back(making);

	for (int tries = 1; ret == -EPROTO && tries < VERIFY_TRIES; tries++) {
		ret = making_limit_ipv6(making);
		if (ret == 0)
			ret = making_harden(making);
		if (ret == 0)
			ret = read_back(making);
	}
	return ret;
}
