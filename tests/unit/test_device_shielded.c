/* Unit test of making a tap in the shield, with its port on the host: against a kernel of two network namespaces, and
 * an opener, that stand here. Each of their calls fails once, and whatever the kernel then shows differs once from
 * what was set. */
#include "broker/monitor/kernel/device.h"
#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/netns.h"
#include "broker/monitor/kernel/pair.h"
#include "broker/monitor/kernel/port.h"
#include "broker/shared/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST_FD 1000
#define SHIELD_FD 1001
#define NODE_FD 1002
#define BRIDGE 7
#define PORT 40
#define INNER 2 /* the same numbers mean something else in the shield */
#define TAP 7
#define BRIDGE_MTU 9000
#define OWN_UID 501
#define OWN_GID 502
#define NEVER 1000 /* no call is so late */

/* The kernel: a tap, a port and an inner end, and the calls that were made. */
static struct {
	struct link tap;
	struct link port;
	struct link inner;
	bool pair;  /* the veth is there */
	int chains; /* of the lease */
	int open;   /* fds: with the last one the tap goes */
	int pairs;  /* that were made, one after the other */
	const char *taken;
	bool tap_taken; /* a tap of that name is in the shield */
	int calls;
	int fails_at; /* this call fails with EIO */
	const char *failed;
} kernel;

static struct workshop workshop = {.link = {.fd = HOST_FD},
				   .shield = {.netns = 5, .link = {.fd = SHIELD_FD}},
				   .own_uid = OWN_UID,
				   .own_gid = OWN_GID};
static struct network network;
static const char vm0[TB_NAME_SIZE] = "vm0";
static struct device_order order;
static struct device device;
static void (*changed)(struct link *tap, struct link *port); /* the kernel shows it so; NULL: as it is */

static int called(const char *name)
{
	if (kernel.calls++ != kernel.fails_at)
		return 0;
	kernel.failed = name;
	errno = EIO;
	return -EIO;
}

static int by_ioctl(int ret)
{
	return ret < 0 ? -1 : 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	unsigned long value;
	struct ifreq *interface;

	va_start(arguments, request);
	value = va_arg(arguments, unsigned long);
	va_end(arguments);
	interface = (struct ifreq *)value;
	switch (request) {
	case TUNSETIFF:
		if (kernel.tap_taken) {
			errno = EBUSY;
			return -1;
		}
		assert_true(kernel.pair);
		assert_true(((unsigned short)interface->ifr_flags & IFF_TUN_EXCL) != 0);
		strcpy(kernel.tap.name, interface->ifr_name);
		strcpy(kernel.tap.kind, "tun");
		return by_ioctl(called("TUNSETIFF"));
	case SIOCGIFINDEX:
		if (fd == HOST_FD && (kernel.taken == NULL || strcmp(interface->ifr_name, kernel.taken) != 0)) {
			errno = ENODEV;
			return -1;
		}
		interface->ifr_ifindex = TAP;
		return by_ioctl(called("SIOCGIFINDEX"));
	case TUNSETOWNER:
		kernel.tap.tun_owner = (uint32_t)value;
		return by_ioctl(called("TUNSETOWNER"));
	case TUNSETGROUP:
		kernel.tap.tun_group = (uint32_t)value;
		kernel.tap.tun_owned = true;
		return by_ioctl(called("TUNSETGROUP"));
	default:
		abort();
	}
}

void closer_give(struct closer *closer, int *fd)
{
	(void)closer;
	if (*fd < 0)
		return;
	*fd = -1;
	kernel.open--;
}

int node_open_tun(struct node_source *source)
{
	assert_ptr_equal(source, &workshop.shield.node);
	if (called("node_open_tun") < 0)
		return -EIO;
	kernel.open++;
	return NODE_FD;
}

int node_open_vhost(struct node_source *source)
{
	(void)source;
	abort();
}

int node_open_tap(struct node_source *source, const char *name, uint32_t ifindex, uid_t uid)
{
	(void)source, (void)name, (void)ifindex, (void)uid;
	abort();
}

int link_find(struct link_socket *sock, const char *name, struct link *link)
{
	assert_int_equal(sock->fd, HOST_FD);
	assert_string_equal(name, "br0");
	*link = (struct link){.ifindex = BRIDGE, .mtu = BRIDGE_MTU, .kind = "bridge"};
	return called("link_find");
}

/* The link with this number, on this side. */
static struct link *find(const struct link_socket *sock, uint32_t ifindex)
{
	if (sock->fd == HOST_FD) {
		assert_int_equal(ifindex, PORT);
		return &kernel.port;
	}
	assert_int_equal(sock->fd, SHIELD_FD);
	return ifindex == INNER ? &kernel.inner : &kernel.tap;
}

