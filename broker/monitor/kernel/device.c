/* Making one device: see device.h. Runs in the monitor; USES CAP_NET_ADMIN. It knows nothing of clients: what it is
 * told to make has passed both keys in orders.c. */
#include "broker/monitor/kernel/device.h"

#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/link_netns.h"
#include "broker/monitor/kernel/netns.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "broker/shared/random.h"
#include "proto/name.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
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

/* How often another program may have changed the device before it is read back. */
#define VERIFY_TRIES 4

/* A macvtap's ifindex is drawn from here: high, so that it meets no ordinary link, and random, so that nobody plants
 * a /dev/tapN in advance. */
#define IFINDEX_FIRST (1u << 24)
#define IFINDEX_COUNT (1u << 29)

static bool fail(struct device_failure *failure, enum tb_stage stage, int error)
{
	failure->stage = stage;
	failure->error = -error;
	if (stage == TB_STAGE_CREATE && error == -EEXIST)
		failure->status = TB_NAME_TAKEN;
	else if (error == -ESTALE)
		failure->status = TB_NODE_REFUSED;
	else
		failure->status = TB_KERNEL;
	return false;
}

/* A name of our own: who looks at the links sees the network. */
static int choose_name(const struct network *network, char name[TB_NAME_SIZE])
{
	uint32_t number;
	int ret = tb_random(&number, sizeof(number));

	if (ret < 0)
		return ret;
	memset(name, 0, TB_NAME_SIZE);
	snprintf(name, TB_NAME_SIZE, "%.8s-%06x", network->name, number & 0xffffff);
	return 0;
}

/* A port belongs to its bridge: the kernel makes no macvtap on it. */
static bool is_port(struct workshop *workshop, const struct link *parent)
{
	struct link master;

	if (parent->master == 0 || link_get(&workshop->link, parent->master, &master) < 0 ||
	    strcmp(master.kind, "bridge") != 0)
		return false;
	tb_log(TB_LOG_WARNING, "%s is a port of %s, so no macvtap can be on it; Parent=%s may do", parent->name,
	       master.name, master.name);
	return true;
}

/* The network's bridge or parent; all zero if it has none. Looked up each time: it may be made anew. */
static bool find_lower(struct workshop *workshop, const struct network *network, struct link *lower,
		       struct device_failure *failure)
{
	const char *name = network->kind == TB_KIND_MACVTAP ? network->parent : network->bridge;
	int ret;

	memset(lower, 0, sizeof(*lower));
	if (name[0] == '\0')
		return true;
	ret = link_find(&workshop->link, name, lower);
	if (ret == 0 && network->kind == TB_KIND_TAP && strcmp(lower->kind, "bridge") != 0)
		ret = -ENODEV;
	if (ret == 0 && network->kind == TB_KIND_MACVTAP && is_port(workshop, lower))
		ret = -ENODEV;
	if (ret < 0) {
		fail(failure, TB_STAGE_LINK, ret);
		if (ret == -ENODEV)
			failure->status = TB_LOWER_MISSING;
		return false;
	}
	return true;
}

/* A port has its bridge's MTU, whatever its user wants: a bridge whose MTU nobody has set takes that of its smallest port,
 * and loses its IPv6 addresses and routes for good if that is below IPv6's least. */
static uint32_t device_mtu(const struct device_order *order, const struct link *lower)
{
	return order->network->kind == TB_KIND_TAP && lower->ifindex != 0 ? lower->mtu : order->alias.mtu;
}

static int tun_flags(const struct device_order *order)
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

/* Attaches one open /dev/net/tun to the device of that name. */
static int attach(int fd, const char *name, int flags)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	memcpy(request.ifr_name, name, TB_NAME_SIZE);
	request.ifr_flags = (short)flags;
	return ioctl(fd, TUNSETIFF, &request) < 0 ? -errno : 0;
}

