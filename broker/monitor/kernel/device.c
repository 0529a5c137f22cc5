/* Making one device: see device.h. Runs in the monitor; USES CAP_NET_ADMIN. It knows nothing of clients: what it is
 * told to make has passed both keys in orders.c. */
#include "broker/monitor/kernel/device.h"

#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/netns.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "broker/shared/random.h"
#include "proto/name.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* How often a name or an ifindex of our choice may be taken already. */
#define NAME_TRIES 8

/* How often a macvtap's node may turn out to be another device's: somebody may have planted it under our device's name.
 * The next try has another ifindex. */
#define NODE_TRIES 4

/* How often a device is read back that another program may be changing. */
#define VERIFY_TRIES 4

/* A macvtap's ifindex is drawn from here: high, so that it meets no ordinary link, and random, so that nobody plants
 * a /dev/tapN in advance. */
#define IFINDEX_FIRST (1u << 24)
#define IFINDEX_COUNT (1u << 29)

/* One device that is being made. */
struct making {
	struct workshop *workshop;
	struct device_order *order;
	struct device *device;
	struct device_failure *failure;
	char alias[ALIAS_SIZE]; /* while nobody has it yet */
	uint32_t lower;         /* ifindex of the network's bridge or parent; 0: it has none */
	uint32_t mtu;           /* of the device itself; of its user: the alias */
	uid_t owner;            /* of a tun or tap: who may open it by name */
	gid_t group;
};

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

static bool is_macvtap(const struct device_order *order)
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

/* A port belongs to its bridge: the kernel makes no macvtap on it. */
static bool is_a_port(struct workshop *workshop, const struct link *parent)
{
	struct link master;

	if (link_get(&workshop->link, parent->master, &master) < 0 || strcmp(master.kind, "bridge") != 0)
		return false;
	tb_log(TB_LOG_WARNING, "%s is a port of %s, so no macvtap can be on it; Parent=%s may do", parent->name,
	       master.name, master.name);
	return true;
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
	if (ret == 0 && network->kind == TB_KIND_MACVTAP && link.master != 0 && is_a_port(making->workshop, &link))
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
	return ret;
}

static int queue_flags(const struct device_order *order)
{
	return (order->network->kind == TB_KIND_TUN ? IFF_TUN : IFF_TAP) | IFF_NO_PI |
	       (order->vnet_hdr ? IFF_VNET_HDR : 0) | (order->queues > 1 ? IFF_MULTI_QUEUE : 0);
}

static int ifindex_of(const struct workshop *workshop, const char *name, uint32_t *ifindex)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	memcpy(request.ifr_name, name, TB_NAME_SIZE);
	if (ioctl(workshop->link.fd, SIOCGIFINDEX, &request) < 0)
		return -errno;
	*ifindex = (uint32_t)request.ifr_ifindex;
	return 0;
}

static int refuse_taken(struct making *making)
{
	const char *name = making->order->name;
	uint32_t taken;

	return name != NULL && ifindex_of(making->workshop, name, &taken) == 0 ? -EEXIST : 0;
}

/* Attaches one open node to the device of that name. */
static int attach(int fd, const char *name, int flags)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	memcpy(request.ifr_name, name, TB_NAME_SIZE);
	request.ifr_flags = (short)flags;
	return ioctl(fd, TUNSETIFF, &request) < 0 ? -errno : 0;
}

static bool persistent(const struct device_order *order)
{
	return order->alias.lifetime == TB_LIFETIME_PERSISTENT;
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

/* Makes the device under the name that was asked for, or under names of our own until one is free. */
static int make_named(struct making *making, int (*make)(struct making *making))
{
	const struct device_order *order = making->order;
	char *name = making->device->name;

	for (int tries = 1;; tries++) {
		int ret = order->name != NULL ? tb_field_set(name, TB_NAME_SIZE, order->name)
					      : choose_name(order->network, name);

		if (ret == 0)
			ret = make(making);
		if (ret != -EEXIST || order->name != NULL || tries == NAME_TRIES)
			return ret;
	}
}

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
	int ret = attach(device->fds[0], device->name, queue_flags(making->order) | IFF_TUN_EXCL);

	if ((ret == -EBUSY || ret == -EINVAL) && ifindex_of(making->workshop, device->name, &taken) == 0)
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

static int create_tun(struct making *making)
{
	const struct device_order *order = making->order;
	struct device *device = making->device;
	int ret = open_queue(making);

	if (ret == 0)
		ret = make_named(making, make_tun);
	if (ret == 0)
		ret = own(making);
	if (ret == 0)
		ret = ifindex_of(making->workshop, device->name, &device->ifindex);
	while (ret == 0 && device->queues < order->queues) {
		ret = open_queue(making);
		if (ret == 0)
			ret = attach(device->fds[device->queues - 1], device->name, queue_flags(order));
	}
	return ret;
}

static int make_macvtap(struct making *making)
{
	const struct device_order *order = making->order;
	struct device *device = making->device;
	const struct link_macvtap macvtap = {.parent = making->lower,
					     .mode = order->network->mode,
					     .queues = order->queues,
					     .mac = order->alias.mac,
					     .group = ALIAS_LINK_GROUP};
	int ret = tb_random(&device->ifindex, sizeof(device->ifindex));

	device->ifindex = IFINDEX_FIRST + device->ifindex % IFINDEX_COUNT;
	if (ret == 0)
		ret = link_create_macvtap(&making->workshop->link, device->ifindex, device->name, &macvtap,
					  making->alias);
	/* Whatever has that ifindex is not ours. */
	if (ret == -EEXIST)
		device->ifindex = 0;
	return ret;
}

static int create(struct making *making)
{
	return is_macvtap(making->order) ? make_named(making, make_macvtap) : create_tun(making);
}

/* True if the fd leads to our macvtap: by the file itself, whatever its name in /dev says. */
static int check_macvtap(const struct making *making, int fd)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	if (ioctl(fd, TUNGETIFF, &request) < 0)
		return -errno;
	if (strncmp(request.ifr_name, making->device->name, IFNAMSIZ) != 0)
		return -ESTALE;
	if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		return -errno;
	return memcmp(request.ifr_hwaddr.sa_data, making->order->alias.mac, TB_MAC_SIZE) == 0 ? 0 : -ESTALE;
}

