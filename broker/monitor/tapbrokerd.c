/* tapbrokerd: the monitor. Starts as root, reads the network files, opens what it needs, starts the other processes,
 * then becomes a user of its own with CAP_NET_ADMIN and nothing else, and does what the clerk orders.
 *
 * After lock-down it must never: read a client's byte, parse text, keep books, wait for a client, use GLib, exec,
 * change a namespace, or ask the name service.
 */
#include "broker/config/check.h"
#include "broker/config/network.h"
#include "broker/config/table_memory.h"
#include "broker/config/world.h"
#include "broker/monitor/children.h"
#include "broker/monitor/kernel/entry_templates.h"
#include "broker/monitor/kernel/leftovers.h"
#include "broker/monitor/kernel/link_templates.h"
#include "broker/monitor/kernel/threads.h"
#include "broker/monitor/relock.h"
#include "broker/monitor/sandbox.h"
#include "broker/monitor/serve.h"
#include "broker/monitor/shielding.h"
#include "broker/monitor/listening.h"
#include "broker/monitor/store.h"
#include "broker/monitor/subordinates.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "broker/shared/machine_id.h"
#include "broker/shared/random.h"
#include "broker/shared/netlink/link_batch.h"
#include "broker/shared/netlink/link_events.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* The broker's own fds beside those of leases, generously: of the clerk's clients, above all. */
#define OWN_FDS 768

/* Leases that the clerk keeps for uid 0, above --max-leases; and devices that are deleted, while the supervisor has not
 * taken the word yet. */
#define SPARE_LEASES 64

/* A device that is away keeps its place until the supervisor has taken that word, and users go on meanwhile. */
#define AWAY_PER_LEASE 4

/* Ends the process if ret is a negative errno. */
static int checked(int ret, const char *what)
{
	if (ret < 0)
		tb_die("%s: %s", what, strerror(-ret));
	return ret;
}

static void read_networks(struct network_table *table, const struct options *options)
{
	int mistakes = networks_read(table, options->config_dir, options->vendor_dir);

	checked(mistakes, "cannot read the network files");
	if (mistakes > 0)
		tb_log(TB_LOG_ERROR, "the network files have %d mistake%s, see above: only the other networks are on",
		       mistakes, mistakes == 1 ? "" : "s");
	guests_set_all(table);
	world_warn(table);
	subordinates_read("/etc/subuid", table);
}

/* The most fds that one lease may bring. */
static uint32_t most_fds(const struct network_table *table)
{
	uint32_t most = 1;

	for (size_t i = 0; i < table->count; i++) {
		const struct network *network = &table->networks[i];
		uint32_t fds = network->vhost ? 2 * network->queues : network->queues;

		if (fds > most)
			most = fds;
	}
	return most;
}

static bool any_network(const struct network_table *table, bool (*is)(const struct network *network))
{
	for (size_t i = 0; i < table->count; i++)
		if (is(&table->networks[i]))
			return true;
	return false;
}

/* True if devices may be where their client is: then the monitor keeps an fd of each. */
static bool allows_away(const struct network *network)
{
	return (network->netns & 1u << NETNS_CALLER) != 0;
}

static bool network_is_macvtap(const struct network *network)
{
	return network->kind == TB_KIND_MACVTAP;
}

static bool has_addresses(const struct network *network)
{
	return network->addresses.count > 0 || network->routed;
}

static bool allows_vhost(const struct network *network)
{
	return network->vhost;
}

/* Fds on their way to clients that do not read are held against the sender's limit, so it must hold every fd of every
 * lease at once; more is better, where the administrator's hard limit gives it. The clerk inherits it, for a lifeline
 * of each lease. */
static void raise_fd_limit(const struct network_table *table, uint32_t leases)
{
	struct rlimit limit;
	rlim_t needed = leases * (rlim_t)(most_fds(table) + 1 + any_network(table, allows_away)) + OWN_FDS;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		tb_die("getrlimit: %s", strerror(errno));
	if (limit.rlim_max < needed)
		limit.rlim_max = needed;
	limit.rlim_cur = 2 * needed < limit.rlim_max ? 2 * needed : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		tb_die("cannot raise the limit of open files to %llu, which %u leases need: %s",
		       (unsigned long long)needed, leases, strerror(errno));
}

