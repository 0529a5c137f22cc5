/* tapbrokerd: the monitor. Starts as root, reads the network files, opens what it needs, starts the other processes,
 * then becomes a user of its own with CAP_NET_ADMIN and nothing else, and serves.
 *
 * After lock-down it must never: use GLib, exec, change a namespace, ask the name service, or use a path, an fd, a pid
 * or a uid that a client supplied.
 */
#include "broker/config/check.h"
#include "broker/config/network.h"
#include "broker/monitor/monitor.h"
#include "broker/monitor/sandbox.h"
#include "broker/monitor/socket.h"
#include "broker/monitor/spawn.h"

#include "broker/shared/fd.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Connections that may wait in the listener until they say something. */
#define LISTENER_CONNECTIONS "1024"
#define LISTENER_DEADLINE_MS "2000"

/* The monitor's own fds beside those of requests and leases, generously. */
#define OWN_FDS 256

struct user {
	uid_t uid;
	gid_t gid;
};

struct users {
	struct user monitor;
	struct user listener;
	struct user authority;
};

static struct user find_user(const char *name)
{
	const struct passwd *entry = getpwnam(name);

	if (entry == NULL)
		tb_die("there is no user %s: create it, see tapbrokerd(8)", name);
	if (entry->pw_uid == 0)
		tb_die("the user %s has uid 0", name);
	return (struct user){.uid = entry->pw_uid, .gid = entry->pw_gid};
}

static struct users find_users(void)
{
	struct users users = {
		.monitor = find_user("tapbroker"),
		.listener = find_user("tapbroker-listener"),
		.authority = find_user("tapbroker-authority"),
	};

	if (users.monitor.uid == users.listener.uid || users.monitor.uid == users.authority.uid ||
	    users.listener.uid == users.authority.uid)
		tb_die("tapbroker, tapbroker-listener and tapbroker-authority must be three different users");
	return users;
}

/* In a user namespace every user outside it has the same uid. */
static void refuse_user_namespace(void)
{
	FILE *map = fopen("/proc/self/uid_map", "re");
	unsigned int inside = 0;
	unsigned int outside = 0;
	unsigned int count = 0;

	if (map == NULL || fscanf(map, "%u %u %u", &inside, &outside, &count) != 3)
		tb_die("cannot read /proc/self/uid_map");
	fclose(map);
	if (inside != 0 || outside != 0 || count != UINT32_MAX)
		tb_die("this is a user namespace, in which users cannot be told apart: start tapbrokerd outside it");
}