/* Makes the device, and never shares one that is there. The kernel has several words for a name that is taken. */
static int create(const struct workshop *workshop, int fd, const char *name, int flags)
{
	uint32_t ifindex;
	int ret = attach(fd, name, flags | IFF_TUN_EXCL);

	if ((ret == -EBUSY || ret == -EINVAL) && ifindex_of(workshop, name, &ifindex) == 0)
		return -EEXIST;
	return ret;
}

static bool persistent(const struct device_order *order)
{
	return order->alias.lifetime == TB_LIFETIME_PERSISTENT;
}

static uid_t owner_of(const struct workshop *workshop, const struct device_order *order)
{
	return persistent(order) ? order->alias.uid : workshop->own_uid;
}

static gid_t group_of(const struct workshop *workshop, const struct device_order *order)
{
	return persistent(order) ? order->alias.gid : workshop->own_gid;
}

/* A device without an owner could be attached to by anybody. */
static int own(int fd, const struct workshop *workshop, const struct device_order *order)
{
	if (ioctl(fd, TUNSETOWNER, (unsigned long)owner_of(workshop, order)) < 0)
		return -errno;
	return ioctl(fd, TUNSETGROUP, (unsigned long)group_of(workshop, order)) < 0 ? -errno : 0;
}

/* Opens vhost-net once for each queue. */
static bool open_vhosts(struct workshop *workshop, const struct device_order *order, struct device *device,
			struct device_failure *failure)
{
	while (device->vhosts < order->queues) {
		int fd = node_open_vhost(&workshop->node);

		if (fd < 0) {
			fail(failure, TB_STAGE_NODE, fd);
			if (fd == -ENOENT || fd == -ENODEV)
				failure->status = TB_NO_VHOST;
			return false;
		}
		device->vhost_fds[device->vhosts++] = fd;
	}
	return true;
}

/* Opens one more /dev/net/tun into the device's fds. */
static int open_queue(struct workshop *workshop, struct device *device)
{
	int fd = node_open_tun(&workshop->node);

	if (fd < 0)
		return fd;
	device->fds[device->queues++] = fd;
	return fd;
}

static bool create_tun(struct workshop *workshop, const struct device_order *order, struct device *device,
		       struct device_failure *failure)
{
	int flags = tun_flags(order);
	int fd = open_queue(workshop, device);
	int ret;

	if (fd < 0)
		return fail(failure, TB_STAGE_NODE, fd);
	for (int tries = 1;; tries++) {
		ret = order->name != NULL ? tb_field_set(device->name, TB_NAME_SIZE, order->name)
					  : choose_name(order->network, device->name);
		if (ret == 0)
			ret = create(workshop, fd, device->name, flags);
		if (ret == 0)
			break;
		if (ret != -EEXIST || order->name != NULL || tries == NAME_TRIES)
			return fail(failure, TB_STAGE_CREATE, ret);
	}
	ret = own(fd, workshop, order);
	if (ret == 0)
		ret = ifindex_of(workshop, device->name, &device->ifindex);
	if (ret < 0)
		return fail(failure, TB_STAGE_CREATE, ret);
	while (device->queues < order->queues) {
		fd = open_queue(workshop, device);
		if (fd < 0)
			return fail(failure, TB_STAGE_NODE, fd);
		ret = attach(fd, device->name, flags);
		if (ret < 0)
			return fail(failure, TB_STAGE_CREATE, ret);
	}
	return true;
}

static bool same_mode(uint32_t kernel_mode, enum tb_macvtap_mode mode)
{
	switch (mode) {
	case TB_MODE_BRIDGE:
		return kernel_mode == MACVLAN_MODE_BRIDGE;
	case TB_MODE_VEPA:
		return kernel_mode == MACVLAN_MODE_VEPA;
	case TB_MODE_PRIVATE:
		return kernel_mode == MACVLAN_MODE_PRIVATE;
	case TB_MODE_PASSTHRU:
		return kernel_mode == MACVLAN_MODE_PASSTHRU;
	default:
		return false;
	}
}

