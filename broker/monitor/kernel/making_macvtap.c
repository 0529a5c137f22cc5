/* Making a macvtap: see making.h. Runs in the monitor; USES CAP_NET_ADMIN. Must never hand out an fd that leads to
 * another device. */
#include "broker/monitor/kernel/making.h"

#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/node.h"
#include "broker/shared/random.h"

#include <errno.h>
#include <string.h>

/* A macvtap's ifindex is drawn from here: high, so that it meets no ordinary link, and random, so that nobody plants
 * a /dev/tapN in advance. */
#define IFINDEX_FIRST (1u << 24)
#define IFINDEX_COUNT (1u << 29)

/* How often a macvtap's node may turn out to be another device's: somebody may have planted it under our device's name.
 * The next try has another ifindex. */
#define NODE_TRIES 4

static int make_macvtap(struct making *making)
{
	const struct device_order *order = making->order;
	struct device *device = making->device;
	struct link_macvtap macvtap = {.parent = making->lower,
				       .mode = order->network->macvlan_mode,
				       .queues = order->queues};
	int ret = tb_random(&device->made.ifindex, sizeof(device->made.ifindex));

	device->made.ifindex = IFINDEX_FIRST + device->made.ifindex % IFINDEX_COUNT;
	macvtap.ifindex = device->made.ifindex;
	memcpy(macvtap.name, device->made.name, sizeof(macvtap.name));
	memcpy(macvtap.mac, order->alias.mac, sizeof(macvtap.mac));
	memcpy(macvtap.alias, making->alias, strlen(making->alias));
	if (ret == 0)
		ret = link_create_macvtap(&making->workshop->link, &macvtap);
	/* Else whatever has that ifindex is not ours. */
	device->made.there = ret == 0;
	return ret;
}

/* Opens the macvtap's node once for each queue. The number of the node is that of this macvtap alone, in all of the
 * kernel: node_open_tap() has compared it. */
static int open_queues(struct making *making)
{
	const struct device_order *order = making->order;
	struct device *device = making->device;
	uid_t user = order->by_name ? order->alias.uid : 0;
	int ret = 0;

	making->device->made.stage = TB_STAGE_NODE;
	while (ret == 0 && device->queues < order->queues) {
		int fd = node_open_tap(&making->workshop->node, device->made.name, device->made.ifindex, user);

		if (fd < 0)
			return fd;
		device->fds[device->queues++] = fd;
		ret = making_attach(fd, device->made.name, making_queue_flags(order));
	}
	return ret;
}

static int make_with_node(struct making *making)
{
	int ret = making_named(making, make_macvtap);

	return ret == 0 ? open_queues(making) : ret;
}

/* None of its fds is open where the first node was another device's. */
int making_macvtap_create(struct making *making)
{
	int ret = make_with_node(making);

	for (int tries = 1; ret == -ESTALE && tries < NODE_TRIES && making->device->queues == 0; tries++) {
		making->device->made.stage = TB_STAGE_CREATE;
		ret = link_delete(&making->workshop->link, -1, making->device->made.ifindex);
		if (ret == 0)
			ret = make_with_node(making);
	}
	return ret;
}
