/* Unit test of making one device: broker/monitor/kernel/device.c, against a kernel and an opener that stand here. Each
 * of their calls fails once, and whatever the kernel then shows of the device differs once from what was set.
 */
#include "broker/monitor/kernel/device.h"
#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/netns.h"
#include "broker/monitor/kernel/port_vlan.h"
#include "broker/monitor/kernel/rules.h"
#include "broker/shared/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/neighbour.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#define BRIDGE 7
#define PARENT 8
#define TUN_IFINDEX 42
#define LOWER_MTU 1500
#define OWN_UID 501
#define OWN_GID 502
#define ALICE 1000
#define NEVER 1000 /* no call is so late */

/* The kernel: one device, and the calls that were made of it. */
static struct {
	struct link link;
	bool other_node; /* the opener brings the node of another device */
	bool there;
	bool excl; /* it was made where none was */
	int open;  /* fds */
	int made;  /* macvtaps, one after the other */
	int taken; /* so many names of our own */
	bool ipv6_disabled;
	int writes;  /* so many times another program writes a sysctl after us */
	bool locked; /* the rules are there */
	struct link_fdb fdb;
	bool fdb_as_learned; /* what is to be static is not */
	bool no_bridge;      /* what has the bridge's name is none */
	bool filters;        /* the bridge: VLANs, */
	uint16_t new_ports;  /* and this is where it puts a new port */
	uint32_t vlan;       /* of the port */
	int calls;
	int fails_at; /* this call fails, */
	int error;    /* with this errno */
	const char *failed;
} kernel;

static struct workshop workshop;
static struct network network;
static const char vm0[TB_NAME_SIZE] = "vm0";
static struct device_order order;
static struct device device;
static void (*changed)(struct link *link); /* what the kernel shows of the link differs by this; NULL: by nothing */

/* Counts a call; -1 and errno if it is the one that fails. */
static int called(const char *name)
{
	if (kernel.calls++ != kernel.fails_at)
		return 0;
	kernel.failed = name;
	errno = kernel.error;
	return -1;
}

/* The same for a function that returns a negative errno. */
static int called_by_us(const char *name)
{
	return called(name) < 0 ? -kernel.error : 0;
}

ssize_t getrandom(void *buffer, size_t size, unsigned int flags)
{
	return called("getrandom") < 0 ? -1 : syscall(SYS_getrandom, buffer, size, flags);
}

static int set_interface(struct ifreq *request)
{
	int flags = (unsigned short)request->ifr_flags;

	if (called("TUNSETIFF") < 0)
		return -1;
	if (network.kind == TB_KIND_MACVTAP)
		return 0;
	if (!kernel.there)
		kernel.excl = (flags & IFF_TUN_EXCL) != 0;
	kernel.there = true;
	kernel.link.ifindex = TUN_IFINDEX;
	strcpy(kernel.link.kind, "tun");
	strcpy(kernel.link.name, request->ifr_name);
	kernel.link.tun_queues = (flags & IFF_MULTI_QUEUE) != 0 ? kernel.link.tun_queues + 1 : 0;
	return 0;
}

static int find_interface(struct ifreq *request)
{
	if (!kernel.there || strcmp(request->ifr_name, kernel.link.name) != 0) {
		errno = ENODEV;
		return -1;
	}
	request->ifr_ifindex = (int)kernel.link.ifindex;
	return called("SIOCGIFINDEX");
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	unsigned long value;

	va_start(arguments, request);
	value = va_arg(arguments, unsigned long);
	va_end(arguments);
	(void)fd;
	switch (request) {
	case TUNSETIFF:
		return set_interface((struct ifreq *)value);
	case SIOCGIFINDEX:
		return find_interface((struct ifreq *)value);
	case TUNSETOWNER:
		kernel.link.tun_owner = (uint32_t)value;
		return called("TUNSETOWNER");
	case TUNSETGROUP:
		kernel.link.tun_group = (uint32_t)value;
		kernel.link.tun_owned = true;
		return called("TUNSETGROUP");
	case TUNSETPERSIST:
		if (called("TUNSETPERSIST") < 0)
			return -1;
		kernel.link.tun_persistent = value != 0;
		return 0;
	default:
		abort();
	}
}

