/* Making one device: see device.h. Runs in the monitor; USES CAP_NET_ADMIN. It knows nothing of clients: what it is
 * told to make has passed both keys in orders.c. */
#include "broker/monitor/kernel/device.h"

#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/making.h"
#include "broker/monitor/kernel/netns.h"
#include "broker/monitor/kernel/pair.h"
#include "broker/monitor/kernel/port.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* How often a macvtap's node may turn out to be another device's: somebody may have planted it under our device's name.
 * The next try has another ifindex. */
#define NODE_TRIES 4

/* How many milliseconds a veth's carrier is waited for. */
#define CARRIER_TRIES 100

/* The step whose stage is told has failed. Its status may have been told already; only TB_KERNEL says more than
 * that. */
static bool fail(struct device_failure *failure, int error)
{
	bool names = failure->stage == TB_STAGE_CREATE || failure->stage == TB_STAGE_UP;

	if (failure->status == TB_OK && names && error == -EEXIST)
		failure->status = TB_NAME_TAKEN;
	else if (failure->status == TB_OK)
		failure->status = error == -ESTALE ? TB_NODE_REFUSED : TB_KERNEL;
	if (failure->status == TB_KERNEL)
		failure->error = -error;
	else
		failure->stage = TB_STAGE_NONE;
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
		making->failure->lower = port_misfit(network, &link);
	if (making->failure->lower != TB_CHECK_NONE)
		ret = -ENODEV;
	if (ret == -ENODEV)
		making->failure->status = TB_LOWER_MISSING;
	making->lower = link.ifindex;
	making->device->master = network->kind == TB_KIND_TAP ? link.ifindex : 0;
	/* No more gets through than the bridge or the parent lets through. */
	if (link.ifindex != 0 && order->alias.mtu > link.mtu)
		order->alias.mtu = link.mtu;
	/* A port has its bridge's MTU, whatever its user wants: a bridge whose MTU nobody has set takes that of its
	 * smallest port, and loses its IPv6 addresses and routes for good if that is below IPv6's least. */
	making->mtu = making->device->master != 0 ? link.mtu : order->alias.mtu;
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
			making->failure->status = TB_NO_VHOST;
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
 * vhost-net comes before the device, so that where there is none no device comes and goes. */
/* clang-format off */
static const struct step steps[] = {
	{TB_STAGE_LINK, find_lower},
	{TB_STAGE_CREATE, refuse_taken},
	{TB_STAGE_NODE, open_vhosts},
	{TB_STAGE_CREATE, create},
	{TB_STAGE_HARDEN, making_limit_ipv6},
	{TB_STAGE_HARDEN, making_lock},
	{TB_STAGE_LINK, making_harden},
	{TB_STAGE_LINK, making_settle},
	{TB_STAGE_NODE, making_macvtap_open},
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

/* On a failure what there is of the device is left to the caller. */
static bool make_whole(struct making *making)
{
	const struct step *step = making->order->alias.given ? given_steps : steps;
	int ret = 0;

	*making->failure = (struct device_failure){.status = TB_OK};
	for (; ret == 0 && step->take != NULL; step++) {
		making->failure->stage = step->stage;
		ret = step->take(making);
	}
	return ret == 0 ? true : fail(making->failure, ret);
}

bool device_make(struct workshop *workshop, struct device_order *order, struct device *device,
		 struct device_failure *failure)
{
	struct making making = {.workshop = workshop,
				.order = order,
				.device = device,
				.failure = failure,
				.owner = making_persistent(order) ? order->alias.uid : workshop->own_uid,
				.group = making_persistent(order) ? order->alias.gid : workshop->own_gid};

	memset(device, 0, sizeof(*device));
	device->nsid = -1;
	for (int tries = 1; !make_whole(&making); tries++) {
		/* The next try makes one more only if the last one's is gone. */
		if (device_discard(workshop, order, device) < 0 || failure->status != TB_NODE_REFUSED ||
		    tries == NODE_TRIES)
			return false;
	}
	return true;
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
		ret = link_up(&workshop->link, device->ifindex, port_alias, -1);
	await_carrier(&workshop->shield.link, device->inner);
	await_carrier(&workshop->link, device->ifindex);
	return ret < 0 ? ret : link_up(&workshop->shield.link, device->tap, alias, -1);
}

bool device_set_up(struct workshop *workshop, const struct device_order *order, struct device *device,
		   struct device_failure *failure)
{
	struct alias handed_out = order->alias;
	char alias[ALIAS_SIZE];
	char port_alias[ALIAS_SIZE];
	int ret;

	*failure = (struct device_failure){.stage = TB_STAGE_UP};
	handed_out.state = ALIAS_HANDED_OUT;
	alias_write(&handed_out, alias);
	handed_out.external_id[0] = '\0';
	alias_write(&handed_out, port_alias);
	if (order->alias.given)
		ret = link_set_alias(&workshop->link, device->ifindex, alias);
	else if (order->shielded)
		ret = set_up_shielded(workshop, device, alias, port_alias);
	else
		ret = link_up(&workshop->link, device->ifindex, alias, order->netns);
	/* In another network namespace it may have got another ifindex. */
	if (ret == 0 && order->netns >= 0)
		ret = making_ifindex_of(order->client, device->name, &device->ifindex);
	if (ret == 0 && order->netns >= 0)
		ret = netns_number(&workshop->link, order->netns, &device->nsid);
	if (ret < 0) {
		fail(failure, ret);
		device_discard(workshop, order, device);
		return false;
	}
	/* It stays without a fd, so that closing ours costs little; and it must not be in use when its user opens
	 * it. */
	if (making_persistent(order) && !making_macvtap(order))
		while (device->queues > 0)
			tb_close(&device->fds[--device->queues]);
	return true;
}

void device_release(struct workshop *workshop, struct device *device)
{
	while (device->queues > 0)
		closer_give(workshop->closer, &device->fds[--device->queues]);
	while (device->vhosts > 0)
		closer_give(workshop->closer, &device->vhost_fds[--device->vhosts]);
}

/* A tun or tap that is not persistent goes with its last fd, which the closer closes: nobody waits for that. */
static bool goes_with_its_fd(const struct device_order *order)
{
	return !making_macvtap(order) && !order->shielded && order->netns < 0 && !making_persistent(order) &&
	       !order->alias.given;
}

static int delete_made(struct workshop *workshop, const struct device_order *order, const struct device *device)
{
	char start[ALIAS_START_SIZE];
	int ret;

	/* The tap goes with its fd. */
	if (order->shielded)
		return pair_delete(&workshop->shield.link, &workshop->shield.rules, order->alias.lease);
	if (order->netns >= 0 && device->queues > 0) {
		ret = netns_delete_device(&workshop->link, device->fds[0]);
		if (ret != -EXDEV)
			return ret;
	}
	alias_write_start(order->alias.lease, start);
	ret = link_delete_ours(&workshop->link, device->nsid, device->ifindex, start);
	if (ret == -EPERM && !making_macvtap(order))
		return 0;
	return ret == -ENODEV ? 0 : ret;
}

static int unlock(struct workshop *workshop, const struct device_order *order)
{
	return network_is_locked(order->network) && !order->shielded ? rules_remove(workshop->rules, order->alias.lease)
								     : 0;
}

int device_discard(struct workshop *workshop, const struct device_order *order, struct device *device)
{
	int ret = device->ifindex != 0 && !goes_with_its_fd(order) ? delete_made(workshop, order, device) : 0;
	int unlocked = device->ifindex != 0 ? unlock(workshop, order) : 0;

	if (ret < 0)
		tb_log(TB_LOG_ERROR, "cannot delete %s, ifindex %u, which nobody got: %s", device->name,
		       device->ifindex, strerror(-ret));
	if (unlocked < 0)
		tb_log(TB_LOG_ERROR, "cannot delete the rules of %s, which nobody got: %s", device->name,
		       strerror(-unlocked));
	device_release(workshop, device);
	device->ifindex = 0;
	return ret;
}