static void read_networks(struct monitor *monitor)
{
	int mistakes = networks_read(&monitor->networks, monitor->options.config_dir, monitor->options.vendor_dir);

	if (mistakes < 0)
		tb_die("cannot read the network files: %s", strerror(-mistakes));
	if (mistakes > 0)
		tb_log(TB_LOG_ERROR, "the network files have %d mistake%s, see above: only the other networks are on",
		       mistakes, mistakes == 1 ? "" : "s");
	networks_warn_missing(&monitor->networks);
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

static bool is_macvtap(const struct network *network)
{
	return network->kind == TB_KIND_MACVTAP;
}

static bool allows_vhost(const struct network *network)
{
	return network->vhost;
}

/* Fds on their way to clients that do not read are held against the sender's limit, so it must hold every fd of every
 * lease at once; more is better, where the administrator's hard limit gives it. */
static void raise_fd_limit(const struct monitor *monitor)
{
	struct rlimit limit;
	rlim_t per_lease = most_fds(&monitor->networks) + 1 + any_network(&monitor->networks, allows_away);
	rlim_t needed = monitor->leases.capacity * per_lease + 2 * REQUESTS_MAX + OWN_FDS;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		tb_die("getrlimit: %s", strerror(errno));
	if (limit.rlim_max < needed)
		limit.rlim_max = needed;
	limit.rlim_cur = 2 * needed < limit.rlim_max ? 2 * needed : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		tb_die("cannot raise the limit of open files to %llu, which %u leases need: %s",
		       (unsigned long long)needed, monitor->leases.capacity, strerror(errno));
}

static int open_signals(void)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	if (sigprocmask(SIG_BLOCK, &stop, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		tb_die("cannot set up signals: %s", strerror(errno));
	return signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Opening the node makes the kernel load its module, if it must. That is done here, where no client waits for it. */
static void load_vhost(void)
{
	const struct node_source own = {.opener = -1, .vhost_direct = true};
	int fd TB_CLOSE = node_open_vhost(&own);

	if (fd < 0)
		tb_log(TB_LOG_WARNING,
		       "%s: %s: there are networks with Vhost=yes, and whoever asks for it is refused; load the module "
		       "(modprobe vhost_net) and start tapbrokerd again",
		       NODE_VHOST_PATH, strerror(-fd));
}

static int start_listener(const struct monitor *monitor, const struct user *user, int listening)
{
	char per_user[64];
	char *argv[] = {"tapbroker-listener", "--max-connections=" LISTENER_CONNECTIONS, per_user,
			"--deadline=" LISTENER_DEADLINE_MS, NULL};
	struct child child = {argv[0], user->uid, user->gid, argv, listening};
	int channel = -1;
	int ret;

	snprintf(per_user, sizeof(per_user), "--max-connections-per-user=%u",
		 monitor->options.max_connections_per_user);
	ret = spawn(monitor->options.libexec_dir, &child, &channel);
	if (ret < 0)
		tb_die("%s/%s: %s", monitor->options.libexec_dir, child.name, strerror(-ret));
	return channel;
}

static int start_authority(const struct monitor *monitor, const struct user *user)
{
	char *argv[] = {"tapbroker-authority", NULL};
	struct child child = {argv[0], user->uid, user->gid, argv, -1};
	int channel = -1;
	int ret = spawn(monitor->options.libexec_dir, &child, &channel);

	if (ret < 0)
		tb_die("%s/%s: %s", monitor->options.libexec_dir, child.name, strerror(-ret));
	return channel;
}

static int start_opener(const struct monitor *monitor)
{
	char *argv[] = {"tapbroker-opener", monitor->options.opener_without_landlock ? "--without-landlock" : NULL,
			NULL};
	struct child child = {argv[0], 0, 0, argv, -1};
	int channel = -1;
	int ret = spawn(monitor->options.libexec_dir, &child, &channel);

	if (ret < 0)
		tb_die("%s/%s: %s", monitor->options.libexec_dir, child.name, strerror(-ret));
	return channel;
}

static void start_children(struct monitor *monitor, const struct users *users, int listening)
{
	struct node_source *node = &monitor->workshop.node;
	bool vhost = any_network(&monitor->networks, allows_vhost);

	monitor->listener = start_listener(monitor, &users->listener, listening);
	monitor->authority = start_authority(monitor, &users->authority);
	node->tun_direct = node_is_public(NODE_TUN_PATH);
	node->vhost_direct = vhost && node_is_public(NODE_VHOST_PATH);
	node->opener = -1;
	if (!node->tun_direct || (vhost && !node->vhost_direct) || any_network(&monitor->networks, is_macvtap))
		node->opener = start_opener(monitor);
}

static int checked(int ret, const char *what)
{
	if (ret < 0)
		tb_die("%s: %s", what, strerror(ret == -1 ? errno : -ret));
	return ret;
}

/* Everything that must be open before lock-down, and is not a child's. */
static void open_resources(struct monitor *monitor)
{
	struct workshop *workshop = &monitor->workshop;

	checked(link_socket_open(&workshop->link), "cannot open a netlink socket");
	monitor->events = checked(link_events_open(), "cannot listen to the kernel's news of links");
	monitor->neighbours = checked(fdb_events_open(), "cannot listen to the kernel's news of bridges");
	workshop->ipv6_conf = open("/proc/sys/net/ipv6/conf", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (workshop->ipv6_conf < 0 && errno != ENOENT)
		tb_die("/proc/sys/net/ipv6/conf: %s", strerror(errno));
	/* For each lease one job for each of its fds, and one for the device. */
	checked(reaper_open(&monitor->reaper, monitor->leases.capacity * (most_fds(&monitor->networks) + 1)),
		"cannot make the reaper's pipes");
	monitor->signals = checked(open_signals(), "signalfd");
	monitor->epoll = checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
}

static void watch_all(struct monitor *monitor)
{
	checked(monitor_watch(monitor, monitor->listener, SOURCE_LISTENER, 0), "epoll");
	checked(monitor_watch(monitor, monitor->authority, SOURCE_AUTHORITY, 0), "epoll");
	if (monitor->workshop.node.opener >= 0)
		checked(monitor_watch(monitor, monitor->workshop.node.opener, SOURCE_OPENER, 0), "epoll");
	checked(monitor_watch(monitor, monitor->events, SOURCE_LINKS, 0), "epoll");
	checked(monitor_watch(monitor, monitor->neighbours, SOURCE_NEIGHBOURS, 0), "epoll");
	checked(monitor_watch(monitor, monitor->reaper.answers, SOURCE_REAPER, 0), "epoll");
	checked(monitor_watch(monitor, monitor->signals, SOURCE_SIGNALS, 0), "epoll");
}

/* As root: everything that needs to be root. */
static void prepare(struct monitor *monitor, const struct users *users)
{
	int listening TB_CLOSE = -1;

	monitor->uids = (struct own_uids){users->monitor.uid, users->listener.uid, users->authority.uid};
	monitor->workshop.own_uid = users->monitor.uid;
	monitor->workshop.own_gid = users->monitor.gid;
	requests_init(&monitor->requests);
	checked(leases_init(&monitor->leases, &monitor->networks, monitor->options.max_leases,
			    monitor->options.max_leases_per_user),
		"cannot make the table of leases");
	checked(turns_init(&monitor->turns, monitor->leases.capacity), "cannot make the table of turns");
	raise_fd_limit(monitor);
	open_resources(monitor);
	checked(lifelines_init(&monitor->stored), "cannot take the stored lifelines");
	listening = listening_socket(monitor->options.socket_path);
	checked(listening, monitor->options.socket_path);
	checked(origin_init(&monitor->origin, listening), monitor->options.socket_path);
	if (any_network(&monitor->networks, allows_vhost))
		load_vhost();
	start_children(monitor, users, listening);
}

static void lock_down(struct monitor *monitor, const struct users *users)
{
	sandbox_drop_rights(users->monitor.uid, users->monitor.gid, &monitor->workshop.node);
	/* The threads inherit what was given up so far; the filter is put on all of them. */
	checked(reaper_start(&monitor->reaper), "cannot start the reaper");
	sandbox_close();
}

int main(int argc, char **argv)
{
	static struct monitor monitor;
	struct users users;
	tb_log_open();
	options_parse(&monitor.options, argc, argv);
	if (monitor.options.check)
		return config_check(monitor.options.check_path, monitor.options.config_dir, monitor.options.vendor_dir);
	read_networks(&monitor);
	if (close_range((unsigned int)first_unpassed_fd(), ~0u, 0) < 0)
		tb_die("cannot close the fds of whoever started the broker: %s", strerror(errno));
	if (geteuid() != 0)
		tb_die("tapbrokerd starts as root, and gives its rights up by itself");
	refuse_user_namespace();
	users = find_users();
	monitor.supervisor = notify_open();
	prepare(&monitor, &users);
	lock_down(&monitor, &users);
	watch_all(&monitor);
	checked(links_adopt(&monitor), "cannot list the links");
	tb_log(TB_LOG_NOTICE, "ready: %zu networks, %u leases at most", monitor.networks.count,
	       monitor.options.max_leases);
	notify_ready(monitor.supervisor);
	monitor_serve(&monitor);
	return 0;
}
