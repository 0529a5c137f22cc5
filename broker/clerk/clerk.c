/* tapbroker-clerk: talks to the clients and keeps the books. Gives its rights up, takes over what an earlier broker
 * left, then serves for ever.
 *
 * Runs under its own uid, without a capability, started by tapbrokerd. It holds the listening socket, the clients'
 * sockets, requests, leases and quotas. It must never hold a device's fd, open a device node, or change the kernel's
 * network: its filter permits no call that could, and the kernel lets nobody without CAP_NET_ADMIN.
 */
#include "broker/clerk/client/client.h"
#include "broker/clerk/client/lingering.h"
#include "broker/clerk/client/listener.h"
#include "broker/clerk/lease/adopt.h"
#include "broker/clerk/lease/deletion.h"
#include "broker/clerk/lease/fdb.h"
#include "broker/clerk/lease/guard.h"
#include "broker/clerk/lease/keeping.h"
#include "broker/clerk/lease/lease_state.h"
#include "broker/clerk/lease/lease_time.h"
#include "broker/clerk/lease/mend.h"
#include "broker/clerk/lease/namespaces.h"
#include "broker/clerk/lease/put_back.h"
#include "broker/clerk/lease/tunnels.h"
#include "broker/clerk/lease/turns.h"
#include "broker/clerk/loop.h"
#include "broker/clerk/monitor.h"
#include "broker/clerk/clerk_lockdown.h"
#include "broker/clerk/clerk_options.h"
#include "broker/clerk/request/configure.h"
#include "broker/clerk/request/drops.h"
#include "broker/clerk/request/flow.h"
#include "broker/clerk/request/list_stream.h"
#include "broker/clerk/request/order.h"
#include "broker/clerk/request/question.h"
#include "broker/config/table_memory.h"
#include "broker/shared/clock.h"
#include "broker/shared/journal.h"
#include "broker/shared/lockdown.h"
#include "broker/shared/log.h"
#include "proto/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections that may wait until they say something, and how long. */
#define CONNECTIONS_MAX 1024
#define SILENCE_MS 2000

/* How long a clerk that stops waits for the devices of leases that have ended to be deleted. */
#define STOP_DEADLINE_MS 5000

static bool stopping;

static int clerk_checked(int ret, const char *deed)
{
	if (ret < 0)
		tb_die("clerk: %s: %s", deed, strerror(-ret));
	return ret;
}

/* What tapbrokerd has passed must be what we think it is. */
static void check_fd(int fd, int is_listening)
{
	int type = 0;
	int listening = -1;
	socklen_t size = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) < 0 || listening != is_listening)
		tb_die("clerk: fd %d is not a %s SEQPACKET socket; it is started by tapbrokerd, not by hand", fd,
		       is_listening ? "listening" : "connected");
}

