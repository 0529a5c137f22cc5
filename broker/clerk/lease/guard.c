/* The guard: a holder's fd can change more of a device than its holder was given. Runs in the monitor; needs no right.
 *
 * The kernel tells of a change only while the device is up, which ours are before anybody holds them. It tells of the
 * device's making as well, and those messages are read later: until one shows the device up, and so finished, they say
 * nothing about its holder.
 */
#include "broker/monitor/monitor.h"

#include "broker/shared/log.h"

#include <string.h>

/* Changes in one second, by which a holder is one that floods: a guest that sets its link up and down makes a few. */
#define CHANGES_MAX 200

static bool is_tun(const struct lease *lease)
{
	return lease->network->kind != TB_KIND_MACVTAP;
}

static bool owner_is_ours(const struct monitor *monitor, const struct lease *lease, const struct link *link)
{
	bool own_name = lease->lifetime == TB_LIFETIME_PERSISTENT;
	uid_t uid = own_name ? lease->uid : monitor->workshop.own_uid;
	gid_t gid = own_name ? lease->gid : monitor->workshop.own_gid;

	return link->tun_owned && link->tun_owner == uid && link->tun_group == gid;
}

enum tb_reason guard_check(const struct monitor *monitor, const struct lease *lease, const struct link *link)
{
	char alias[LEASE_ALIAS_SIZE];
	uint8_t mac[TB_MAC_SIZE];

	lease_device_mac(lease, mac);
	if (memcmp(link->mac, mac, sizeof(mac)) != 0)
		return TB_REASON_GUARD_MAC;
	if (is_tun(lease) && !owner_is_ours(monitor, lease, link))
		return TB_REASON_GUARD_OWNER;
	if (is_tun(lease) && link->tun_persistent != (lease->lifetime == TB_LIFETIME_PERSISTENT))
		return TB_REASON_GUARD_PERSIST;
	if (link->master != lease->master)
		return TB_REASON_GUARD_MASTER;
	lease_alias(lease, alias);
	return strcmp(link->alias, alias) != 0 ? TB_REASON_GUARD_ALIAS : 0;
}

static bool floods(struct lease *lease)
{
	uint64_t now = monotonic_ms();

	if (now - lease->changes_since >= 1000) {
		lease->changes_since = now;
		lease->changes = 0;
	}
	return ++lease->changes > CHANGES_MAX;
}

void guard_look(struct monitor *monitor, struct lease *lease, const struct link *link)
{
	enum tb_reason reason = lease->deleting ? 0 : guard_check(monitor, lease, link);

	if (reason != 0)
		lease_end(monitor, lease, reason);
}

void guard_event(struct monitor *monitor, const struct link *link)
{
	struct lease *lease = lease_by_ifindex(&monitor->leases, link->ifindex);

	if (lease == NULL || lease->deleting)
		return;
	if ((link->flags & IFF_UP) != 0)
		lease->guarded = true;
	if (!lease->guarded)
		return;
	if (floods(lease))
		lease_end(monitor, lease, TB_REASON_GUARD_FLOOD);
	else
		guard_look(monitor, lease, link);
}
