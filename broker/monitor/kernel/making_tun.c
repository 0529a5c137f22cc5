/* Making a tun or a tap: see making.h. Runs in the monitor; USES CAP_NET_ADMIN. Must never share a device that is there
 * already, nor leave one without an owner. */
#include "broker/monitor/kernel/making.h"

#include "broker/monitor/kernel/node.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

/* Opens one more /dev/net/tun into the device's fds. */
static int open_queue(struct making *making)
{
	int fd;

	making->failure->stage = TB_STAGE_NODE;
	fd = node_open_tun(&making->workshop->node);
	if (fd < 0)
		return fd;
	making->device->fds[making->device->queues++] = fd;
	making->failure->stage = TB_STAGE_CREATE;
	return 0;
}

/* Makes the device, and never shares one that is there. The kernel has several words for a name that is taken. */
static int make_tun(struct making *making)
{
	const struct device *device = making->device;
	uint32_t taken;
	int ret = making_attach(device->fds[0], device->name, making_queue_flags(making->order) | IFF_TUN_EXCL);

	if ((ret == -EBUSY || ret == -EINVAL) && making_ifindex_of(making->workshop, device->name, &taken) == 0)
		return -EEXIST;
	return ret;
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
		ret = making_named(making, make_tun);
	if (ret == 0)
		ret = own(making);
	if (ret == 0)
		ret = making_ifindex_of(making->workshop, device->name, &device->ifindex);
	while (ret == 0 && device->queues < order->queues) {
		ret = open_queue(making);
		if (ret == 0)
			ret = making_attach(device->fds[device->queues - 1], device->name, making_queue_flags(order));
	}
	return ret;
}

/* Not before it has its alias: wherever the monitor is killed, what stays is known to be ours. */
int making_tun_persist(struct making *making)
{
	if (!making_persistent(making->order) || making_macvtap(making->order))
		return 0;
	return ioctl(making->device->fds[0], TUNSETPERSIST, 1) < 0 ? -errno : 0;
}
