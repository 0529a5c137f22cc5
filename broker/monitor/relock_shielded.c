/* Locking the taps in the shield again: see relock_shielded.h. Runs in tapbrokerd as root, before lock-down; USES
 * CAP_NET_ADMIN. Must never leave a tap without rules in between. */
#include "broker/monitor/relock_shielded.h"

#include "broker/config/network.h"
#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/pair.h"
#include "broker/monitor/kernel/port.h"
#include "broker/shared/log.h"
#include "broker/shared/shield.h"

#include <errno.h>
#include <string.h>

/* How often a dump is tried again because links changed while it was made. */
#define DUMP_TRIES 100

struct shielded {
	struct monitor *monitor;
	struct link_socket *asking; /* in the shield; the other one is busy with the dump */
	int error;
};

/* Both chains, with what is new in the file. */
static int relock_tap(struct shielded *shielded, const struct network *network, const struct link *tap,
		      const struct alias *alias, const struct link *inner)
{
	const struct rules_lease lease = {.id = alias->lease,
					  .mac = alias->mac,
					  .device = tap->name,
					  .other = inner->name,
					  .device_index = tap->ifindex,
					  .other_index = inner->ifindex};

	return rules_lock(&shielded->monitor->workshop.shield.rules, network, &lease, true);
}

/* One that is on no bridge now gets its options when it is put back. */
static int relock_port(struct shielded *shielded, const struct network *network, uint32_t ifindex,
		       const struct alias *alias)
{
	struct link_socket *host = &shielded->monitor->workshop.link;
	struct link port;
	int ret = link_get(host, ifindex, &port);

	return ret < 0 || port.master == 0 ? ret : port_lock(host, ifindex, network, alias->mac);
}

/* What goes in these moments is deleted as soon as the broker has taken the others over. */
static void relock_one(void *context, const struct link *tap)
{
	struct shielded *shielded = context;
	const struct network *network;
	struct alias alias;
	struct link inner;
	int ret;

	if (shielded->error < 0 || alias_read(tap->alias, &alias) < 0)
		return;
	network = network_find(shielded->monitor->networks, alias.network);
	if (network == NULL || network->off || !network_shielded(network) ||
	    pair_find(shielded->asking, alias.lease, &inner) < 0)
		return;
	ret = relock_tap(shielded, network, tap, &alias, &inner);
	if (ret < 0 && ret != -ENOENT)
		shielded->error = ret;
	if (ret < 0)
		return;
	ret = relock_port(shielded, network, inner.lower, &alias);
	if (ret < 0)
		tb_log(TB_LOG_ERROR,
		       "cannot lock the bridge's port %s: %s; what its holder sends is filtered all the same",
		       tap->name, strerror(-ret));
}

int relock_shielded(struct monitor *monitor)
{
	struct shielded shielded = {.monitor = monitor, .asking = &monitor->reaper.workers[0].shield_link};
	int ret = -EINTR;

	for (int i = 0; ret == -EINTR && shielded.error == 0 && i < DUMP_TRIES; i++)
		ret = link_dump(&monitor->workshop.shield.link, "tun", relock_one, &shielded);
	return shielded.error < 0 ? shielded.error : ret;
}
