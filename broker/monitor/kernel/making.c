/* What all devices have in common: see making.h. Runs in the monitor; USES CAP_NET_ADMIN. */
#include "broker/monitor/kernel/making.h"

#include "broker/shared/random.h"
#include "proto/name.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

/* How often a name or an ifindex of our choice may be taken already. */
#define NAME_TRIES 8

bool making_macvtap(const struct device_order *order)
{
	return order->network->kind == TB_KIND_MACVTAP;
}

/* A name of our own: who looks at the links sees the network. */
static int choose_name(const struct network *network, char name[TB_NAME_SIZE])
{
	uint32_t number = 0;
	int ret = tb_random(&number, sizeof(number));

	memset(name, 0, TB_NAME_SIZE);
	snprintf(name, TB_NAME_SIZE, "%.8s-%06x", network->name, number & 0xffffff);
	return ret;
}

int making_queue_flags(const struct device_order *order)
{
	return (order->network->kind == TB_KIND_TUN ? IFF_TUN : IFF_TAP) | IFF_NO_PI |
	       (order->vnet_hdr ? IFF_VNET_HDR : 0) | (order->queues > 1 ? IFF_MULTI_QUEUE : 0);
}

int making_ifindex_of(int sock, const char *name, uint32_t *ifindex)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	memcpy(request.ifr_name, name, TB_NAME_SIZE);
	if (ioctl(sock, SIOCGIFINDEX, &request) < 0)
		return -errno;
	*ifindex = (uint32_t)request.ifr_ifindex;
	return 0;
}

/* Attaches one open node to the device of that name. */
int making_attach(int fd, const char *name, int flags)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	memcpy(request.ifr_name, name, TB_NAME_SIZE);
	request.ifr_flags = (short)flags;
	return ioctl(fd, TUNSETIFF, &request) < 0 ? -errno : 0;
}

/* Makes the device under the name that was asked for, or under names of our own until one is free. */
int making_named(struct making *making, int (*make)(struct making *making))
{
	const struct device_order *order = making->order;
	char *name = making->device->made.name;

	for (int tries = 1;; tries++) {
		int ret = order->name != NULL ? tb_field_set(name, TB_NAME_SIZE, order->name)
					      : choose_name(order->network, name);

		if (ret == 0)
			ret = make(making);
		if (ret != -EEXIST || order->name != NULL || tries == NAME_TRIES)
			return ret;
	}
}
