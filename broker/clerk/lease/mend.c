/* Mending: see mend.h. Runs in the clerk; needs no right. */
#include "broker/clerk/lease/mend.h"

#include "broker/clerk/lease/deletion.h"
#include "broker/shared/clock.h"
#include "broker/shared/log.h"
#include "broker/shared/machine_id.h"
#include "broker/shared/siphash.h"

#include <endian.h>
#include <string.h>

/* How long a device is new, in milliseconds: until then udev has done with it, also on a machine that boots. */
#define NEW_MS 10000

/* The first look at a new device, in milliseconds; each pause is twice the last one. */
#define FIRST_LOOK_MS 250

/* Repairs of what others have changed on one device, and tries to make it a port again for each bridge that appears. */
static const struct pace_limit limit = {.times = 5, .while_ms = 30000};

/* Who removes one thing removes others in the same moment. */
#define WAY_PAUSE_MS 200
#define PORT_PAUSE_MS 1000

/* systemd's key for addresses: see its src/shared/netif-util.c. */
static const uint8_t udev_key[SIPHASH_KEY_SIZE] = {0xd3, 0x1e, 0x48, 0xfa, 0x90, 0xfe, 0x4b, 0x4c,
						   0x9d, 0xaf, 0xd5, 0xd7, 0xa1, 0xb1, 0x2e, 0x8a};

static uint8_t machine_id[MACHINE_ID_SIZE];
static bool machine_known;
static void (*look)(struct lease *lease);
static uint64_t next_look = UINT64_MAX; /* no lease's look_at is before this millisecond of the monotonic clock */

void mend_init(void (*look_at_device)(struct lease *lease))
{
	look = look_at_device;
	machine_known = machine_id_read(machine_id) == 0;
	next_look = UINT64_MAX;
}

static void look_at(struct lease *lease, uint64_t when)
{
	lease->look_at = when;
	if (when < next_look)
		next_look = when;
}

/* Unless it is looked at sooner. */
static void look_later(struct lease *lease, uint64_t when)
{
	if (lease->look_at == 0)
		look_at(lease, when);
}

void mend_begin(struct lease *lease)
{
	lease->made_at = monotonic_ms();
	look_at(lease, lease->made_at + FIRST_LOOK_MS);
}

static bool is_new(const struct lease *lease)
{
	return lease->made_at != 0 && monotonic_ms() - lease->made_at <= NEW_MS;
}

bool mend_is_udevs_address(const struct lease *lease, const struct link *link)
{
	uint8_t bytes[MACHINE_ID_SIZE + TB_NAME_SIZE];
	size_t length = strnlen(lease->name, TB_NAME_SIZE);
	uint8_t mac[TB_MAC_SIZE];
	uint64_t hash;

	if (!machine_known || lease->kind != TB_KIND_TAP || !pace_allows(&lease->repairs, &limit, monotonic_ms()))
		return false;
	memcpy(bytes, machine_id, MACHINE_ID_SIZE);
	memcpy(bytes + MACHINE_ID_SIZE, lease->name, length);
	hash = htole64(siphash(bytes, MACHINE_ID_SIZE + length, udev_key));
	memcpy(mac, &hash, TB_MAC_SIZE);
	mac[0] = (mac[0] & 0xfe) | 0x02;
	return memcmp(link->mac, mac, TB_MAC_SIZE) == 0;
}

static bool has_foreign_address(const struct lease *lease, const struct link *link)
{
	uint8_t mac[TB_MAC_SIZE];

	lease_device_mac(lease, mac);
	return memcmp(link->mac, mac, TB_MAC_SIZE) != 0;
}

static bool has_foreign_sysctls(const struct network *network, const struct link *link)
{
	if (link->rp_filter != 1 || link->arp_ignore != network_arp_ignore(network))
		return true;
	return link->has_ipv6 && (link->accept_ra != 0 || (network->ipv6_disabled && link->disable_ipv6 != 1));
}

static bool is_port(const struct lease *lease)
{
	return lease->network != NULL && network_has_ports(lease->network);
}

/* Not a port for now. It is tried again when another bridge appears, or after a while if a bridge may take it. */
static void leave_port(struct lease *lease)
{
	struct pace *tries = &lease->port_tries;

	if (lease->port_hope)
		look_later(lease, pace_over(tries, &limit));
	if (tries->times > limit.times)
		return;
	tries->times++;
	tb_log(TB_LOG_WARNING, "%s is left without a bridge, after %u tries, until another bridge %s appears%s",
	       lease->name, limit.times, lease->network->bridge, lease->port_hope ? ", or half a minute is over" : "");
}

