/* Locking again: see relock.h. Runs in tapbrokerd as root, before lock-down; USES CAP_NET_ADMIN. Must never let the
 * rules of an earlier broker go before its own are complete. */
#include "broker/monitor/relock.h"

#include "broker/config/network.h"
#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/port.h"
#include "broker/monitor/store.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* How often a dump is tried again because links changed while it was made. */
#define DUMP_TRIES 100

/* How long the supervisor may take to read, in milliseconds, and how often it is tried. */
#define SUPERVISOR_PAUSE_MS 20
#define SUPERVISOR_TRIES 100

struct relocking {
	struct monitor *monitor;
	struct link_socket link; /* the other one is busy with the dump */
	struct network unknown;  /* stands for networks that are off or gone */
	struct rules_template unknown_tap;
	struct rules_template unknown_macvtap;
	int error;
};

static const struct network *network_of_alias(const struct relocking *relocking, const struct alias *alias)
{
	const struct network *network = network_find(relocking->monitor->networks, alias->network);

	return network == NULL || network->off ? &relocking->unknown : network;
}

/* A network may have become one of another kind. */
static int lock_device(struct relocking *relocking, const struct network *network, const struct link *link,
		       const struct alias *alias)
{
	struct rules *rules = &relocking->monitor->rules;
	bool macvtap = strcmp(link->kind, "macvtap") == 0;
	const struct rules_lease lease = {.id = alias->lease,
					  .mac = alias->mac,
					  .device = link->name,
					  .other = link->name};
	struct rules_chain chain;

	if (network != &relocking->unknown && (network->kind == TB_KIND_MACVTAP) == macvtap &&
	    network_is_locked(network))
		return rules_lock(rules, network, &lease, false);
	rules_chain(&chain, alias->lease, "", link->name, alias->mac);
	return rules_make(rules, macvtap ? &relocking->unknown_macvtap : &relocking->unknown_tap, &chain, false);
}

/* A device that is gone meanwhile needs no rules; one that was dumped twice has them. */
static int relock_device(struct relocking *relocking, const struct link *link, const struct alias *alias)
{
	const struct network *network = network_of_alias(relocking, alias);
	int ret = lock_device(relocking, network, link, alias);

	if (ret == -EEXIST || ret == -ENOENT)
		ret = 0;
	if (ret < 0 || link->master == 0)
		return ret;
	ret = port_lock(&relocking->link, link->ifindex, network, alias->mac);
	if (ret < 0 && ret != -ENODEV)
		tb_log(TB_LOG_ERROR,
		       "cannot lock the bridge's port %s: %s; what its holder sends is filtered all the same",
		       link->name, strerror(-ret));
	return 0;
}

static void relock_link(void *context, const struct link *link)
{
	struct relocking *relocking = context;
	struct alias alias;

	if (relocking->error < 0 || !link_kind_ours(link) || alias_read(link->alias, &alias) < 0)
		return;
	if (link->master != 0 || strcmp(link->kind, "macvtap") == 0 ||
	    network_is_locked(network_of_alias(relocking, &alias)))
		relocking->error = relock_device(relocking, link, &alias);
}

static int relock_links(struct relocking *relocking)
{
	int ret = -EINTR;

	for (int i = 0; ret == -EINTR && relocking->error == 0 && i < DUMP_TRIES; i++)
		ret = link_dump(&relocking->monitor->workshop.link, NULL, relock_link, relocking);
	return relocking->error < 0 ? relocking->error : ret;
}

static int store_now(int supervisor, const char *name, int sock)
{
	int ret;

	for (int i = 0; i < SUPERVISOR_TRIES; i++) {
		ret = store_tell(supervisor, sock >= 0 ? "FDSTORE" : "FDSTOREREMOVE", name, sock);
		if (ret != -EAGAIN)
			return ret;
		poll(NULL, 0, SUPERVISOR_PAUSE_MS);
	}
	return ret;
}

/* The supervisor has the new socket before it lets go of the old ones. */
static int hand_to_supervisor(struct monitor *monitor, struct stored_list *earlier)
{
	char name[STORED_NAME_SIZE];
	char *rest = earlier->names;
	int ret;

	snprintf(name, sizeof(name), STORED_RULES "%s", monitor->rules.table);
	ret = store_now(monitor->supervisor, name, monitor->rules.link.fd);
	for (size_t i = 0; ret == 0 && i < earlier->count; i++) {
		const char *old = strsep(&rest, ":");

		/* A newer kernel would keep it without its owner. */
		ret = rules_delete_owned(earlier->fds[i], old + strlen(STORED_RULES));
		if (ret == 0)
			ret = store_now(monitor->supervisor, old, -1);
		tb_close(&earlier->fds[i]);
	}
	return ret;
}

static int write_templates(struct relocking *relocking)
{
	struct rules *rules = &relocking->monitor->rules;
	struct rules_wish tap = {.network = &relocking->unknown};
	struct rules_wish macvtap = {.network = &relocking->unknown, .egress = true};
	int ret;

	network_default_locks(&relocking->unknown);
	ret = rules_template(rules, &tap, &relocking->unknown_tap);
	if (ret == 0)
		ret = rules_template(rules, &macvtap, &relocking->unknown_macvtap);
	return ret < 0 ? ret : rules_templates(rules, relocking->monitor->networks, false);
}

int relock(struct monitor *monitor, struct stored_list *earlier)
{
	static struct relocking relocking;
	int ret = rules_open(&monitor->rules, true);

	relocking.monitor = monitor;
	if (ret == 0)
		ret = write_templates(&relocking);
	if (ret == 0)
		ret = link_socket_open(&relocking.link, NETLINK_ROUTE);
	if (ret == 0)
		ret = relock_links(&relocking);
	if (ret == 0)
		ret = hand_to_supervisor(monitor, earlier);
	if (ret == 0)
		ret = rules_delete_others(&monitor->rules);
	tb_close(&relocking.link.fd);
	return ret;
}