/* A tun or tap that is not persistent goes with its last fd. */
void closer_give(struct closer *closer, int *fd)
{
	(void)closer;
	if (*fd < 0)
		return;
	tb_close(fd);
	kernel.open--;
	if (kernel.open == 0 && network.kind != TB_KIND_MACVTAP && !kernel.link.tun_persistent)
		kernel.there = false;
}

static int open_node(const char *name)
{
	int fd = called_by_us(name);

	if (fd < 0)
		return fd;
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	kernel.open++;
	return fd;
}

int node_open_tun(struct node_source *source)
{
	(void)source;
	return open_node("node_open_tun");
}

int node_open_vhost(struct node_source *source)
{
	(void)source;
	return open_node("node_open_vhost");
}

int node_open_tap(struct node_source *source, const char *name, uint32_t ifindex, uid_t uid)
{
	(void)source;
	assert_string_equal(name, kernel.link.name);
	assert_int_equal(ifindex, kernel.link.ifindex);
	assert_int_equal(uid, order.alias.lifetime == TB_LIFETIME_PERSISTENT ? ALICE : 0);
	return kernel.other_node ? -ESTALE : open_node("node_open_tap");
}

int link_find(struct link_socket *sock, const char *name, struct link *link)
{
	(void)sock;
	memset(link, 0, sizeof(*link));
	link->ifindex = strcmp(name, "br0") == 0 ? BRIDGE : PARENT;
	link->mtu = LOWER_MTU;
	strcpy(link->kind, kernel.no_bridge ? "dummy" : "bridge");
	link->vlan_filtering = kernel.filters;
	link->default_vlan = kernel.new_ports;
	return called_by_us("link_find");
}

int link_get(struct link_socket *sock, uint32_t ifindex, struct link *link)
{
	(void)sock;
	assert_int_equal(ifindex, kernel.link.ifindex);
	*link = kernel.link;
	if (changed != NULL)
		changed(link);
	return called_by_us("link_get");
}

int link_set(struct link_socket *sock, uint32_t ifindex, const struct link_setup *setup)
{
	(void)sock;
	assert_int_equal(ifindex, kernel.link.ifindex);
	if (called_by_us("link_set") < 0)
		return -kernel.error;
	if (setup->master != 0) {
		assert_int_equal(kernel.link.flags & IFF_UP, 0);
		assert_true(kernel.locked);
		kernel.link.master = setup->master;
		return 0;
	}
	assert_non_null(setup->alias);
	strcpy(kernel.link.alias, setup->alias);
	kernel.link.mtu = setup->mtu;
	kernel.link.rp_filter = kernel.writes-- > 0 ? 2 : 1;
	kernel.link.arp_ignore = setup->arp_ignore;
	kernel.link.flags = (kernel.link.flags & ~setup->flags_changed) | setup->flags;
	if (setup->mac != NULL)
		memcpy(kernel.link.mac, setup->mac, TB_MAC_SIZE);
	return 0;
}

int port_vlan(struct link_socket *sock, uint32_t port, uint16_t vlan)
{
	(void)sock;
	assert_int_equal(port, kernel.link.ifindex);
	assert_int_equal(kernel.link.master, BRIDGE);
	assert_int_equal(kernel.link.flags & IFF_UP, 0);
	assert_int_equal(kernel.fdb.port, 0); /* an entry is of the VLANs that the port is in */
	kernel.vlan = vlan;
	return called_by_us("port_vlan");
}

int link_set_port(struct link_socket *sock, uint32_t ifindex, uint32_t options)
{
	(void)sock;
	assert_int_equal(ifindex, kernel.link.ifindex);
	assert_int_equal(kernel.link.flags & IFF_UP, 0);
	assert_int_equal(kernel.link.master, BRIDGE);
	if (called_by_us("link_set_port") < 0)
		return -kernel.error;
	kernel.link.port = options;
	return 0;
}