int link_get(struct link_socket *sock, uint32_t ifindex, struct link *link)
{
	struct link tap = kernel.tap;
	struct link port = kernel.port;

	if (changed != NULL)
		changed(&tap, &port);
	*link = *find(sock, ifindex);
	if (sock->fd == HOST_FD)
		*link = port;
	else if (ifindex == TAP)
		*link = tap;
	return called("link_get");
}

int link_set(struct link_socket *sock, uint32_t ifindex, const struct link_setup *setup)
{
	struct link *link = find(sock, ifindex);

	if (called("link_set") < 0)
		return -EIO;
	strcpy(link->alias, setup->alias);
	link->mtu = setup->mtu;
	link->rp_filter = 1;
	link->arp_ignore = setup->arp_ignore;
	memcpy(link->mac, setup->mac, TB_MAC_SIZE);
	return 0;
}

int link_limit_ipv6(int conf, const char *name, bool disabled)
{
	(void)conf, (void)disabled;
	assert_string_equal(name, kernel.port.name);
	return called("link_limit_ipv6");
}

int link_delete(struct link_socket *sock, int32_t nsid, uint32_t ifindex)
{
	(void)sock, (void)nsid, (void)ifindex;
	abort();
}

int link_create_macvtap(struct link_socket *sock, const struct link_macvtap *macvtap)
{
	(void)sock, (void)macvtap;
	abort();
}

int netns_number(struct link_socket *sock, int netns, int32_t *nsid)
{
	(void)sock, (void)netns, (void)nsid;
	abort();
}

/* No end of it comes up before the chains are there. */
int link_up(struct link_socket *sock, uint32_t ifindex, const char *alias, int netns)
{
	struct link *link = find(sock, ifindex);

	assert_int_equal(netns, -1);
	assert_int_equal(kernel.chains, 2);
	if (called("link_up") < 0)
		return -EIO;
	link->flags |= IFF_UP | IFF_RUNNING;
	strcpy(link->alias, alias);
	return 0;
}

int pair_create(struct link_socket *host, const struct pair_setup *setup)
{
	assert_int_equal(host->fd, HOST_FD);
	assert_int_equal(setup->netns, 5);
	assert_int_equal(setup->mtu, BRIDGE_MTU);
	assert_int_equal(setup->mac[0], TAP_MAC_FIRST);
	if (kernel.taken != NULL && strcmp(setup->name, kernel.taken) == 0)
		return -EEXIST;
	if (called("pair_create") < 0)
		return -EIO;
	assert_false(kernel.pair);
	kernel.pair = true;
	kernel.pairs++;
	kernel.port = (struct link){.ifindex = PORT, .kind = "veth"};
	strcpy(kernel.port.name, setup->name);
	kernel.inner = (struct link){.ifindex = INNER, .lower = PORT, .kind = "veth"};
	kernel.tap = (struct link){.ifindex = TAP};
	return 0;
}

int pair_find(struct link_socket *shield, const uint8_t lease[TB_ID_SIZE], struct link *inner)
{
	assert_int_equal(shield->fd, SHIELD_FD);
	assert_memory_equal(lease, order.alias.lease, TB_ID_SIZE);
	*inner = kernel.inner;
	return called("pair_find");
}

/* Each leads to the other. */
int rules_lock(struct rules *rules, const struct network *of, const struct rules_lease *lease, bool again)
{
	assert_ptr_equal(rules, &workshop.shield.rules);
	assert_ptr_equal(of, &network);
	assert_false(again);
	assert_memory_equal(lease->id, order.alias.lease, TB_ID_SIZE);
	assert_memory_equal(lease->mac, order.alias.mac, TB_MAC_SIZE);
	assert_string_equal(lease->device, kernel.tap.name);
	assert_int_equal(lease->device_index, TAP);
	assert_string_equal(lease->other, "i01020300000000");
	assert_int_equal(lease->other_index, INNER);
	if (called("rules_lock") < 0)
		return -EIO;
	kernel.chains += 2;
	return 0;
}

uint32_t port_options(const struct network *of)
{
	assert_ptr_equal(of, &network);
	return PORT_ISOLATED;
}

enum tb_check port_misfit(const struct network *of, const struct link *bridge)
{
	assert_ptr_equal(of, &network);
	assert_string_equal(bridge->kind, "bridge");
	return TB_CHECK_NONE;
}

int port_join(struct link_socket *sock, uint32_t port, uint32_t bridge, const struct network *of,
	      const uint8_t mac[TB_MAC_SIZE])
{
	assert_int_equal(bridge, BRIDGE);
	assert_int_equal(kernel.port.flags & IFF_UP, 0);
	assert_int_equal(kernel.chains, 2);
	assert_ptr_equal(of, &network);
	assert_int_equal(sock->fd, HOST_FD);
	assert_int_equal(port, PORT);
	assert_memory_equal(mac, order.alias.mac, TB_MAC_SIZE);
	kernel.port.master = bridge;
	kernel.port.port = PORT_ISOLATED;
	return called("port_join");
}