/* True if what the kernel says of the tun or tap is what we set. */
static bool tun_as_set(const struct workshop *workshop, const struct link *link, const struct device_order *order,
		       const struct link *lower)
{
	uint32_t queues = order->queues > 1 ? order->queues : 0;

	return strcmp(link->kind, "tun") == 0 && link->tun_owned && link->tun_owner == owner_of(workshop, order) &&
	       link->tun_group == group_of(workshop, order) && !link->tun_persistent && link->tun_queues == queues &&
	       link->master == lower->ifindex && (lower->ifindex == 0 || link->isolated == order->network->isolated);
}

static bool macvtap_as_set(const struct link *link, const struct device_order *order, const struct link *lower)
{
	return strcmp(link->kind, "macvtap") == 0 && link->lower == lower->ifindex && link->master == 0 &&
	       ((link->flags & IFF_ALLMULTI) != 0) == order->network->all_multicast &&
	       same_mode(link->macvlan_mode, order->network->mode);
}

/* Reads the link back. Anything else than what was set is a failure: another program may have a hand in it. */
static int verify(struct workshop *workshop, const struct device_order *order, const struct device *device,
		  const struct link *lower)
{
	const struct network *network = order->network;
	char alias[ALIAS_SIZE];
	struct link found;
	const struct link *link = &found;
	int ret = link_get(&workshop->link, device->ifindex, &found);

	if (ret < 0)
		return ret;
	alias_write(&order->alias, alias);
	if (strcmp(link->name, device->name) != 0 || strcmp(link->alias, alias) != 0 ||
	    link->mtu != device_mtu(order, lower) || (link->flags & IFF_UP) != 0 || link->rp_filter != 1 ||
	    link->arp_ignore != network_arp_ignore(network))
		return -EPROTO;
	/* A device with an MTU below IPv6's least has no IPv6. */
	if (link->has_ipv6 && (link->accept_ra != 0 || (network->ipv6_disabled && link->disable_ipv6 != 1)))
		return -EPROTO;
	if (network->kind == TB_KIND_MACVTAP)
		return macvtap_as_set(link, order, lower) ? 0 : -EPROTO;
	return tun_as_set(workshop, link, order, lower) ? 0 : -EPROTO;
}

/* Everything that the network says of the device, in one message but for IPv6, of which only files can tell the kernel. */
static bool harden(struct workshop *workshop, const struct device_order *order, const struct link *lower,
		   const struct device *device, struct device_failure *failure)
{
	const struct network *network = order->network;
	char alias[ALIAS_SIZE];
	struct link_setup setup = {.alias = alias,
				   .mtu = device_mtu(order, lower),
				   .arp_ignore = network_arp_ignore(network),
				   .all_multicast = network->all_multicast};
	uint8_t own_mac[TB_MAC_SIZE];
	int ret = link_limit_ipv6(workshop->ipv6_conf, device->name, network->ipv6_disabled);

	if (ret < 0)
		return fail(failure, TB_STAGE_HARDEN, ret);
	if (network->kind == TB_KIND_TAP) {
		memcpy(own_mac, order->alias.mac, TB_MAC_SIZE);
		own_mac[0] = TAP_MAC_FIRST;
		setup.mac = own_mac;
		setup.master = lower->ifindex;
		setup.isolated = network->isolated;
	}
	alias_write(&order->alias, alias);
	ret = link_set(&workshop->link, device->ifindex, &setup);
	return ret == 0 ? true : fail(failure, TB_STAGE_LINK, ret);
}

static int choose_ifindex(uint32_t *ifindex)
{
	int ret = tb_random(ifindex, sizeof(*ifindex));

	*ifindex = IFINDEX_FIRST + *ifindex % IFINDEX_COUNT;
	return ret;
}

