/* Opening the shield: see shielding.h. Runs in tapbrokerd as root, before lock-down; the only place where the broker
 * enters a namespace. It must meet no client, and nothing that it does here may be asked for later. */
#include "broker/monitor/shielding.h"

#include "broker/config/network.h"
#include "broker/monitor/kernel/device.h"
#include "broker/monitor/kernel/lost_chains.h"
#include "broker/monitor/kernel/pair.h"
#include "broker/monitor/relock_shielded.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "broker/shared/netlink/link_events.h"
#include "broker/shared/random.h"
#include "broker/shared/shield.h"
#include "proto/words.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_PORT_MTU 1500
#define FIRST_PORT_TRIES 15 /* each waits for two seconds */

/* Why there is no shield; empty: there is one. */
static char missing[256];

#define SAY_MISSING(...) snprintf(missing, sizeof(missing), __VA_ARGS__)

/* What the host's own defaults would let a device in the shield do. */
static const struct {
	const char *path;
	char value;
} sysctls[] = {
	{"/proc/sys/net/ipv6/conf/default/disable_ipv6", '1'},
	{"/proc/sys/net/ipv6/conf/all/forwarding", '0'},
	{"/proc/sys/net/ipv4/ip_forward", '0'},
};

/* A kernel without IPv6 has no sysctls of it. */
static bool sysctls_right(void)
{
	for (size_t i = 0; i < sizeof(sysctls) / sizeof(sysctls[0]); i++) {
		int fd TB_CLOSE = open(sysctls[i].path, O_RDONLY | O_CLOEXEC);
		char value = '\0';

		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd >= 0 && read(fd, &value, 1) == 1 && value == sysctls[i].value)
			continue;
		SAY_MISSING("in " SHIELD_PATH ", %s is not %c", sysctls[i].path, sysctls[i].value);
		return false;
	}
	return true;
}

/* Returns the fd of the namespace, or -1. */
static int open_namespace(int home)
{
	int fd TB_CLOSE = open(SHIELD_PATH, O_RDONLY | O_CLOEXEC);
	struct stat ours;
	struct stat theirs;

	if (fd < 0) {
		SAY_MISSING("%s: %s; tapbroker-setup makes it", SHIELD_PATH, strerror(errno));
		return -1;
	}
	if (fstat(home, &ours) < 0 || fstat(fd, &theirs) < 0 ||
	    (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)) {
		SAY_MISSING(SHIELD_PATH " is the host's own network namespace");
		return -1;
	}
	if (setns(fd, CLONE_NEWNET) < 0) {
		SAY_MISSING("cannot enter " SHIELD_PATH ": %s", strerror(errno));
		return -1;
	}
	return tb_take(&fd);
}

static int open_sockets(struct monitor *monitor, struct equipment *equipment)
{
	struct shield *shield = &monitor->workshop.shield;
	int ret = link_socket_open(&shield->link, NETLINK_ROUTE);

	if (ret == 0)
		ret = rules_open_shield(&shield->rules);
	for (int i = 0; ret == 0 && i < REAPER_THREADS; i++)
		ret = link_socket_open(&monitor->reaper.workers[i].shield_link, NETLINK_ROUTE);
	equipment->shield_links = ret == 0 ? link_events_open(false) : ret;
	equipment->shield_questions =
		equipment->shield_links < 0 ? equipment->shield_links : link_netlink_open(NETLINK_ROUTE, 0);
	return equipment->shield_questions < 0 ? equipment->shield_questions : 0;
}

/* In the shield. */
static void equip(struct monitor *monitor, const struct options *options, struct equipment *equipment, int netns)
{
	int ret;

	if (!sysctls_right())
		return;
	ret = open_sockets(monitor, equipment);
	if (ret == 0)
		ret = lost_chains_delete(&monitor->workshop.shield.link, &monitor->workshop.shield.rules);
	if (ret < 0)
		tb_die("cannot open what is needed in " SHIELD_PATH ": %s", strerror(-ret));
	children_start_in_shield(monitor, options);
	monitor->workshop.shield.netns = netns;
	monitor->workshop.shield.node =
		(struct node_source){.opener = monitor->shield_opener.channel, .sysfs = -1, .closer = &monitor->closer};
	monitor->reaper.shield_rules = &monitor->workshop.shield.rules;
}

/* Nothing after this enters a namespace. */
static void give_up_entering(void)
{
	if (capng_get_caps_process() != 0 ||
	    capng_update(CAPNG_DROP, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET, CAP_SYS_ADMIN) != 0 ||
	    capng_apply(CAPNG_SELECT_BOTH) != 0)
		tb_die("cannot give up the right to enter namespaces");
}