static void repair_port(struct lease *lease)
{
	struct pace *tries = &lease->port_tries;
	uint64_t now = monotonic_ms();

	if (tries->times >= limit.times && (!lease->port_hope || !pace_allows(tries, &limit, now))) {
		leave_port(lease);
		return;
	}
	if (tries->times > 0 && now < lease->port_tried_at + PORT_PAUSE_MS) {
		look_at(lease, lease->port_tried_at + PORT_PAUSE_MS);
		return;
	}
	if (tries->times == 0)
		tb_log(TB_LOG_NOTICE, "%s is no port of %s any more: it is put back when the bridge is there",
		       lease->name, lease->network->bridge);
	pace_count(tries, &limit, now);
	lease->port_hope = false;
	lease->port_tried_at = now;
	deletion_repair(lease);
	look_at(lease, now + PORT_PAUSE_MS);
}

/* Its rules hang on its name, and are made again for the new one. */
static void repair_name(struct lease *lease, const struct link *link)
{
	tb_log(TB_LOG_NOTICE, "somebody has renamed %s to %s: it is locked again", lease->name, link->name);
	memcpy(lease->name, link->name, sizeof(lease->name));
	deletion_repair(lease);
}

/* A link that is set down loses the way to its guest, and has it again when it is up. */
static void repair_way(struct lease *lease, const struct link *link)
{
	bool up = (link->flags & IFF_UP) != 0;

	if (up && lease->way_lost)
		deletion_repair(lease);
	lease->way_lost = !up;
}

void mend_way(uint32_t ifindex)
{
	struct lease *lease = lease_by_ifindex(ifindex);
	uint64_t now = monotonic_ms();

	if (lease == NULL || lease->network == NULL || !lease->network->routed)
		return;
	lease->way_lost = true;
	if (!pace_allows(&lease->repairs, &limit, now)) {
		look_later(lease, pace_over(&lease->repairs, &limit));
		return;
	}
	pace_count(&lease->repairs, &limit, now);
	look_at(lease, now + WAY_PAUSE_MS);
}

/* What udev or the holder has changed. */
static void repair_settings(struct lease *lease)
{
	uint64_t now = monotonic_ms();

	if (!pace_allows(&lease->repairs, &limit, now)) {
		look_later(lease, pace_over(&lease->repairs, &limit));
		return;
	}
	pace_count(&lease->repairs, &limit, now);
	deletion_repair(lease);
}

void mend(struct lease *lease, const struct link *link)
{
	if (lease->network == NULL || lease->network->off)
		return;
	if (strcmp(link->name, lease->name) != 0)
		repair_name(lease, link);
	if (lease->network->routed)
		repair_way(lease, link);
	if (is_port(lease) && link->master == 0)
		repair_port(lease);
	else
		lease->port_hope = true;
	if (has_foreign_address(lease, link) || (is_new(lease) && has_foreign_sysctls(lease->network, link)))
		repair_settings(lease);
}

/* The bridge that a lease had, or had tries with, may have got its name back. */
static void see_bridge_again(struct lease *lease)
{
	if (lease->port_hope || lease->port_tries.times < limit.times)
		return;
	lease->port_hope = true;
	look_later(lease, pace_over(&lease->port_tries, &limit));
}

void mend_bridge(const struct link *link)
{
	struct lease *lease;

	if (strcmp(link->kind, "bridge") != 0)
		return;
	TAILQ_FOREACH(lease, leases_all(), link) {
		if (!is_port(lease) || strcmp(lease->network->bridge, link->name) != 0)
			continue;
		if (lease->master == link->ifindex || lease->port_bridge == link->ifindex) {
			see_bridge_again(lease);
			continue;
		}
		lease->port_bridge = link->ifindex;
		lease->port_tries = (struct pace){.times = 0};
		look(lease);
	}
}

/* Looks at the lease, and says when the next look is due. */
static void look_now(struct lease *lease, uint64_t now)
{
	lease->look_at = 0;
	if (is_new(lease))
		look_at(lease, now + (now - lease->made_at));
	look(lease);
}

int mend_expire(void)
{
	uint64_t now = monotonic_ms();
	struct lease *lease;

	if (now >= next_look) {
		next_look = UINT64_MAX;
		TAILQ_FOREACH(lease, leases_all(), link) {
			if (lease->look_at == 0)
				continue;
			if (lease->look_at <= now)
				look_now(lease, now);
			else
				look_at(lease, lease->look_at);
		}
	}
	return next_look == UINT64_MAX ? -1 : (int)(next_look - now);
}