/* Opens the macvtap's node once for each queue, and checks by the file itself that it leads to our device. */
static int open_macvtap(struct workshop *workshop, const struct device_order *order, struct device *device)
{
	int flags =
		IFF_TAP | IFF_NO_PI | (order->vnet_hdr ? IFF_VNET_HDR : 0) | (order->queues > 1 ? IFF_MULTI_QUEUE : 0);

	while (device->queues < order->queues) {
		struct ifreq request;
		int fd = node_open_tap(&workshop->node, device->name, device->ifindex);

		if (fd < 0)
			return fd;
		device->fds[device->queues++] = fd;
		memset(&request, 0, sizeof(request));
		if (ioctl(fd, TUNGETIFF, &request) < 0)
			return -errno;
		if (strncmp(request.ifr_name, device->name, IFNAMSIZ) != 0)
			return -ESTALE;
		memset(&request, 0, sizeof(request));
		if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
			return -errno;
		if (memcmp(request.ifr_hwaddr.sa_data, order->alias.mac, TB_MAC_SIZE) != 0)
			return -ESTALE;
		request.ifr_flags = (short)flags;
		if (ioctl(fd, TUNSETIFF, &request) < 0)
			return -errno;
	}
	return 0;
}

static bool create_macvtap(struct workshop *workshop, const struct device_order *order, const struct link *lower,
			   struct device *device, struct device_failure *failure)
{
	const struct link_macvtap macvtap = {.parent = lower->ifindex,
					     .mode = order->network->mode,
					     .queues = order->queues,
					     .mac = order->alias.mac,
					     .group = ALIAS_LINK_GROUP};
	char alias[ALIAS_SIZE];
	int ret;

	alias_write(&order->alias, alias);
	for (int tries = 1;; tries++) {
		ret = order->name != NULL ? tb_field_set(device->name, TB_NAME_SIZE, order->name)
					  : choose_name(order->network, device->name);
		if (ret == 0)
			ret = choose_ifindex(&device->ifindex);
		if (ret == 0)
			ret = link_create_macvtap(&workshop->link, device->ifindex, device->name, &macvtap, alias);
		if (ret == 0)
			return true;
		/* Whatever has that ifindex is not ours. */
		if (ret == -EEXIST)
			device->ifindex = 0;
		if (ret != -EEXIST || order->name != NULL || tries == NAME_TRIES)
			return fail(failure, TB_STAGE_CREATE, ret);
	}
}

static bool open_nodes(struct workshop *workshop, const struct device_order *order, struct device *device,
		       struct device_failure *failure)
{
	int ret = open_macvtap(workshop, order, device);

	if (ret == 0 && persistent(order))
		ret = node_grant(&workshop->node, device->name, device->ifindex, order->alias.uid);
	return ret == 0 ? true : fail(failure, TB_STAGE_NODE, ret);
}

/* Reads back what was set. udev's sysctl.d may have written in between: then it is set once more. */
static bool verify_or_set_again(struct workshop *workshop, const struct device_order *order, const struct link *lower,
				const struct device *device, struct device_failure *failure)
{
	for (int tries = 1;; tries++) {
		int ret = verify(workshop, order, device, lower);

		if (ret == 0)
			return true;
		if (ret != -EPROTO || tries == VERIFY_TRIES)
			return fail(failure, TB_STAGE_VERIFY, ret);
		if (!harden(workshop, order, lower, device, failure))
			return false;
	}
}

/* Makes and checks everything; on a failure what there is of it is left to the caller. */
static bool make_whole(struct workshop *workshop, const struct device_order *order, const struct link *lower,
		       struct device *device, struct device_failure *failure)
{
	bool is_macvtap = order->network->kind == TB_KIND_MACVTAP;

