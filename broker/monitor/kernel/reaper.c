/* The reaper: see reaper.h. Runs in the monitor as threads; USES CAP_NET_ADMIN to delete or repair devices whose alias
 * says that they are this lease's, and to add an entry to a bridge that a network file names. */
#include "broker/monitor/kernel/reaper.h"

#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/netns.h"
#include "broker/monitor/kernel/pair.h"
#include "broker/monitor/kernel/repair.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "proto/broker.h"
#include "proto/channel.h"
#include "proto/name.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <poll.h>
#include <string.h>

/* The device, which says whose it is, and then what locked it, which is there also if the device is gone by itself; in
 * the shield the veth as well: a name is free for another when all of them are gone. A device that is left to the
 * administrator stays locked. */
static int delete_here(struct reaper_worker *worker, const struct tb_delete *order)
{
	bool shielded = order->place == TB_PLACE_SHIELD;
	struct link_socket *sock = shielded ? &worker->shield_link : &worker->link;
	int ret = order->ifindex != 0 ? link_delete_ours(sock, -1, order->ifindex, order->lease) : 0;
	int unlocked;

	if (ret < 0 && ret != -ENODEV)
		return ret;
	if (shielded)
		return pair_delete(sock, worker->reaper->shield_rules, order->lease);
	unlocked = rules_remove(worker->reaper->rules, order->lease);
	return unlocked < 0 ? unlocked : ret;
}

static int delete_away(struct reaper_worker *worker, const struct tb_delete *order)
{
	struct away *away = worker->reaper->away;
	struct away_device device;
	int ret = away_begin(away, order->lease, &device);

	if (ret < 0)
		return ret;
	if (device.nsid >= 0)
		ret = link_delete_ours(&worker->link, device.nsid, device.ifindex, order->lease);
	else
		ret = netns_delete_device(&worker->link, device.fd);
	device.fd = away_deleted(away, order->lease);
	tb_close(&device.fd);
	/* A namespace that is ending has no number any more; its devices go with it. */
	return ret == -EINVAL ? 0 : ret;
}

/* The clerk reads its answers sooner or later; nobody but it waits for this thread. */
static void answer_clerk(const struct reaper *reaper, const struct tb_deleted *answer)
{
	struct pollfd item = {.fd = reaper->channel, .events = POLLOUT};
	int ret;

	do {
		ret = tb_send(reaper->channel, answer, sizeof(*answer), NULL, 0);
	} while (ret == -EAGAIN && poll(&item, 1, -1) > 0);
	/* A clerk that has ended is noticed where its orders come from. */
	if (ret < 0 && ret != -EPIPE && ret != -ECONNRESET)
		tb_die("the reaper cannot answer: %s", strerror(-ret));
}

static int take_delete(void *context, const void *message, const int *fds)
{
	struct reaper_worker *worker = context;
	const struct tb_delete *order = message;
	struct tb_deleted answer = {.ifindex = order->ifindex};

	(void)fds;
	if (order->place >= TB_PLACE_COUNT ||
	    (order->place == TB_PLACE_SHIELD && worker->reaper->shield_rules == NULL) ||
	    (order->place != TB_PLACE_SHIELD && (order->ifindex == 0) != (order->place == TB_PLACE_AWAY)))
		tb_die("the clerk speaks nonsense: a deletion");
	tb_header_set(&answer.header, TB_ANS_DELETED, sizeof(answer));
	memcpy(answer.lease, order->lease, sizeof(answer.lease));
	answer.error = -(order->place == TB_PLACE_AWAY ? delete_away(worker, order) : delete_here(worker, order));
	answer_clerk(worker->reaper, &answer);
	return 0;
}

static bool bridge_of_a_network(const struct network_table *networks, const char *name)
{
	for (size_t i = 0; i < networks->count; i++)
		if (strcmp(networks->networks[i].bridge, name) == 0)
			return true;
	return false;
}

/* One that is gone meanwhile needs no word. */
static void tell_put_back(int ret, uint32_t ifindex, const char *what)
{
	if (ret == 0)
		tb_log(TB_LOG_NOTICE, "put device %u back %s", ifindex, what);
	else if (ret != -ENODEV)
		tb_log(TB_LOG_WARNING, "cannot put device %u back %s: %s", ifindex, what, strerror(-ret));
}

static int put_back(struct reaper_worker *worker, const struct tb_fdb_entry *entry)
{
	struct link_fdb wanted = {.port = entry->port,
				  .state = entry->state,
				  .flags = (uint8_t)entry->flags | NTF_MASTER,
				  .vlan = entry->vlan};
	struct link port;
	struct link bridge;
	int ret = link_get(&worker->link, entry->port, &port);

	memcpy(wanted.mac, entry->mac, sizeof(wanted.mac));
	if (ret == 0 && port.master == 0)
		ret = -ENODEV;
	if (ret == 0)
		ret = link_get(&worker->link, port.master, &bridge);
	/* The port may have been moved there since the clerk was told of it. */
	if (ret == 0 && !bridge_of_a_network(worker->reaper->networks, bridge.name))
		ret = -EPERM;
	if (ret == 0)
		ret = link_add_fdb(&worker->link, &wanted);
	return ret;
}

static int take_put_back(void *context, const void *message, const int *fds)
{
	const struct tb_fdb_entry *entry = message;
	int ret;

	(void)fds;
	if ((entry->state & NUD_NOARP) == 0 || entry->flags > UINT8_MAX || entry->port == 0)
		tb_die("the clerk speaks nonsense: a bridge's entry that is none of an administrator's");
	ret = put_back(context, entry);
	tell_put_back(ret, entry->port, "into its bridge's table");
	return 0;
}

static int take_repair(void *context, const void *message, const int *fds)
{
	struct reaper_worker *worker = context;
	const struct tb_repair *order = message;
	int ret;

	(void)fds;
	if (order->ifindex == 0 || (order->tap != 0 && worker->reaper->shield_rules == NULL) ||
	    !tb_field_empty((const char *)order->reserved, sizeof(order->reserved)))
		tb_die("the clerk speaks nonsense: a repair");
	ret = repair_device(&worker->link, &worker->shield_link, worker->reaper->rules, worker->reaper->ipv6_conf,
			    order);
	tell_put_back(ret, order->ifindex, "to what it was made as");
	return 0;
}

static int refuse_nonsense(void *context, const void *message, const int *fds)
{
	(void)context, (void)message, (void)fds;
	tb_die("the clerk speaks nonsense to the reaper");
}

static const struct tb_row deletions[] = {
	{TB_REQ_DELETE, sizeof(struct tb_delete), 0, take_delete},
	{TB_PUT_BACK, sizeof(struct tb_fdb_entry), 0, take_put_back},
	{TB_REPAIR, sizeof(struct tb_repair), 0, take_repair},
	{0, 0, 0, refuse_nonsense},
};

void reaper_run(void *context)
{
	struct reaper_worker *worker = context;
	int ret;

	do {
		ret = tb_dispatch_wait(worker->reaper->channel, deletions, worker);
	} while (ret == 0);
	if (ret != -ECONNRESET)
		tb_die("the reaper cannot hear the clerk: %s", strerror(-ret));
	atomic_fetch_sub(&worker->reaper->running, 1);
	/* The end of a thread gives its stack back, for which the filter has no row. */
	for (;;)
		poll(NULL, 0, -1);
}

bool reaper_idle(const struct reaper *reaper)
{
	return atomic_load(&reaper->running) == 0;
}
