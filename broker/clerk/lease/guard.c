/* The guard: see guard.h. Runs in the clerk; needs no right. */
#include "broker/clerk/lease/guard.h"

#include "broker/clerk/lease/fdb.h"
#include "broker/clerk/lease/looker.h"
#include "broker/clerk/lease/lease_state.h"
#include "broker/clerk/lease/mend.h"
#include "broker/clerk/lease/put_back.h"
#include "broker/clerk/loop.h"
#include "broker/shared/alias.h"
#include "broker/shared/clock.h"
#include "broker/shared/netlink/link_events.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

/* Changes in one second, by which a holder is one that floods: a guest that sets its link up and down makes a few. */
#define CHANGES_MAX 200

/* One datagram of news. */
#define BUFFER_SIZE 32768

/* More datagrams than fit into the socket's buffer, of which the kernel counts at least 768 bytes for each. */
#define QUEUED_MAX 4096

/* Milliseconds between two looks at all devices: each keeps the kernel's lock on links for a while, and lost news,
 * which a holder can bring about as often as it likes, asks for one. */
#define LOOK_PAUSE_MS 250

/* And where a client waits for it. */
#define LIST_PAUSE_MS 20

static int news[SIDES];

/* Looks at all devices. A client that waits for one needs one that began after it asked. */
static struct {
	uint32_t begun;
	uint32_t finished;
	uint32_t wanted; /* the number of the look that somebody waits for */
	bool lost;       /* news was lost since the last one began */
	uint64_t began;  /* milliseconds of the monotonic clock */
	uint64_t ended;
} looks;

static bool is_guarded(const struct lease *lease)
{
	return lease->state == LEASE_UNFETCHED || lease->state == LEASE_HELD || lease->state == LEASE_WAITING;
}

static bool is_tun(const struct lease *lease)
{
	return lease->kind != TB_KIND_MACVTAP;
}

static bool owner_is_ours(const struct lease *lease, const struct link *link)
{
	bool by_name = (1u << lease->lifetime & TB_LIFETIMES_BY_NAME) != 0;
	uid_t uid = by_name ? lease->uid : leases_limits()->owner_uid;
	gid_t gid = by_name ? lease->gid : leases_limits()->owner_gid;

	/* One that others have made has no group, or one of theirs. */
	if (lease->given)
		return link->tun_owner == leases_limits()->owner_uid;
	return link->tun_owned && link->tun_owner == uid && link->tun_group == gid;
}

static bool alias_is_ours(const struct lease *lease, const struct link *link)
{
	struct alias alias = {.state = ALIAS_HANDED_OUT,
			      .given = lease->given,
			      .uid = lease->uid,
			      .gid = lease->gid,
			      .pid = lease->pid,
			      .start_time = lease->start_time,
			      .since = lease->since,
			      .lifetime = lease->lifetime,
			      .mtu = lease->mtu};
	char text[ALIAS_SIZE];

	memcpy(alias.lease, lease->id, sizeof(alias.lease));
	memcpy(alias.mac, lease->mac, sizeof(alias.mac));
	memcpy(alias.external_id, lease->external_id, sizeof(alias.external_id));
	memcpy(alias.network, lease->network_name, sizeof(alias.network));
	alias_write(&alias, text);
	return strcmp(link->alias, text) == 0;
}

/* A bridge may have been made anew: what counts is its name. A device that has lost its bridge harms nobody. */
static bool master_is_ours(const struct lease *lease, const struct link *link)
{
	if (link->master == 0 || link->master == lease->master)
		return true;
	return lease->network != NULL && lease->network->bridge[0] != '\0' &&
	       strcmp(link->master_name, lease->network->bridge) == 0;
}

/* The device itself, which its holder can change. */
static enum tb_reason check_holders_deeds(const struct lease *lease, const struct link *link)
{
	if (is_tun(lease) && !owner_is_ours(lease, link))
		return TB_REASON_GUARD_OWNER;
	if (is_tun(lease) &&
	    link->tun_persistent != (lease->given || (1u << lease->lifetime & TB_LIFETIMES_BY_NAME) != 0))
		return TB_REASON_GUARD_PERSIST;
	return alias_is_ours(lease, link) ? 0 : TB_REASON_GUARD_ALIAS;
}