int link_find_fdb(struct link_socket *sock, const struct link_fdb *like, struct link_fdb *entry)
{
	(void)sock;
	assert_int_equal(like->vlan, network.vlan);
	assert_int_equal(like->port, kernel.link.ifindex);
	assert_memory_equal(like->mac, order.alias.mac, TB_MAC_SIZE);
	if (called_by_us("link_find_fdb") < 0)
		return -kernel.error;
	*entry = kernel.fdb;
	return kernel.fdb.port != 0 ? 0 : -ENOENT;
}

int link_add_fdb(struct link_socket *sock, const struct link_fdb *entry)
{
	(void)sock;
	assert_memory_equal(entry->mac, order.alias.mac, TB_MAC_SIZE);
	assert_int_equal(entry->vlan, network.vlan);
	assert_int_equal(entry->flags, NTF_STICKY | NTF_MASTER);
	if (called_by_us("link_add_fdb") < 0)
		return -kernel.error;
	kernel.fdb = *entry;
	if (kernel.fdb_as_learned)
		kernel.fdb.state = NUD_REACHABLE;
	return 0;
}

int rules_lock(struct rules *rules, const struct network *of, const struct rules_lease *lease, bool again)
{
	assert_ptr_equal(rules, workshop.rules);
	assert_ptr_equal(of, &network);
	assert_memory_equal(lease->id, order.alias.lease, TB_ID_SIZE);
	assert_memory_equal(lease->mac, order.alias.mac, TB_MAC_SIZE);
	assert_string_equal(lease->device, kernel.link.name);
	assert_string_equal(lease->other, kernel.link.name);
	assert_int_equal(lease->device_index | lease->other_index, 0);
	assert_false(again);
	assert_int_equal(kernel.link.flags & IFF_UP, 0);
	assert_int_equal(kernel.link.master, 0);
	if (called_by_us("rules_lock") < 0)
		return -kernel.error;
	assert_false(kernel.locked);
	kernel.locked = true;
	return 0;
}

int rules_remove(struct rules *rules, const uint8_t lease[TB_ID_SIZE])
{
	(void)rules, (void)lease;
	abort();
}

int link_limit_ipv6(int conf, const char *name, bool disabled)
{
	(void)conf;
	assert_string_equal(name, kernel.link.name);
	kernel.ipv6_disabled = disabled;
	return called_by_us("link_limit_ipv6");
}

int link_create_macvtap(struct link_socket *sock, const struct link_macvtap *macvtap)
{
	(void)sock;
	if (called_by_us("link_create_macvtap") < 0)
		return -kernel.error;
	if (kernel.taken-- > 0)
		return -EEXIST;
	assert_false(kernel.there);
	kernel.there = true;
	kernel.made++;
	kernel.link.ifindex = macvtap->ifindex;
	kernel.link.lower = macvtap->parent;
	kernel.link.macvlan_mode = macvtap->mode;
	strcpy(kernel.link.kind, "macvtap");
	strcpy(kernel.link.name, macvtap->name);
	memcpy(kernel.link.alias, macvtap->alias, sizeof(macvtap->alias));
	memcpy(kernel.link.mac, macvtap->mac, TB_MAC_SIZE);
	return 0;
}

int link_up(struct link_socket *sock, uint32_t ifindex, const char *alias, int netns)
{
	(void)sock, (void)netns;
	assert_int_equal(ifindex, kernel.link.ifindex);
	if (called_by_us("link_up") < 0)
		return -kernel.error;
	kernel.link.flags |= IFF_UP;
	strcpy(kernel.link.alias, alias);
	return 0;
}

int netns_number(struct link_socket *sock, int netns, int32_t *nsid)
{
	(void)sock, (void)netns;
	*nsid = 5;
	return called_by_us("netns_number");
}

/* Of a macvtap whose node is another's. */
int link_delete(struct link_socket *sock, int32_t nsid, uint32_t ifindex)
{
	(void)sock;
	assert_int_equal(nsid, -1);
	assert_int_equal(ifindex, kernel.link.ifindex);
	assert_int_equal(kernel.open, 0);
	kernel.there = false;
	return 0;
}

/* ---- the cases ---- */