void shielding_open(struct monitor *monitor, const struct options *options, struct equipment *equipment)
{
	int home TB_CLOSE = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int netns;

	monitor->workshop.shield.netns = -1;
	monitor->workshop.shield.rules.counts.fd = -1;
	monitor->shield_opener = (struct child){.name = "opener in the shield", .channel = -1};
	equipment->shield_links = -1;
	equipment->shield_questions = -1;
	if (home < 0)
		tb_die("/proc/self/ns/net: %s", strerror(errno));
	netns = open_namespace(home);
	if (netns >= 0) {
		equip(monitor, options, equipment, netns);
		if (setns(home, CLONE_NEWNET) < 0)
			tb_die("cannot come back from " SHIELD_PATH ": %s", strerror(errno));
	}
	if (monitor->workshop.shield.netns < 0)
		tb_close(&netns);
	give_up_entering();
}

static bool any_shielded(const struct network_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (network_shielded(&table->networks[i]))
			return true;
	return false;
}

/* A network that locks its devices as most do. Returns 0 or a negative errno. */
static int write_first_templates(struct shield *shield, struct network_table *only)
{
	struct network *network = &only->networks[0];
	const struct rules_wish from_holder = {.network = network, .forward = true};
	const struct rules_wish to_holder = {.network = network, .to_holder = true, .forward = true};
	int ret;

	only->count = 1;
	network->kind = TB_KIND_TAP;
	network->ipv6_disabled = true;
	strcpy(network->name, "first");
	network_default_locks(network);
	shield->rules.networks = only;
	ret = rules_template(&shield->rules, &to_holder, &shield->rules.to_holder[0]);
	return ret < 0 ? ret : rules_template(&shield->rules, &from_holder, &shield->rules.locks[0]);
}

/* Nobody waits for the kernel here, so the tap goes at once. The opener, which has just been started, comes late on a
 * busy machine. */
static void make_first_port(struct monitor *monitor)
{
	static struct network_table only;
	struct device_order order = {.network = &only.networks[0],
				     .alias = {.mtu = FIRST_PORT_MTU, .mac = {0x02}, .network = "first"},
				     .queues = 1,
				     .shielded = true,
				     .netns = -1};
	struct device device;
	const char *stage;
	bool made;

	if (write_first_templates(&monitor->workshop.shield, &only) < 0)
		tb_die("no memory for the rules of a first port");
	if (tb_random(order.alias.lease, sizeof(order.alias.lease)) < 0)
		tb_die("the kernel gives no random numbers");
	made = device_make(&monitor->workshop, &order, &device);
	for (int tries = 1; !made && device.made.error == ETIMEDOUT && tries < FIRST_PORT_TRIES; tries++)
		made = device_make(&monitor->workshop, &order, &device);
	if (!made) {
		stage = tb_stage_word(device.made.stage);
		SAY_MISSING("the first port cannot be made: %s: %s", stage != NULL ? stage : "refused",
			    strerror(device.made.error));
	}
	while (device.queues > 0)
		tb_close(&device.fds[--device.queues]);
	if (device.made.there &&
	    pair_delete(&monitor->workshop.shield.link, &monitor->workshop.shield.rules, order.alias.lease) < 0)
		SAY_MISSING("the first port cannot be deleted");
}

static void switch_network_off(struct network *network)
{
	struct network off = {.off = true, .kind = network->kind};

	memcpy(off.name, network->name, sizeof(off.name));
	*network = off;
	tb_log(TB_LOG_ERROR,
	       "network %s is off: its taps would stand in a network namespace of the broker's own, and %s. Direct=yes in its file puts them on the bridge itself, see tapbroker-network(5)",
	       off.name, missing);
}

void shielding_check(struct monitor *monitor, struct network_table *table)
{
	if (!any_shielded(table))
		return;
	if (monitor->workshop.shield.netns >= 0)
		make_first_port(monitor);
	for (size_t i = 0; missing[0] != '\0' && i < table->count; i++)
		if (network_shielded(&table->networks[i]))
			switch_network_off(&table->networks[i]);
}

void shielding_finish(struct monitor *monitor)
{
	int ret = 0;

	if (monitor->workshop.shield.netns >= 0)
		ret = rules_templates(&monitor->workshop.shield.rules, monitor->networks, true);
	if (ret < 0)
		tb_die("cannot write the rules of networks: %s", strerror(-ret));
	if (monitor->workshop.shield.netns >= 0)
		ret = relock_shielded(monitor);
	if (ret < 0)
		tb_die("cannot lock the taps that there are in the shield: %s", strerror(-ret));
}