/* Opens the macvtap's node once for each queue. */
static int open_macvtap(struct making *making)
{
	const struct device_order *order = making->order;
	struct node_source *node = &making->workshop->node;
	struct device *device = making->device;
	int ret = 0;

	if (!is_macvtap(order))
		return 0;
	while (ret == 0 && device->queues < order->queues) {
		int fd = node_open_tap(node, device->name, device->ifindex);

		if (fd < 0)
			return fd;
		device->fds[device->queues++] = fd;
		ret = check_macvtap(making, fd);
		if (ret == 0)
			ret = attach(fd, device->name, queue_flags(order));
	}
	if (ret == 0 && persistent(order))
		ret = node_grant(node, device->name, device->ifindex, order->alias.uid);
	return ret;
}

/* rp_filter and arp_ignore go with the rest by netlink. */
static int limit_ipv6(struct making *making)
{
	return link_limit_ipv6(making->workshop->ipv6_conf, making->device->name,
			       making->order->network->ipv6_disabled);
}

/* Everything else that protects the host and its neighbours from the device's holder. */
static int harden(struct making *making)
{
	const struct device_order *order = making->order;
	uint8_t own_mac[TB_MAC_SIZE];
	struct link_setup setup = {.alias = making->alias,
				   .mtu = making->mtu,
				   .master = making->device->master,
				   .isolated = order->network->isolated,
				   .arp_ignore = network_arp_ignore(order->network),
				   .flags = order->network->all_multicast ? IFF_ALLMULTI : 0,
				   .flags_changed = IFF_ALLMULTI};

	if (order->network->kind == TB_KIND_TAP) {
		memcpy(own_mac, order->alias.mac, TB_MAC_SIZE);
		own_mac[0] = TAP_MAC_FIRST;
		setup.mac = own_mac;
	}
	/* The kernel gives this one its parent's address, whatever it is made with; the parent's is back when it
	 * goes. */
	if (order->network->mode == TB_MODE_PASSTHRU)
		setup.mac = order->alias.mac;
	return link_set(&making->workshop->link, making->device->ifindex, &setup);
}

/* True if what the kernel says of the tun or tap is what we set. */
static bool tun_as_set(const struct making *making, const struct link *link)
{
	const struct device_order *order = making->order;
	uint32_t queues = order->queues > 1 ? order->queues : 0;

	return strcmp(link->kind, "tun") == 0 && link->tun_owned && link->tun_owner == making->owner &&
	       link->tun_group == making->group && !link->tun_persistent && link->tun_queues == queues &&
	       link->master == making->lower && (making->lower == 0 || link->isolated == order->network->isolated);
}

static bool macvtap_as_set(const struct making *making, const struct link *link)
{
	return strcmp(link->kind, "macvtap") == 0 && link->lower == making->lower && link->master == 0 &&
	       ((link->flags & IFF_ALLMULTI) != 0) == making->order->network->all_multicast &&
	       link->macvlan_mode == link_macvlan_mode(making->order->network->mode);
}

static int read_back(struct making *making)
{
	const struct device_order *order = making->order;
	struct link link;
	int ret = link_get(&making->workshop->link, making->device->ifindex, &link);

	if (ret < 0)
		return ret;
	if (strcmp(link.name, making->device->name) != 0 || strcmp(link.alias, making->alias) != 0 ||
	    link.mtu != making->mtu || (link.flags & IFF_UP) != 0 || link.rp_filter != 1 ||
	    link.arp_ignore != network_arp_ignore(order->network))
		return -EPROTO;
	/* A device with an MTU below IPv6's least has no IPv6. */
	if (link.has_ipv6 && (link.accept_ra != 0 || (order->network->ipv6_disabled && link.disable_ipv6 != 1)))
		return -EPROTO;
	return (is_macvtap(order) ? macvtap_as_set : tun_as_set)(making, &link) ? 0 : -EPROTO;
}