	/* Before the device, so that where there is no vhost-net none comes and goes. */
	if (order->vhost && !open_vhosts(workshop, order, device, failure))
		return false;
	if (!(is_macvtap ? create_macvtap(workshop, order, lower, device, failure)
			 : create_tun(workshop, order, device, failure)) ||
	    !harden(workshop, order, lower, device, failure))
		return false;
	if (is_macvtap && !open_nodes(workshop, order, device, failure))
		return false;
	device->master = order->network->kind == TB_KIND_TAP ? lower->ifindex : 0;
	if (!verify_or_set_again(workshop, order, lower, device, failure))
		return false;
	/* Not before it has its alias: wherever the monitor is killed, what stays is known to be ours. */
	if (persistent(order) && !is_macvtap && ioctl(device->fds[0], TUNSETPERSIST, 1) < 0)
		return fail(failure, TB_STAGE_CREATE, -errno);
	return true;
}

bool device_make(struct workshop *workshop, struct device_order *order, struct device *device,
		 struct device_failure *failure)
{
	uint32_t taken;
	struct link lower;

	memset(device, 0, sizeof(*device));
	memset(failure, 0, sizeof(*failure));
	/* What costs nothing comes first: nobody has nodes opened for a name that is taken. */
	if (!find_lower(workshop, order->network, &lower, failure))
		return false;
	/* No more gets through than the bridge or the parent lets through. */
	if (lower.ifindex != 0 && order->alias.mtu > lower.mtu)
		order->alias.mtu = lower.mtu;
	if (order->name != NULL && ifindex_of(workshop, order->name, &taken) == 0)
		return fail(failure, TB_STAGE_CREATE, -EEXIST);
	for (int tries = 1; !make_whole(workshop, order, &lower, device, failure); tries++) {
		/* The next try makes one more only if the last one's is gone. */
		if (device_discard(workshop, order, device) < 0 || failure->status != TB_NODE_REFUSED ||
		    tries == NODE_TRIES)
			return false;
	}
	return true;
}

/* Moves the device to its client. It may have got another ifindex there. */
static int move_away(struct workshop *workshop, const struct device_order *order, struct device *device,
		     const char *alias)
{
	struct link link;
	int ret = link_move_up(&workshop->link, device->ifindex, order->netns, alias);

	if (ret == 0)
		ret = netns_find_device(&workshop->link, device->fds[0], &link);
	if (ret == 0)
		device->ifindex = link.ifindex;
	return ret;
}

bool device_set_up(struct workshop *workshop, const struct device_order *order, struct device *device,
		   struct device_failure *failure)
{
	struct alias handed_out = order->alias;
	char alias[ALIAS_SIZE];
	int ret;

	memset(failure, 0, sizeof(*failure));
	handed_out.state = ALIAS_HANDED_OUT;
	alias_write(&handed_out, alias);
	if (order->netns >= 0)
		ret = move_away(workshop, order, device, alias);
	else
		ret = link_up(&workshop->link, device->ifindex, alias);
	if (ret < 0) {
		fail(failure, TB_STAGE_UP, ret);
		if (ret == -EEXIST)
			failure->status = TB_NAME_TAKEN;
		device_discard(workshop, order, device);
		return false;
	}
	/* It stays without a fd, so that closing ours costs little; and it must not be in use when its user opens it. */
	if (persistent(order) && order->network->kind != TB_KIND_MACVTAP)
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
	return order->network->kind != TB_KIND_MACVTAP && order->netns < 0 && !persistent(order);
}

static int delete_made(struct workshop *workshop, const struct device_order *order, const struct device *device)
{
	char start[ALIAS_START_SIZE];
	struct link link;
	int ret;

	if (order->netns >= 0 && device->queues > 0) {
		ret = netns_delete_device(&workshop->link, device->fds[0]);
		if (ret != -EXDEV)
			return ret;
	}
	alias_write_start(order->alias.lease, start);
	ret = link_delete_ours(&workshop->link, device->ifindex, start, &link);
	if (ret == -EPERM && order->network->kind != TB_KIND_MACVTAP)
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