/* The kinds of orders: what they are made with differs. */
static const struct sort {
	enum tb_kind kind;
	enum tb_lifetime lifetime;
	uint32_t queues;
	bool vhost;
	int netns;
} sorts[] = {
	{TB_KIND_TAP, TB_LIFETIME_SESSION, 1, false, -1},        {TB_KIND_TAP, TB_LIFETIME_SESSION, 3, true, -1},
	{TB_KIND_TUN, TB_LIFETIME_PERSISTENT, 1, false, -1},     {TB_KIND_MACVTAP, TB_LIFETIME_SESSION, 2, false, -1},
	{TB_KIND_MACVTAP, TB_LIFETIME_PERSISTENT, 1, false, -1}, {TB_KIND_TAP, TB_LIFETIME_SESSION, 1, false, 0},
};
#define SORTS (sizeof(sorts) / sizeof(sorts[0]))

static void begin(const struct sort *sort, int fails_at, int error)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.fails_at = fails_at;
	kernel.error = error;
	memset(&network, 0, sizeof(network));
	network.kind = sort->kind;
	strcpy(network.name, "lan");
	network.locks = LOCKS_DEFAULT;
	if (sort->kind == TB_KIND_TAP) {
		strcpy(network.bridge, "br0");
		network.isolated = true;
	} else if (sort->kind == TB_KIND_MACVTAP) {
		strcpy(network.parent, "eth0");
		network.mode = TB_MODE_BRIDGE;
		network.macvlan_mode = MACVLAN_MODE_BRIDGE;
	}
	order = (struct device_order){.network = &network,
				      .name = vm0,
				      .alias = {.state = ALIAS_MADE,
						.uid = ALICE,
						.gid = ALICE,
						.pid = 1,
						.start_time = 1,
						.since = 1,
						.lifetime = sort->lifetime,
						.mtu = 1500,
						.lease = {1, 2, 3},
						.mac = {2, 1, 2, 3, 4, 5}},
				      .queues = sort->queues,
				      .vhost = sort->vhost,
				      .by_name = sort->lifetime == TB_LIFETIME_PERSISTENT ||
						 sort->lifetime == TB_LIFETIME_NAMESPACE,
				      .netns = sort->netns};
	strcpy(order.alias.network, "lan");
}

static bool make(void)
{
	return device_make(&workshop, &order, &device) && device_set_up(&workshop, &order, &device);
}

/* What the lease's end does. */
static void end(void)
{
	assert_int_equal(device.made.there, order.netns < 0);
	device_release(&workshop, &device);
	kernel.link.tun_persistent = false;
	kernel.there = false;
}

/* No fd is left, and what else is there is told, and says whose it is: the reaper can delete it. */
static bool can_be_deleted(void)
{
	char start[ALIAS_START_SIZE];

	alias_write_start(order.alias.lease, start);
	if (kernel.open != 0)
		return false;
	/* The rules of a device that has left its network namespace have no device. */
	if (!kernel.there && (!kernel.locked || order.netns >= 0))
		return true;
	return device.made.there && device.made.ifindex == kernel.link.ifindex &&
	       strncmp(kernel.link.alias, start, strlen(start)) == 0;
}

static void test_as_ordered(void **state)
{
	(void)state;
	for (size_t i = 0; i < SORTS; i++) {
		bool by_name = sorts[i].lifetime == TB_LIFETIME_PERSISTENT;

		begin(&sorts[i], NEVER, 0);
		assert_true(make());
		assert_string_equal(device.made.name, "vm0");
		assert_int_equal(device.made.ifindex, kernel.link.ifindex);
		assert_int_equal(device.queues, by_name && sorts[i].kind != TB_KIND_MACVTAP ? 0 : sorts[i].queues);
		assert_int_equal(device.vhosts, sorts[i].vhost ? sorts[i].queues : 0);
		assert_int_equal(device.made.master, sorts[i].kind == TB_KIND_TAP ? BRIDGE : 0);
		assert_true((kernel.link.flags & IFF_UP) != 0);
		assert_non_null(strstr(kernel.link.alias, ":h:"));
		assert_int_equal(kernel.locked, sorts[i].kind != TB_KIND_TUN);
		assert_int_equal(kernel.fdb.port, sorts[i].kind == TB_KIND_TAP ? kernel.link.ifindex : 0);
		if (sorts[i].kind != TB_KIND_MACVTAP) {
			assert_true(kernel.excl);
			assert_int_equal(kernel.link.tun_owner, by_name ? ALICE : OWN_UID);
			assert_int_equal(kernel.link.tun_group, by_name ? ALICE : OWN_GID);
			assert_int_equal(kernel.link.tun_persistent, by_name);
		}
		end();
	}
}