/* Anything else than what was set is a failure, but that udev's sysctl.d may have written in between: then it is set
 * once more. */
static int verify(struct making *making)
{
	int ret = read_back(making);

	for (int tries = 1; ret == -EPROTO && tries < VERIFY_TRIES; tries++) {
		ret = limit_ipv6(making);
		if (ret == 0)
			ret = harden(making);
		if (ret == 0)
			ret = read_back(making);
	}
	return ret;
}

/* Not before it has its alias: wherever the monitor is killed, what stays is known to be ours. */
static int persist(struct making *making)
{
	if (!persistent(making->order) || is_macvtap(making->order))
		return 0;
	return ioctl(making->device->fds[0], TUNSETPERSIST, 1) < 0 ? -errno : 0;
}

/* The steps of making a device. What costs nothing comes first: nobody has nodes opened for a name that is taken.
 * vhost-net comes before the device, so that where there is none no device comes and goes. */
static const struct {
	enum tb_stage stage;
	int (*take)(struct making *making);
} steps[] = {
	{TB_STAGE_LINK, find_lower},   {TB_STAGE_CREATE, refuse_taken}, {TB_STAGE_NODE, open_vhosts},
	{TB_STAGE_CREATE, create},     {TB_STAGE_HARDEN, limit_ipv6},   {TB_STAGE_LINK, harden},
	{TB_STAGE_NODE, open_macvtap}, {TB_STAGE_VERIFY, verify},       {TB_STAGE_CREATE, persist},
};

/* On a failure what there is of the device is left to the caller. */
static bool make_whole(struct making *making)
{
	int ret = 0;

	*making->failure = (struct device_failure){.status = TB_OK};
	for (size_t i = 0; ret == 0 && i < sizeof(steps) / sizeof(steps[0]); i++) {
		making->failure->stage = steps[i].stage;
		ret = steps[i].take(making);
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
				.owner = persistent(order) ? order->alias.uid : workshop->own_uid,
				.group = persistent(order) ? order->alias.gid : workshop->own_gid};

	memset(device, 0, sizeof(*device));
	for (int tries = 1; !make_whole(&making); tries++) {
		/* The next try makes one more only if the last one's is gone. */
		if (device_discard(workshop, order, device) < 0 || failure->status != TB_NODE_REFUSED ||
		    tries == NODE_TRIES)
			return false;
	}
	return true;
}

bool device_set_up(struct workshop *workshop, const struct device_order *order, struct device *device,
		   struct device_failure *failure)
{
	struct alias handed_out = order->alias;
	char alias[ALIAS_SIZE];
	struct link link;
	int ret;

	*failure = (struct device_failure){.stage = TB_STAGE_UP};
	handed_out.state = ALIAS_HANDED_OUT;
	alias_write(&handed_out, alias);
	ret = link_up(&workshop->link, device->ifindex, alias, order->netns);
	/* In another network namespace it may have got another ifindex. */
	if (ret == 0 && order->netns >= 0) {
		ret = netns_find_device(&workshop->link, device->fds[0], &link);
		if (ret == 0)
			device->ifindex = link.ifindex;
	}
	if (ret < 0) {
		fail(failure, ret);
		device_discard(workshop, order, device);
		return false;
	}
	/* It stays without a fd, so that closing ours costs little; and it must not be in use when its user opens
	 * it. */
	if (persistent(order) && !is_macvtap(order))
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
	return !is_macvtap(order) && order->netns < 0 && !persistent(order);
}

static int delete_made(struct workshop *workshop, const struct device_order *order, const struct device *device)
{
	char start[ALIAS_START_SIZE];
	int ret;

	if (order->netns >= 0 && device->queues > 0) {
		ret = netns_delete_device(&workshop->link, device->fds[0]);
		if (ret != -EXDEV)
			return ret;
	}
	alias_write_start(order->alias.lease, start);
	ret = link_delete_ours(&workshop->link, device->ifindex, start);
	if (ret == -EPERM && !is_macvtap(order))
		return 0;
	return ret == -ENODEV ? 0 : ret;
}

int device_discard(struct workshop *workshop, const struct device_order *order, struct device *device)
{
	int ret = device->ifindex != 0 && !goes_with_its_fd(order) ? delete_made(workshop, order, device) : 0;

	if (ret < 0)
		tb_log(TB_LOG_ERROR, "cannot delete %s, ifindex %u, which nobody got: %s", device->name,
		       device->ifindex, strerror(-ret));
	device_release(workshop, device);
	device->ifindex = 0;
	return ret;
}
