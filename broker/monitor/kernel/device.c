/* Making one device: see device.h. Runs in the monitor; USES CAP_NET_ADMIN. It knows nothing of clients: what it is
 * told to make has passed both keys in orders.c. */
#include "broker/monitor/kernel/device.h"

#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/making.h"
#include "broker/monitor/kernel/netns.h"
#include "broker/monitor/kernel/port.h"
#include "broker/monitor/kernel/routed.h"
#include "broker/shared/fd.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* How many milliseconds a veth's carrier is waited for. */
#define CARRIER_TRIES 100

void device_release(struct workshop *workshop, struct device *device)
{
	while (device->queues > 0)
		closer_give(workshop->closer, &device->fds[--device->queues]);
	while (device->vhosts > 0)
		closer_give(workshop->closer, &device->vhost_fds[--device->vhosts]);
}

/* The step whose stage is told has failed. Its status may have been told already; only TB_KERNEL says more than
 * that. */
static bool fail(struct workshop *workshop, struct device *device, int error)
{
	struct tb_made *made = &device->made;
	bool names = made->stage == TB_STAGE_CREATE || made->stage == TB_STAGE_UP;

	if (made->status == TB_OK && names && error == -EEXIST)
		made->status = TB_NAME_TAKEN;
	else if (made->status == TB_OK)
		made->status = error == -ESTALE ? TB_NODE_REFUSED : TB_KERNEL;
	if (made->status == TB_KERNEL)
		made->error = -error;
	else
		made->stage = TB_STAGE_NONE;
	device_release(workshop, device);
	return false;
}

/* The network's bridge or parent is looked up each time: it may be made anew. */
static int find_lower(struct making *making)
{
	struct device_order *order = making->order;
	const struct network *network = order->network;
	const char *name = network->kind == TB_KIND_MACVTAP ? network->parent : network->bridge;
	struct link link = {.ifindex = 0};
	int ret = name[0] != '\0' ? link_find(&making->workshop->link, name, &link) : 0;

	if (ret == 0 && network->bridge[0] != '\0' && strcmp(link.kind, "bridge") != 0)
		ret = -ENODEV;
	if (ret == 0 && network->bridge[0] != '\0')
		making->device->made.lower = port_misfit(network, &link);
	if (making->device->made.lower != TB_CHECK_NONE)
		ret = -ENODEV;
	if (ret == -ENODEV)
		making->device->made.status = TB_LOWER_MISSING;
	making->lower = link.ifindex;
	making->device->made.master = network_has_ports(network) ? link.ifindex : 0;
	/* No more gets through than the bridge or the parent lets through. */
	if (link.ifindex != 0 && order->alias.mtu > link.mtu)
		order->alias.mtu = link.mtu;
	/* A port has its bridge's MTU, whatever its user wants: a bridge whose MTU nobody has set takes that of its
	 * smallest port, and loses its IPv6 addresses and routes for good if that is below IPv6's least. */
	making->mtu = making->device->made.master != 0 ? link.mtu : order->alias.mtu;
	alias_write(&order->alias, making->alias);
	memcpy(making->own_mac, order->alias.mac, TB_MAC_SIZE);
	making->own_mac[0] = TAP_MAC_FIRST;
	return ret;
}

static int refuse_taken(struct making *making)
{
	const char *name = making->order->name;
	uint32_t taken;

	return name != NULL && making_ifindex_of(making->workshop->link.fd, name, &taken) == 0 ? -EEXIST : 0;
}

/* Opens vhost-net once for each queue. */
static int open_vhosts(struct making *making)
{
	struct device *device = making->device;

	while (making->order->vhost && device->vhosts < making->order->queues) {
		int fd = node_open_vhost(&making->workshop->node);

		if (fd == -ENOENT || fd == -ENODEV)
			making->device->made.status = TB_NO_VHOST;
		if (fd < 0)
			return fd;
		device->vhost_fds[device->vhosts++] = fd;
	}
	return 0;
}

static int create(struct making *making)
{
	return making_macvtap(making->order) ? making_macvtap_create(making) : making_tun_create(making);
}

/* One step of making a device. */
struct step {
	enum tb_stage stage;
	int (*take)(struct making *making);
};

/* The steps of making a device. What costs nothing comes first: nobody has nodes opened for a name that is taken.
 * vhost-net comes before the device, so that where there is none no device comes and goes. The device is locked before
 * it is a port. */