/* ---- the cases ---- */

static void begin(int fails_at)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.fails_at = fails_at;
	changed = NULL;
	network = (struct network){.name = "lan", .kind = TB_KIND_TAP, .bridge = "br0", .isolated = true};
	order = (struct device_order){.network = &network,
				      .name = vm0,
				      .alias = {.mtu = 1300,
						.lease = {1, 2, 3},
						.mac = {2, 1, 2, 3, 4, 5},
						.network = "lan"},
				      .queues = 1,
				      .shielded = true,
				      .netns = -1};
}

static bool make(void)
{
	return device_make(&workshop, &order, &device) && device_set_up(&workshop, &order, &device);
}

/* The tap goes with its fd; the reaper deletes the rest, if it is told. */
static bool can_be_deleted(void)
{
	return kernel.open == 0 && (device.made.there || (!kernel.pair && kernel.chains == 0));
}

static void test_as_ordered(void **state)
{
	(void)state;
	begin(NEVER);
	assert_true(make());
	assert_string_equal(device.made.name, "vm0");
	assert_int_equal(device.made.ifindex, PORT);
	assert_int_equal(device.made.tap, TAP);
	assert_int_equal(device.made.master, BRIDGE);
	assert_true((kernel.tap.flags & kernel.port.flags & kernel.inner.flags & IFF_UP) != 0);
	assert_non_null(strstr(kernel.tap.alias, ":h:"));
	/* The port's MTU is its bridge's, the tap's is its user's wish. */
	assert_int_equal(kernel.port.mtu, BRIDGE_MTU);
	assert_int_equal(kernel.tap.mtu, 1300);
	assert_int_equal(kernel.port.master, BRIDGE);
	assert_int_equal(kernel.port.port, PORT_ISOLATED);
	assert_int_equal(kernel.tap.master, 0);
	assert_true(device.made.there);
}

/* Whichever call fails, no fd stays, and the rest can be deleted; that a carrier cannot be looked at fails nothing. */
static void test_every_call_of_a_shielded_one_fails_once(void **state)
{
	int fails_at = 0;

	(void)state;
	for (;; fails_at++) {
		bool made;

		begin(fails_at);
		made = make();
		if (kernel.failed == NULL) {
			assert_true(made);
			break;
		}
		if (made) {
			assert_string_equal(kernel.failed, "link_get");
			continue;
		}
		assert_int_equal(device.made.status, TB_KERNEL);
		if (!can_be_deleted())
			fail_msg("%s failed, and something stays", kernel.failed);
	}
	assert_true(fails_at > 15);
}

static void port_of_another(struct link *tap, struct link *port)
{
	(void)tap;
	port->master = BRIDGE + 1;
}

static void port_not_isolated(struct link *tap, struct link *port)
{
	(void)tap;
	port->port = 0;
}

static void port_up_already(struct link *tap, struct link *port)
{
	(void)tap;
	port->flags |= IFF_UP;
}

static void tap_of_nobody(struct link *tap, struct link *port)
{
	(void)port;
	tap->tun_owned = false;
}

static void tap_without_alias(struct link *tap, struct link *port)
{
	(void)port;
	tap->alias[0] = '\0';
}

static void tap_up_already(struct link *tap, struct link *port)
{
	(void)port;
	tap->flags |= IFF_UP;
}

static void tap_too_large(struct link *tap, struct link *port)
{
	(void)port;
	tap->mtu++;
}

static void test_what_is_read_back(void **state)
{
	static void (*const changes[])(struct link * tap, struct link * port) = {port_of_another,   port_not_isolated,
										 port_up_already,   tap_of_nobody,
										 tap_without_alias, tap_up_already,
										 tap_too_large};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		begin(NEVER);
		changed = changes[i];
		assert_false(make());
		assert_int_equal(device.made.stage, TB_STAGE_VERIFY);
		assert_true(can_be_deleted());
	}
}

/* A name that is taken on the host costs nothing; one that is taken in the shield costs a port. */
static void test_taken(void **state)
{
	(void)state;
	begin(NEVER);
	kernel.taken = "vm0";
	assert_false(make());
	assert_int_equal(device.made.status, TB_NAME_TAKEN);
	assert_int_equal(kernel.pairs, 0);
	begin(NEVER);
	kernel.tap_taken = true;
	assert_false(make());
	assert_int_equal(device.made.status, TB_NAME_TAKEN);
	assert_int_equal(kernel.pairs, 1);
	assert_true(can_be_deleted());
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_ordered),
		cmocka_unit_test(test_every_call_of_a_shielded_one_fails_once),
		cmocka_unit_test(test_what_is_read_back),
		cmocka_unit_test(test_taken),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