/* 0, or why the lease must end. The address of a tap in the shield is nobody's business but its holder's, and its port
 * is out of the holder's reach. */
static enum tb_reason check(const struct lease *lease, enum lease_side side, const struct link *link)
{
	uint8_t mac[TB_MAC_SIZE];

	/* Where a device is that others have made, and with which address, is their business. */
	if (side == SIDE_SHIELD || lease->given)
		return check_holders_deeds(lease, link);
	lease_device_mac(lease, mac);
	if (lease->tap == 0 && memcmp(link->mac, mac, sizeof(mac)) != 0 && !mend_is_udevs_address(lease, link))
		return TB_REASON_GUARD_MAC;
	if (!master_is_ours(lease, link))
		return TB_REASON_GUARD_MASTER;
	return lease->tap == 0 ? check_holders_deeds(lease, link) : 0;
}

void guard_judge(struct lease *lease, enum lease_side side, const struct link *link)
{
	enum tb_reason reason = is_guarded(lease) ? check(lease, side, link) : 0;

	lease->sights[side].looked_at = looks.begun;
	if (side == SIDE_HERE)
		lease->counters = link->counters;
	if (reason != 0) {
		lease_end(lease, reason);
		return;
	}
	if (side != SIDE_HERE || lease->given)
		return;
	if (link->master != 0)
		lease->master = link->master;
	if (is_guarded(lease))
		mend(lease, link);
}

static void look_at_side(struct lease *lease, enum lease_side side)
{
	uint32_t ifindex = side == SIDE_SHIELD ? lease->tap : lease->ifindex;
	struct lease_sight *sight = &lease->sights[side];

	if (lease->away || ifindex == 0)
		return;
	/* One look at a time, and one more if something has changed since it was asked for. */
	if (sight->looks > 0) {
		sight->looks = 2;
		return;
	}
	if (looker_look(side, ifindex))
		sight->looks = 1;
	else
		looks.lost = true;
}

void guard_look(struct lease *lease)
{
	look_at_side(lease, SIDE_HERE);
	look_at_side(lease, SIDE_SHIELD);
}

static struct lease *lease_of(enum lease_side side, uint32_t ifindex)
{
	return side == SIDE_SHIELD ? lease_by_tap(ifindex) : lease_by_ifindex(ifindex);
}

/* The look at this link alone is over. */
static void look_again_if_due(struct lease *lease, enum lease_side side)
{
	bool again = lease->sights[side].looks == 2;

	lease->sights[side].looks = 0;
	if (again)
		look_at_side(lease, side);
}

static void on_seen(enum lease_side side, const struct link *link, bool alone)
{
	struct lease *lease = lease_of(side, link->ifindex);

	if (side == SIDE_HERE)
		mend_bridge(link);
	if (lease == NULL)
		return;
	if (alone)
		look_again_if_due(lease, side);
	if (alone || link->master == 0 || link->master == lease->master)
		guard_judge(lease, side, link);
	else
		look_at_side(lease, side);
}

/* The kernel has deleted a link, which may be a lease's. */
static void link_gone(enum lease_side side, uint32_t ifindex)
{
	struct lease *lease = lease_of(side, ifindex);
	bool was_port = lease != NULL && lease->master != 0;

	if (lease != NULL)
		lease_device_gone(lease);
	if (was_port && side == SIDE_HERE)
		fdb_restore(ifindex);
}

static void on_missing(enum lease_side side, uint32_t ifindex)
{
	struct lease *lease = lease_of(side, ifindex);

	if (lease == NULL)
		return;
	lease->sights[side].looks = 0;
	link_gone(side, ifindex);
}