/* clang-format off */
static const struct step steps[] = {
	{TB_STAGE_LINK, find_lower},
	{TB_STAGE_CREATE, refuse_taken},
	{TB_STAGE_NODE, open_vhosts},
	{TB_STAGE_CREATE, create},
	{TB_STAGE_HARDEN, making_limit_ipv6},
	{TB_STAGE_LINK, making_harden},
	{TB_STAGE_HARDEN, making_lock},
	{TB_STAGE_LINK, making_join},
	{TB_STAGE_VERIFY, making_verify},
	{TB_STAGE_CREATE, making_tun_persist},
	{TB_STAGE_NONE, NULL},
};

/* The same for one that somebody else has made. */
static const struct step given_steps[] = {
	{TB_STAGE_NODE, open_vhosts},
	{TB_STAGE_CREATE, making_tun_take},
	{TB_STAGE_NONE, NULL},
};
/* clang-format on */

bool device_make(struct workshop *workshop, struct device_order *order, struct device *device)
{
	struct making making = {.workshop = workshop,
				.order = order,
				.device = device,
				.owner = order->by_name ? order->alias.uid : workshop->own_uid,
				.group = order->by_name ? order->alias.gid : workshop->own_gid};
	const struct step *step = order->alias.given ? given_steps : steps;
	int ret = 0;

	memset(device, 0, sizeof(*device));
	device->made.nsid = -1;
	for (; ret == 0 && step->take != NULL; step++) {
		device->made.stage = step->stage;
		ret = step->take(&making);
	}
	return ret == 0 ? true : fail(workshop, device, ret);
}

/* No frame goes through an end of a veth before the kernel has noticed its carrier: kernels since 6.8 when they are
 * asked, others a moment later. */
static void await_carrier(struct link_socket *sock, uint32_t ifindex)
{
	struct link link;

	for (int i = 0; i < CARRIER_TRIES && link_get(sock, ifindex, &link) == 0 && (link.flags & IFF_RUNNING) == 0;
	     i++)
		poll(NULL, 0, 1);
}

/* The port has an alias for whoever looks at the host's links: the external id is none of their business. That of the
 * tap counts, and comes last. */
static int set_up_shielded(struct workshop *workshop, const struct device *device, const char *alias,
			   const char *port_alias)
{
	int ret = link_up(&workshop->shield.link, device->inner, alias, -1);

	if (ret == 0)
		ret = link_up(&workshop->link, device->made.ifindex, port_alias, -1);
	await_carrier(&workshop->shield.link, device->inner);
	await_carrier(&workshop->link, device->made.ifindex);
	return ret < 0 ? ret : link_up(&workshop->shield.link, device->made.tap, alias, -1);
}

/* In another network namespace it may have got another ifindex, and it goes with its fds, or by that. */
static int find_moved(struct workshop *workshop, const struct device_order *order, struct device *device)
{
	int ret = making_ifindex_of(order->client, device->made.name, &device->made.ifindex);

	device->made.there = false;
	return ret == 0 ? netns_number(&workshop->link, order->netns, &device->made.nsid) : ret;
}

bool device_set_up(struct workshop *workshop, struct device_order *order, struct device *device)
{
	struct alias of_port;
	char alias[ALIAS_SIZE];
	char port_alias[ALIAS_SIZE];
	int ret;

	device->made.stage = TB_STAGE_UP;
	order->alias.state = ALIAS_HANDED_OUT;
	alias_write(&order->alias, alias);
	of_port = order->alias;
	of_port.external_id[0] = '\0';
	alias_write(&of_port, port_alias);
	if (order->alias.given) {
		ret = link_set(&workshop->link, device->made.ifindex, &(struct link_setup){.alias = alias});
		device->made.there = ret == 0;
	} else if (order->shielded) {
		ret = set_up_shielded(workshop, device, alias, port_alias);
	} else {
		ret = link_up(&workshop->link, device->made.ifindex, alias, order->netns);
	}
	if (ret == 0 && order->network->routed) {
		device->made.stage = TB_STAGE_ADDRESS;
		ret = routed_lead(&workshop->link, order->network, device->made.ifindex, order->alias.mac);
	}
	if (ret == 0 && order->netns >= 0)
		ret = find_moved(workshop, order, device);
	if (ret < 0)
		return fail(workshop, device, ret);
	/* It stays without a fd, so that closing ours costs little; and it must not be in use when its user opens
	 * it. */
	if (order->by_name && !making_macvtap(order))
		while (device->queues > 0)
			tb_close(&device->fds[--device->queues]);
	device->made.stage = TB_STAGE_NONE;
	return true;
}