/* Whichever call fails, the order fails, no fd stays, and the device can be deleted. */
static void test_every_call_fails_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < SORTS; i++) {
		int fails_at = 0;

		for (;; fails_at++) {
			bool made;

			begin(&sorts[i], fails_at, EIO);
			made = make();
			if (kernel.failed == NULL) {
				assert_true(made);
				end();
				break;
			}
			/* A failure to look whether the name is taken says that it is free. */
			if (made)
				fail_msg("sort %zu: made, although %s failed", i, kernel.failed);
			assert_int_equal(device.made.status, TB_KERNEL);
			assert_int_equal(device.made.error, EIO);
			if (!can_be_deleted())
				fail_msg("sort %zu: %s failed, and a device (%d), rules (%d) or fds (%d) stay", i,
					 kernel.failed, kernel.there, kernel.locked, kernel.open);
		}
		assert_true(fails_at > 5);
	}
}

/* ---- what the kernel shows differs ---- */

static void other_name(struct link *link)
{
	strcpy(link->name, "vm1");
}

static void other_alias(struct link *link)
{
	link->alias[0] = 'x';
}

static void other_mtu(struct link *link)
{
	link->mtu--;
}

static void up_already(struct link *link)
{
	link->flags |= IFF_UP;
}

static void no_rp_filter(struct link *link)
{
	link->rp_filter = 0;
}

static void no_arp_ignore(struct link *link)
{
	link->arp_ignore = 0;
}

static void with_ipv6(struct link *link)
{
	link->has_ipv6 = true;
	link->accept_ra = 1;
}

static void other_kind(struct link *link)
{
	strcpy(link->kind, "veth");
}

static void other_master(struct link *link)
{
	link->master = BRIDGE + 1;
}

static void not_owned(struct link *link)
{
	link->tun_owned = false;
}

static void other_owner(struct link *link)
{
	link->tun_owner++;
}

static void other_group(struct link *link)
{
	link->tun_group++;
}

static void persistent_already(struct link *link)
{
	link->tun_persistent = true;
}

static void other_queues(struct link *link)
{
	link->tun_queues++;
}

static void not_isolated(struct link *link)
{
	link->port &= ~(uint32_t)PORT_ISOLATED;
}

static void not_locked(struct link *link)
{
	link->port &= ~(uint32_t)PORT_LOCKED;
}

static void learning(struct link *link)
{
	link->port |= PORT_LEARNS;
}

static void flooded(struct link *link)
{
	link->port |= PORT_FLOODED;
}

static void other_lower(struct link *link)
{
	link->lower++;
}

static void other_mode(struct link *link)
{
	link->macvlan_mode = MACVLAN_MODE_PASSTHRU;
}

static void all_multicast(struct link *link)
{
	link->flags ^= IFF_ALLMULTI;
}

static const struct {
	void (*change)(struct link *link);
	enum tb_kind kind; /* TB_KIND_ANY: all */
} changes[] = {
	{other_name, TB_KIND_ANY},         {other_alias, TB_KIND_ANY},    {other_mtu, TB_KIND_ANY},
	{up_already, TB_KIND_ANY},         {no_rp_filter, TB_KIND_ANY},   {no_arp_ignore, TB_KIND_ANY},
	{with_ipv6, TB_KIND_ANY},          {other_kind, TB_KIND_ANY},     {other_master, TB_KIND_ANY},
	{not_owned, TB_KIND_TAP},          {other_owner, TB_KIND_TAP},    {other_group, TB_KIND_TAP},
	{persistent_already, TB_KIND_TAP}, {other_queues, TB_KIND_TAP},   {not_isolated, TB_KIND_TAP},
	{not_locked, TB_KIND_TAP},         {learning, TB_KIND_TAP},       {flooded, TB_KIND_TAP},
	{other_lower, TB_KIND_MACVTAP},    {other_mode, TB_KIND_MACVTAP}, {all_multicast, TB_KIND_MACVTAP},
};