/* Links change while they are listed: those that the kernel left out are asked for. */
static void on_finished(void)
{
	struct lease *lease;

	looks.finished = looks.begun;
	looks.ended = monotonic_ms();
	TAILQ_FOREACH(lease, leases_all(), link)
		for (enum lease_side side = 0; is_guarded(lease) && side < SIDES; side++)
			if (lease->sights[side].looked_at != looks.begun)
				look_at_side(lease, side);
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

/* context is the side, as in on_gone(). Only the device itself is within its holder's reach. */
static void on_changed(void *context, const struct link *link)
{
	enum lease_side side = *(const enum lease_side *)context;
	struct lease *lease = lease_of(side, link->ifindex);

	if (side == SIDE_HERE)
		mend_bridge(link);
	if (lease == NULL || !is_guarded(lease))
		return;
	if ((side == SIDE_SHIELD || lease->tap == 0) && floods(lease))
		lease_end(lease, TB_REASON_GUARD_FLOOD);
	else
		look_at_side(lease, side);
}

static void on_gone(void *context, uint32_t ifindex)
{
	link_gone(*(const enum lease_side *)context, ifindex);
}

enum read_result { READ_NOTHING, READ_NEWS, READ_LOST };

/* Reads one datagram of news, and does what it asks for. */
static enum read_result read_links(enum lease_side side)
{
	char buffer[BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_nl from;
	socklen_t from_length = sizeof(from);
	ssize_t got =
		recvfrom(news[side], buffer, sizeof(buffer), MSG_DONTWAIT, (struct sockaddr *)&from, &from_length);

	if (got < 0 && errno == ENOBUFS)
		return READ_LOST;
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		tb_die("clerk: cannot hear of links: %s", strerror(errno));
	if (got < 0)
		return READ_NOTHING;
	/* Only the kernel is believed. */
	if (from.nl_pid == 0 && link_events_parse(buffer, (size_t)got, on_gone, on_changed, &side) < 0)
		tb_die("clerk: the kernel's news of links is malformed");
	if (from.nl_pid == 0 && side == SIDE_HERE)
		link_events_removed(buffer, (size_t)got, put_back_removed);
	return READ_NEWS;
}

/* Hears all that the kernel has said so far on this side. */
static void hear(enum lease_side side)
{
	enum read_result result = READ_NEWS;

	for (int i = 0; i < QUEUED_MAX && result != READ_NOTHING; i++) {
		result = read_links(side);
		looks.lost = looks.lost || result == READ_LOST;
	}
}

/* The kernel says once that news was lost, and goes on losing it, without a word, until all that was queued before has
 * been read: only after that does a look at the devices miss nothing. */
static void on_links(uint32_t number, uint32_t events)
{
	(void)events;
	if (read_links(number) != READ_LOST)
		return;
	looks.lost = true;
	hear(number);
}

void guard_hear(void)
{
	for (enum lease_side side = 0; side < SIDES; side++)
		if (news[side] >= 0)
			hear(side);
}

int guard_init(int here, int shield)
{
	int ret;

	memset(&looks, 0, sizeof(looks));
	news[SIDE_HERE] = here;
	news[SIDE_SHIELD] = shield;
	put_back_init();
	loop_handle(LOOP_LINKS, on_links);
	ret = loop_watch(here, EPOLLIN, LOOP_LINKS, SIDE_HERE);
	return ret < 0 || shield < 0 ? ret : loop_watch(shield, EPOLLIN, LOOP_LINKS, SIDE_SHIELD);
}

int guard_start_looking(int shield)
{
	static const struct looker_audience audience = {on_seen, on_missing, on_finished};

	return looker_start(&audience, shield);
}

uint32_t guard_look_at_all(void)
{
	looks.wanted = looks.begun + 1;
	return looks.wanted;
}

uint32_t guard_looked(void)
{
	return looks.finished;
}

/* When the next look at all devices may begin. A long one is followed by a longer pause. */
static uint64_t next_look(void)
{
	uint64_t took = looks.ended > looks.began ? looks.ended - looks.began : 0;
	uint64_t pause = looks.lost && looks.wanted <= looks.begun ? LOOK_PAUSE_MS : LIST_PAUSE_MS;

	if (looks.begun == 0)
		return 0;
	return looks.ended + (4 * took > pause ? 4 * took : pause);
}

int guard_expire(void)
{
	uint64_t now = monotonic_ms();

	if (looks.finished != looks.begun || (!looks.lost && looks.wanted <= looks.begun))
		return -1;
	if (now < next_look())
		return (int)(next_look() - now);
	if (!looker_look_at_all())
		return LIST_PAUSE_MS;
	looks.begun++;
	looks.began = now;
	looks.lost = false;
	return -1;
}