/* Returns the fd or a negative errno. */
static int open_signals(void)
{
	sigset_t stop;
	int fd;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	/* A hang-up is neither an end nor a reload, for the children no more than for us: they inherit that. */
	if (sigprocmask(SIG_BLOCK, &stop, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    signal(SIGHUP, SIG_IGN) == SIG_ERR)
		return -errno;
	fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

/* Opening the node makes the kernel load its module, if it must. That is done here, where no client waits for it. */
static void load_vhost(void)
{
	int fd TB_CLOSE = open(NODE_VHOST_PATH, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		tb_log(TB_LOG_WARNING,
		       "%s: %s: there are networks with Vhost=yes, and whoever asks for it is refused; load the module "
		       "(modprobe vhost_net) and start tapbrokerd again",
		       NODE_VHOST_PATH, strerror(errno));
}

/* True if everybody may open the device node with this path. */
static bool node_is_public(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && (status.st_mode & 0006) == 0006;
}

static int open_directory(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void open_workshop(struct monitor *monitor, const struct users *users)
{
	struct workshop *workshop = &monitor->workshop;

	workshop->own_uid = users->monitor.uid;
	workshop->own_gid = users->monitor.gid;
	workshop->closer = &monitor->closer;
	workshop->rules = &monitor->rules;
	checked(link_templates_write(), "no memory for messages to the kernel");
	checked(entry_templates_write(), "no memory for messages to the kernel");
	checked(link_socket_open(&workshop->link, NETLINK_ROUTE), "cannot open a netlink socket");
	workshop->ipv6_conf = open_directory("/proc/sys/net/ipv6/conf");
	if (workshop->ipv6_conf != -ENOENT)
		checked(workshop->ipv6_conf, "/proc/sys/net/ipv6/conf");
}

/* Returns the book of them, for the clerk. */
static int open_tunnels(struct monitor *monitor)
{
	monitor->tunnels.sock = &monitor->workshop.link;
	monitor->tunnels.ipv6 = monitor->workshop.ipv6_conf >= 0;
	return checked(leftovers_take(&monitor->tunnels, monitor->networks),
		       "cannot read what an earlier broker has left of tunnels");
}

static void open_nodes(struct monitor *monitor)
{
	struct node_source *node = &monitor->workshop.node;
	bool vhost = any_network(monitor->networks, allows_vhost);

	node->opener = -1;
	node->sysfs = -1;
	node->closer = &monitor->closer;
	node->tun_direct = node_is_public(NODE_TUN_PATH);
	node->vhost_direct = vhost && node_is_public(NODE_VHOST_PATH);
	if (any_network(monitor->networks, network_is_macvtap))
		node->sysfs = checked(open_directory(NODE_SYSFS_PATH), NODE_SYSFS_PATH);
	if (vhost)
		load_vhost();
}

/* A device that lasts as long as its network namespace, but that has ended, or its root has taken the device. The
 * number of the namespace may be another's by now. */
static bool ended_unseen(struct monitor *monitor, const struct away_device *device)
{
	struct link link;

	if (device->nsid < 0 || (link_ask(&monitor->workshop.link, device->nsid, device->ifindex, NULL, &link) == 0 &&
				 strcmp(link.kind, "tun") == 0 && alias_has_lease(link.alias, device->lease)))
		return false;
	tb_log(TB_LOG_NOTICE, "a lease has ended with its network namespace while no broker was there: %s",
	       device->stored);
	return true;
}

/* One of the devices that are away, by its name in the supervisor's store. */
static void keep_stored_device(struct monitor *monitor, struct away_device *device)
{
	struct stored_device stored;
	struct alias alias;
	const struct network *network;

	checked(alias_read_device(device->stored, &alias, &stored), "a device in the supervisor's store");
	network = network_find(monitor->networks, alias.network);
	memcpy(device->lease, alias.lease, sizeof(device->lease));
	device->network = network != NULL ? (uint32_t)(network - monitor->networks->networks) : NETWORKS_MAX;
	device->nsid = alias.lifetime == TB_LIFETIME_NAMESPACE ? stored.nsid : -1;
	device->ifindex = stored.ifindex;
	checked(away_add(&monitor->away, device),
		"there are more devices in the supervisor's store than leases (--max-leases)");
	/* The clerk, which takes over what is listed, has nothing to take over. */
	if (ended_unseen(monitor, device)) {
		int fd = away_deleted(&monitor->away, alias.lease);

		tb_close(&fd);
		store_drop_lease(monitor->supervisor, &monitor->away, alias.lease);
		device->stored[0] = '\0';
	}
}

/* The devices that are away, of which an earlier broker had an fd each. What has ended is not listed any more. */
static void keep_stored_devices(struct monitor *monitor, const struct stored_list *devices)
{
	char *rest = devices->names;
	char *kept = devices->names;

	for (size_t i = 0; i < devices->count; i++) {
		struct away_device device = {.fd = devices->fds[i]};
		size_t length = strcspn(rest, ":");

		memcpy(device.stored, rest, length);
		rest += length + 1;
		keep_stored_device(monitor, &device);
		if (device.stored[0] == '\0')
			continue;
		if (kept > devices->names)
			*kept++ = ':';
		memcpy(kept, device.stored, length);
		kept += length;
	}
	*kept = '\0';
}

/* Lifelines are the clerk's from now on. */
static void close_lifelines(struct stored_list *lifelines)
{
	for (size_t i = 0; i < lifelines->count; i++)
		tb_close(&lifelines->fds[i]);
}

/* This machine's id, which no other has, and nobody on the network knows. */
static void make_mac_key(uint8_t key[SIPHASH_KEY_SIZE])
{
	if (machine_id_read(key) == 0)
		return;
	tb_log(TB_LOG_WARNING, "/etc/machine-id has no id: devices with a name get other addresses after each start");
	checked(tb_random(key, SIPHASH_KEY_SIZE), "the kernel gives no random numbers");
}

/* As root: everything that needs to be root. */
static void prepare(struct monitor *monitor, struct equipment *equipment)
{
	const struct options *options = equipment->options;
	const struct users *users = equipment->users;
	uint32_t leases = options->max_leases + SPARE_LEASES;
	int listening TB_CLOSE = -1;
	int links TB_CLOSE = -1;
	int neighbours TB_CLOSE = -1;
	int tunnels TB_CLOSE = -1;
	struct stored stored;

	monitor->own_uids[0] = users->monitor.uid;
	monitor->own_uids[1] = users->clerk.uid;
	monitor->own_uids[2] = users->authority.uid;
	make_mac_key(monitor->mac_key);
	raise_fd_limit(monitor->networks, leases);
	checked(stored_take(&stored), "cannot take what is in the supervisor's store");
	checked(away_init(&monitor->away, AWAY_PER_LEASE * leases + (uint32_t)stored.devices.count),
		"cannot make the table of devices that are away");
	monitor->count.networks = monitor->networks;
	monitor->count.away = &monitor->away;
	monitor->supervisor = notify_open();
	keep_stored_devices(monitor, &stored.devices);
	listening = checked(listening_socket(options->socket_path), options->socket_path);
	checked(listening_origin(listening, &monitor->origin), options->socket_path);
	open_nodes(monitor);
	tunnels = open_tunnels(monitor);
	shielding_finish(monitor);
	checked(relock(monitor, &stored.rules), "cannot lock the devices that there are");
	links = checked(link_events_open(any_network(monitor->networks, has_addresses)),
			"cannot listen to the kernel's news of links");
	neighbours = checked(fdb_events_open(), "cannot listen to the kernel's news of bridges");
	equipment->stored = &stored;
	equipment->listening = listening;
	equipment->links = links;
	equipment->neighbours = neighbours;
	equipment->tunnels = tunnels;
	equipment->macvtap = any_network(monitor->networks, network_is_macvtap);
	equipment->opener = equipment->macvtap || !monitor->workshop.node.tun_direct ||
			    (any_network(monitor->networks, allows_vhost) && !monitor->workshop.node.vhost_direct);
	children_start(monitor, equipment);
	equipment->stored = NULL;
	monitor->workshop.node.opener = monitor->opener.channel;
	close_lifelines(&stored.lifelines);
}

static void lock_down(struct monitor *monitor, const struct users *users)
{
	sandbox_drop_rights(users->monitor.uid, users->monitor.gid, &monitor->workshop.node);
	/* The threads inherit what was given up so far; the filter is put on all of them. */
	monitor->reaper.networks = monitor->networks;
	monitor->reaper.away = &monitor->away;
	monitor->reaper.rules = &monitor->rules;
	monitor->reaper.ipv6_conf = monitor->workshop.ipv6_conf;
	checked(threads_start_closer(&monitor->closer), "cannot start the closer");
	checked(threads_start_reaper(&monitor->reaper), "cannot start the reaper");
	sandbox_close();
}

int main(int argc, char **argv)
{
	static struct network_table table;
	static struct monitor monitor;
	static const struct child *const children[] = {&monitor.clerk, &monitor.authority, &monitor.opener,
						       &monitor.shield_opener};
	struct options options;
	struct users users;
	struct equipment equipment = {.options = &options, .users = &users};
	int sealed TB_CLOSE = -1;

	tb_log_open();
	options_parse(&options, argc, argv);
	if (options.check)
		return config_check(&(struct check){.path = options.check_path,
						    .config_dir = options.config_dir,
						    .vendor_dir = options.vendor_dir,
						    .socket_path = options.socket_path,
						    .json = options.json});
	read_networks(&table, &options);
	if (close_range((unsigned int)(PASSED_FD + passed_fds()), ~0u, 0) < 0)
		tb_die("cannot close the fds of whoever started the broker: %s", strerror(errno));
	if (geteuid() != 0)
		tb_die("tapbrokerd starts as root, and gives its rights up by itself");
	users_refuse_namespace();
	users = users_find();
	open_workshop(&monitor, &users);
	/* Before the first child, which ignores what we ignore. */
	monitor.signals = checked(open_signals(), "cannot set up signals");
	shielding_open(&monitor, &options, &equipment);
	shielding_check(&monitor, &table);
	sealed = checked(networks_seal(&table), "cannot seal the table of networks");
	monitor.networks = networks_must_map(sealed);
	equipment.table = sealed;
	prepare(&monitor, &equipment);
	tb_close(&sealed);
	tb_close(&equipment.shield_links);
	tb_close(&equipment.shield_questions);
	children_wait_at_exit(children, sizeof(children) / sizeof(children[0]));
	lock_down(&monitor, &users);
	checked(count_again(&monitor.count, &monitor.workshop), "cannot count the devices that there are");
	serve(&monitor);
	return 0;
}