static void test_what_was_set_is_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < SORTS; i++) {
		for (size_t j = 0; j < sizeof(changes) / sizeof(changes[0]); j++) {
			if (changes[j].kind != TB_KIND_ANY && changes[j].kind != sorts[i].kind)
				continue;
			begin(&sorts[i], NEVER, 0);
			changed = changes[j].change;
			if (make())
				fail_msg("sort %zu: change %zu was not seen", i, j);
			assert_int_equal(device.made.stage, TB_STAGE_VERIFY);
			assert_int_equal(device.made.error, EPROTO);
			assert_true(can_be_deleted());
		}
	}
	changed = NULL;
}

/* A node of another device is refused; it is tried again, with other numbers, and given up in the end. */
static void test_node_of_another_device(void **state)
{
	(void)state;
	begin(&sorts[3], NEVER, 0);
	kernel.other_node = true;
	assert_false(make());
	assert_int_equal(device.made.status, TB_NODE_REFUSED);
	assert_int_equal(kernel.made, 4);
	assert_true(can_be_deleted());
}

static void test_names_and_bridges(void **state)
{
	(void)state;
	/* A name that is taken is told before anything is opened. */
	begin(&sorts[1], NEVER, 0);
	kernel.there = true;
	strcpy(kernel.link.name, "vm0");
	assert_false(make());
	assert_int_equal(device.made.status, TB_NAME_TAKEN);
	assert_int_equal(kernel.open, 0);
	assert_true(kernel.there);
	/* Names of our own are tried again. */
	begin(&sorts[3], 3, EEXIST);
	order.name = NULL;
	assert_true(make());
	assert_string_equal(kernel.failed, "link_create_macvtap");
	assert_memory_equal(device.made.name, "lan-", 4);
	end();
	/* So often, and no more often. */
	for (int taken = 7; taken <= 8; taken++) {
		begin(&sorts[3], NEVER, 0);
		order.name = NULL;
		kernel.taken = taken;
		assert_int_equal(make(), taken < 8);
		assert_int_equal(kernel.taken, -1 * (taken < 8));
		if (taken < 8)
			end();
		else
			assert_int_equal(device.made.status, TB_NAME_TAKEN);
	}
	/* No vhost-net, no bridge: words of their own. */
	begin(&sorts[1], 1, ENOENT);
	assert_false(make());
	assert_string_equal(kernel.failed, "node_open_vhost");
	assert_int_equal(device.made.status, TB_NO_VHOST);
	begin(&sorts[0], 0, ENODEV);
	assert_false(make());
	assert_int_equal(device.made.status, TB_LOWER_MISSING);
	begin(&sorts[0], NEVER, 0);
	kernel.no_bridge = true;
	assert_false(make());
	assert_int_equal(device.made.status, TB_LOWER_MISSING);
}