static void check_fds(void)
{
	check_fd(MONITOR_FD, 0);
	check_fd(LISTENING_FD, 1);
	check_fd(AUTHORITY_FD, 0);
	check_fd(REAPER_FD, 0);
	for (int fd = MONITOR_FD; fd < FIRST_STORED_FD; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			tb_die("clerk: fd %d: %s", fd, strerror(errno));
	if (fcntl(LISTENING_FD, F_SETFL, O_NONBLOCK) < 0)
		tb_die("clerk: fd %d: %s", LISTENING_FD, strerror(errno));
}

/* -1: there is no shield. */
static int in_shield(int fd)
{
	int type;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 ? fd : -1;
}

static int take_made(void *context, const void *message, const int *fds)
{
	(void)context, (void)fds;
	order_made(message);
	return 0;
}

static int take_configured(void *context, const void *message, const int *fds)
{
	(void)context, (void)fds;
	configure_done(message);
	return 0;
}

static int take_tunnel_done(void *context, const void *message, const int *fds)
{
	(void)context, (void)message, (void)fds;
	tunnels_done();
	return 0;
}

static int take_stored(void *context, const void *message, const int *fds)
{
	(void)context, (void)fds;
	keeping_answered(message);
	return 0;
}

static int take_voided(void *context, const void *message, const int *fds)
{
	(void)context, (void)fds;
	question_voided(message);
	return 0;
}

static int take_unknown_of_monitor(void *context, const void *message, const int *fds)
{
	(void)context, (void)message, (void)fds;
	tb_die("clerk: the monitor speaks nonsense");
}

static const struct tb_row monitor_messages[] = {
	{TB_ANS_MADE, sizeof(struct tb_made), 0, take_made},
	{TB_ANS_CONFIGURED, sizeof(struct tb_configured), 0, take_configured},
	{TB_ANS_TUNNEL, sizeof(struct tb_configured), 0, take_tunnel_done},
	{TB_ANS_STORE, sizeof(struct tb_stored), 0, take_stored},
	{TB_ANS_DROP, sizeof(struct tb_stored), 0, take_stored},
	{TB_ANS_VOID, sizeof(struct tb_void), 0, take_voided},
	{0, 0, 0, take_unknown_of_monitor},
};

/* The monitor shuts its side down when the broker is to stop, and ends after us. */
static void on_monitor(uint32_t number, uint32_t events)
{
	int ret = tb_dispatch(MONITOR_FD, monitor_messages, NULL);

	(void)number, (void)events;
	if (ret == -ECONNRESET)
		stopping = true;
	else if (ret < 0 && ret != -EAGAIN)
		tb_die("clerk: cannot hear the monitor: %s", strerror(-ret));
}

static void open_books(const struct clerk_options *options, const struct network_table *networks)
{
	struct lease_limits lease_limits = {.leases = options->max_leases,
					    .per_user = options->max_leases_per_user,
					    .owner_uid = options->monitor_uid,
					    .owner_gid = options->monitor_gid};
	struct request_limits request_limits = {.waiting_per_user = options->max_connections_per_user,
						.polkit_timeout_ms = options->polkit_timeout * 1000,
						.prompt_timeout_ms = options->prompt_timeout * 1000,
						.own_uids = {getuid(), options->monitor_uid, options->authority_uid}};
	struct listener_limits listener_limits = {.connections = CONNECTIONS_MAX,
						  .per_user = options->max_connections_per_user,
						  .deadline_ms = SILENCE_MS,
						  .account = lease_account};
	/* With those that are kept for root. */
	uint32_t capacity = options->max_leases + LEASES_RESERVED_FOR_ROOT;

	clerk_checked(loop_init(), "epoll_create1");
	monitor_init(MONITOR_FD);
	clerk_checked(leases_init(networks, &lease_limits), "cannot make the table of leases");
	clerk_checked(turns_init(capacity, lease_turn_begins, lease_turn_is_over), "cannot make the table of turns");
	clerk_checked(keeping_init(capacity), "cannot make the list of what is stored");
	clerk_checked(deletion_init(REAPER_FD, capacity, lease_deleted), "cannot make the list of deletions");
	leases_listen();
	clerk_checked(fdb_init(NEIGHBOURS_FD, deletion_put_back), "cannot listen to the kernel's news of bridges");
	clerk_checked(guard_init(LINKS_FD, in_shield(SHIELD_LINKS_FD)), "cannot listen to the kernel's news of links");
	clerk_checked(tunnels_init(TUNNELS_FD), "cannot take the book of tunnels");
	clerk_checked(namespaces_init(), "cannot listen to the kernel's news of network namespaces");
	mend_init(guard_look);
	requests_init(networks, &request_limits);
	clerk_checked(streams_init(capacity), "cannot make room for lists");
	clerk_checked(drops_init(COUNTS_FD, in_shield(SHIELD_COUNTS_FD)), "cannot hear what locks have counted");
	clerk_checked(flow_init(AUTHORITY_FD), "cannot hear the authority");
	clerk_checked(listener_init(LISTENING_FD, &listener_limits, flow_begin, flow_turn_away),
		      "cannot make the table of connections");
	loop_handle(LOOP_MONITOR, on_monitor);
	clerk_checked(loop_watch(MONITOR_FD, EPOLLIN, LOOP_MONITOR, 0), "cannot hear the monitor");
}

static void say_ready(void)
{
	struct tb_ready ready = {.leases = leases_count()};

	tb_header_set(&ready.header, TB_READY, sizeof(ready));
	clerk_checked(monitor_send(&ready, sizeof(ready), -1), "cannot tell the monitor");
}

/* Everything that has a time of its own. Whoever gives another work comes before it. Returns the milliseconds until the
 * next, or -1. */
static int clerk_expire(void)
{
	int timeout = listener_expire();

	timeout = loop_nearer(timeout, leases_expire());
	timeout = loop_nearer(timeout, lease_time_expire());
	timeout = loop_nearer(timeout, turns_expire());
	timeout = loop_nearer(timeout, flow_expire());
	timeout = loop_nearer(timeout, keeping_expire());
	timeout = loop_nearer(timeout, deletion_expire());
	timeout = loop_nearer(timeout, guard_expire());
	timeout = loop_nearer(timeout, put_back_expire());
	timeout = loop_nearer(timeout, mend_expire());
	timeout = loop_nearer(timeout, tunnels_expire());
	return loop_nearer(timeout, lingering_expire());
}

/* What has ended goes before we do; nobody new is listened to meanwhile. */
static void finish(void)
{
	uint64_t deadline = monotonic_ms() + STOP_DEADLINE_MS;

	loop_forget(MONITOR_FD);
	loop_forget(LISTENING_FD);
	loop_forget(AUTHORITY_FD);
	flow_stop();
	turns_give_all();
	while (deletion_count() > 0 && monotonic_ms() < deadline) {
		int timeout = loop_nearer(deletion_expire(), lingering_expire());

		tunnels_flush();
		loop_step(loop_nearer(timeout, 100));
	}
	tunnels_flush();
}

int main(int argc, char **argv)
{
	struct clerk_options options;
	const struct network_table *networks;

	tb_log_open();
	if (tb_no_rights() < 0)
		tb_die("clerk: has capabilities left, or may gain some; it is started by tapbrokerd, not by hand");
	clerk_options_parse(&options, argc, argv);
	check_fds();
	journal_open();
	/* The processes that close sockets are nobody's to wait for. */
	if (signal(SIGCHLD, SIG_IGN) == SIG_ERR || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		tb_die("clerk: signal: %s", strerror(errno));
	networks = networks_must_map(NETWORKS_FD);
	open_books(&options, networks);
	clerk_checked(guard_start_looking(in_shield(SHIELD_QUESTIONS_FD)), "cannot start the looker");
	clerk_checked(adopt(networks, getenv("TB_STORED"), FIRST_STORED_FD, getenv("TB_AWAY")),
		      "cannot list the links");
	if (!process_visible(getppid()))
		client_complain_of_hidden();
	clerk_lock_down();
	say_ready();

	while (!stopping)
		loop_step(clerk_expire());
	finish();
	tb_log(TB_LOG_NOTICE, "stopping: %u leases stay", leases_live());
	return 0;
}
