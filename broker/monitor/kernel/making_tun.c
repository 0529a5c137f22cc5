/* Making a tun or a tap: see making.h. Runs in the monitor; USES CAP_NET_ADMIN. Must never share a device that is there
 * already, nor leave one without an owner. */
#include "broker/monitor/kernel/making.h"

#include "broker/monitor/kernel/node.h"
#include "broker/monitor/kernel/pair.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>

/* A socket where the tun or tap itself is: in the shield, or on the host. */
static int making_tun_sock(const struct making *making)
{
	return making->order->shielded ? making->workshop->shield.link.fd : making->workshop->link.fd;
}

/* Opens one more /dev/net/tun into the device's fds. */
static int open_queue(struct making *making)
{
	int fd;

	making->device->made.stage = TB_STAGE_NODE;
	fd = node_open_tun(making->order->shielded ? &making->workshop->shield.node : &making->workshop->node);
	if (fd < 0)
		return fd;
	making->device->fds[making->device->queues++] = fd;
	making->device->made.stage = TB_STAGE_CREATE;
	return 0;
}

/* Opens what is missing of the device's queues, and attaches them. */
static int add_queues(struct making *making, int flags)
{
	struct device *device = making->device;
	int ret = 0;

	while (ret == 0 && device->queues < making->order->queues) {
		ret = open_queue(making);
		if (ret == 0)
			ret = making_attach(device->fds[device->queues - 1], device->made.name, flags);
	}
	return ret;
}

/* Makes the device, and never shares one that is there. The kernel has several words for a name that is taken. */
static int make_tun(struct making *making)
{
	const struct device *device = making->device;
	uint32_t taken;
	int ret = making_attach(device->fds[0], device->made.name, making_queue_flags(making->order) | IFF_TUN_EXCL);

	if ((ret == -EBUSY || ret == -EINVAL) &&
	    making_ifindex_of(making_tun_sock(making), device->made.name, &taken) == 0)
		return -EEXIST;
	return ret;
}

/* Makes a tap in the shield and its port. The port comes first: a name that is taken on the host leaves no trace. */
static int make_shielded(struct making *making)
{
	struct workshop *workshop = making->workshop;
	struct device *device = making->device;
	const uint8_t *lease = making->order->alias.lease;
	struct pair_setup setup = {.mtu = making->mtu, .netns = workshop->shield.netns};
	struct link inner;
	int ret;

	memcpy(setup.name, device->made.name, sizeof(setup.name));
	memcpy(setup.mac, making->own_mac, sizeof(setup.mac));
	shield_inner_name(lease, setup.inner);
	ret = pair_create(&workshop->link, &setup);
	if (ret < 0)
		return ret;
	device->made.there = true;
	ret = pair_find(&workshop->shield.link, lease, &inner);
	device->made.ifindex = inner.lower;
	device->inner = inner.ifindex;
	return ret == 0 ? make_tun(making) : ret;
}

/* A device without an owner could be attached to by anybody. */
static int own(const struct making *making)
{
	int fd = making->device->fds[0];

	if (ioctl(fd, TUNSETOWNER, (unsigned long)making->owner) < 0)
		return -errno;
	return ioctl(fd, TUNSETGROUP, (unsigned long)making->group) < 0 ? -errno : 0;
}

int making_tun_create(struct making *making)
{
	const struct device_order *order = making->order;
	struct device *device = making->device;
	int ret = open_queue(making);

	if (ret == 0)
		ret = making_named(making, order->shielded ? make_shielded : make_tun);
	if (ret == 0)
		ret = own(making);
	if (ret == 0)
		ret = making_ifindex_of(making_tun_sock(making), device->made.name,
					order->shielded ? &device->made.tap : &device->made.ifindex);
	return ret < 0 ? ret : add_queues(making, making_queue_flags(order));
}

/* True if nobody can have the device but us and who has it from us, and nobody has it now. */
static bool is_free(const struct making *making, const struct link *link)
{
	return strcmp(link->kind, "tun") == 0 && link->tun_persistent && link->tun_owner == making->owner &&
	       link->tun_queues == 0 && link->alias[0] == '\0';
}

/* Attaches to a device that somebody else has made and keeps, and changes nothing about it. If it goes meanwhile, the
 * kernel makes one of its name, which goes with our fds. */
int making_tun_take(struct making *making)
{
	struct device_order *order = making->order;
	struct device *device = making->device;
	int flags = making_queue_flags(order) | (order->network->queues > 1 ? IFF_MULTI_QUEUE : 0);
	struct link link;
	uint32_t attached = 0;
	int ret = link_find(&making->workshop->link, order->network->device, &link);

	if (ret == -ENODEV || (ret == 0 && !is_free(making, &link)))
		making->device->made.status = TB_LOWER_MISSING;
	if (making->device->made.status != TB_OK)
		return -ENODEV;
	memcpy(device->made.name, order->network->device, TB_NAME_SIZE);
	device->made.ifindex = link.ifindex;
	if (order->alias.mtu > link.mtu)
		order->alias.mtu = link.mtu;
	ret = add_queues(making, flags);
	if (ret == 0)
		ret = making_ifindex_of(making->workshop->link.fd, device->made.name, &attached);
	return ret == 0 && attached != link.ifindex ? -ESTALE : ret;
}

/* Not before it has its alias: wherever the monitor is killed, what stays is known to be ours. */
int making_tun_persist(struct making *making)
{
	if (!making->order->by_name || making_macvtap(making->order))
		return 0;
	return ioctl(making->device->fds[0], TUNSETPERSIST, 1) < 0 ? -errno : 0;
}