/* No port is where the bridge filters nothing, and none that would be nowhere; each refusal leaves nothing. */
static void test_vlans(void **state)
{
	static const struct {
		uint32_t vlan;
		bool filters;
		uint16_t new_ports;
		enum tb_check misfit;
	} rows[] = {
		{0, false, 0, TB_CHECK_NONE},          {0, true, 1, TB_CHECK_NONE},  {0, true, 0, TB_CHECK_NO_VLAN},
		{20, false, 1, TB_CHECK_NO_FILTERING}, {20, true, 0, TB_CHECK_NONE}, {20, true, 1, TB_CHECK_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(&sorts[0], NEVER, 0);
		network.vlan = rows[i].vlan;
		kernel.filters = rows[i].filters;
		kernel.new_ports = rows[i].new_ports;
		assert_int_equal(make(), rows[i].misfit == TB_CHECK_NONE);
		if (rows[i].misfit == TB_CHECK_NONE) {
			assert_int_equal(kernel.vlan, rows[i].vlan);
			end();
			continue;
		}
		assert_int_equal(device.made.status, TB_LOWER_MISSING);
		assert_int_equal(device.made.lower, rows[i].misfit);
		assert_int_equal(kernel.open, 0);
		assert_false(kernel.there);
	}
	network.vlan = 0;
}

/* An address that another port has for good is not moved; one that is not as it was set is no lock. */
static void test_entry_of_the_bridge(void **state)
{
	(void)state;
	begin(&sorts[0], NEVER, 0);
	kernel.fdb = (struct link_fdb){.port = 99, .state = NUD_NOARP, .flags = NTF_STICKY};
	assert_false(make());
	assert_int_equal(device.made.error, EADDRINUSE);
	assert_int_equal(kernel.fdb.port, 99);
	begin(&sorts[0], NEVER, 0);
	kernel.fdb = (struct link_fdb){.port = 99, .state = NUD_PERMANENT};
	assert_false(make());
	begin(&sorts[0], NEVER, 0);
	kernel.fdb = (struct link_fdb){.port = 99, .state = NUD_REACHABLE};
	assert_true(make());
	assert_int_equal(kernel.fdb.port, kernel.link.ifindex);
	end();
	begin(&sorts[0], NEVER, 0);
	kernel.fdb_as_learned = true;
	assert_false(make());
	assert_int_equal(device.made.error, EPROTO);
	assert_true(can_be_deleted());
}

/* Where a lease may have further addresses the bridge learns them. */
static void test_further_addresses_are_learned(void **state)
{
	(void)state;
	begin(&sorts[0], NEVER, 0);
	network.macs.count = 1;
	assert_true(make());
	assert_int_equal(kernel.link.port & (PORT_LOCKED | PORT_LEARNS | PORT_FLOODED), PORT_LEARNS | PORT_FLOODED);
	end();
}

/* The network's word of IPv6 is passed on, for the device that was made. */
static void test_ipv6_is_limited(void **state)
{
	(void)state;
	for (int disabled = 0; disabled < 2; disabled++) {
		begin(&sorts[0], NEVER, 0);
		network.ipv6_disabled = disabled == 1;
		assert_true(make());
		assert_int_equal(kernel.ipv6_disabled, disabled == 1);
		end();
	}
}

/* Another program may write a sysctl between the setting and the reading: then it is set once more, three times. */
static void test_another_program_writes(void **state)
{
	(void)state;
	for (size_t i = 0; i < SORTS; i++) {
		begin(&sorts[i], NEVER, 0);
		kernel.writes = 3;
		if (!make())
			fail_msg("sort %zu: three writes of another program were too many", i);
		assert_int_equal(kernel.link.rp_filter, 1);
		end();
		begin(&sorts[i], NEVER, 0);
		kernel.writes = 4;
		assert_false(make());
		assert_int_equal(device.made.stage, TB_STAGE_VERIFY);
		assert_true(can_be_deleted());
	}
}

/* A tap has its bridge's MTU; a macvtap its user's, and no more than its parent's. */
static void test_mtu(void **state)
{
	(void)state;
	begin(&sorts[0], NEVER, 0);
	order.alias.mtu = 1280;
	assert_true(make());
	assert_int_equal(kernel.link.mtu, LOWER_MTU);
	assert_int_equal(order.alias.mtu, 1280);
	end();
	begin(&sorts[3], NEVER, 0);
	order.alias.mtu = 1280;
	assert_true(make());
	end();
	begin(&sorts[3], NEVER, 0);
	order.alias.mtu = 9000;
	assert_true(make());
	assert_int_equal(order.alias.mtu, LOWER_MTU);
	end();
}

static int set_up(void **state)
{
	(void)state;
	memset(&workshop, 0, sizeof(workshop));
	workshop.own_uid = OWN_UID;
	workshop.own_gid = OWN_GID;
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_ordered),
		cmocka_unit_test(test_every_call_fails_once),
		cmocka_unit_test(test_what_was_set_is_read_back),
		cmocka_unit_test(test_node_of_another_device),
		cmocka_unit_test(test_names_and_bridges),
		cmocka_unit_test(test_entry_of_the_bridge),
		cmocka_unit_test(test_vlans),
		cmocka_unit_test(test_further_addresses_are_learned),
		cmocka_unit_test(test_ipv6_is_limited),
		cmocka_unit_test(test_another_program_writes),
		cmocka_unit_test(test_mtu),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, NULL);
}
