/* What an earlier broker left: see adopt.h. Runs in the clerk; needs no right.
 *
 * Each device carries its lease in its alias. A device that was never handed out is deleted, whatever it looks like,
 * and so is a session's that has neither lifeline nor holder. A device that was handed out is its holder's, in whatever
 * state the host's administrator has put it since, and also if its network is configured no more.
 */
#include "broker/clerk/lease/adopt.h"

#include "broker/clerk/client/client.h"
#include "broker/clerk/client/client_socket.h"
#include "broker/clerk/lease/deletion.h"
#include "broker/clerk/lease/guard.h"
#include "broker/clerk/lease/keeping.h"
#include "broker/clerk/lease/lease.h"
#include "broker/clerk/lease/looker.h"
#include "broker/clerk/lease/lease_state.h"
#include "broker/clerk/lease/lease_time.h"
#include "broker/shared/alias.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "broker/shared/shield.h"
#include "proto/channel.h"
#include "proto/name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* How often a dump is tried again because links changed while it was made. */
#define DUMP_TRIES 100

/* A lifeline that came back. */
struct kept {
	uint8_t lease[TB_ID_SIZE];
	int sock; /* owned; -1: taken */
};

/* A veth in the shield: the inner end of a lease whose id begins so, and where it leads. */
struct inner_end {
	uint8_t lease[TB_ID_SIZE];
	uint32_t port;
};

static struct inner_end *inner_ends; /* owned */
static size_t inner_ends_count;
static struct kept *kept;
static size_t kept_count;
static const struct network_table *networks;

static size_t count_names(const char *names)
{
	size_t count = 1;

	for (; *names != '\0'; names++)
		count += *names == ':';
	return count;
}

/* Takes the lifelines that the supervisor kept. */
static int take_kept(char *names, int fd)
{
	char *rest = NULL;

	kept_count = 0;
	if (names == NULL)
		return 0;
	kept = calloc(count_names(names), sizeof(*kept));
	if (kept == NULL)
		return -ENOMEM;
	for (char *name = strtok_r(names, ":", &rest); name != NULL; name = strtok_r(NULL, ":", &rest), fd++) {
		if (alias_read_lifeline(name, kept[kept_count].lease) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
		    client_socket_prepare(fd) < 0)
			close(fd);
		else
			kept[kept_count++].sock = fd;
	}
	return 0;
}

/* Gives away the lifeline of this lease; -1 if there is none. */
static int kept_lifeline(const uint8_t id[TB_ID_SIZE])
{
	for (size_t i = 0; i < kept_count; i++)
		if (kept[i].sock >= 0 && memcmp(kept[i].lease, id, TB_ID_SIZE) == 0)
			return tb_take(&kept[i].sock);
	return -1;
}

/* The device was deleted while no broker was there to say so. */
static void close_lifeline_of_nothing(struct kept *lifeline)
{
	struct tb_end end;

	memset(&end, 0, sizeof(end));
	tb_header_set(&end.header, TB_ANS_END, sizeof(end));
	end.reason = TB_REASON_DEVICE_GONE;
	memcpy(end.lease, lifeline->lease, sizeof(end.lease));
	tb_send(lifeline->sock, &end, sizeof(end), NULL, 0);
	keeping_drop_id(lifeline->lease);
	client_socket_hang_up(&lifeline->sock);
}

static void close_kept(void)
{
	for (size_t i = 0; i < kept_count; i++)
		if (kept[i].sock >= 0)
			close_lifeline_of_nothing(&kept[i]);
	free(kept);
	kept = NULL;
	kept_count = 0;
}

/* True if somebody still holds the device, which stays without a holder or not; then *holder is a pidfd, or -1 if it is
 * held by other means. */
static bool still_held(const struct alias *alias, bool stays, int *holder)
{
	int pidfd;

	*holder = -1;
	if ((1u << alias->lifetime & TB_LIFETIMES_CONNECTED) == 0)
		return true;
	pidfd = process_open(alias->pid, alias->start_time);
	if (pidfd >= 0)
		*holder = pidfd;
	/* A tun or tap that is not persistent is there because somebody has its fd: the client has passed it on. */
	return pidfd >= 0 || !stays;
}

/* A network may have become one of another kind, or be none any more; but a tun has no address. */
static enum tb_kind kind_by_mac(const uint8_t mac[TB_MAC_SIZE])
{
	return tb_field_empty((const char *)mac, TB_MAC_SIZE) ? TB_KIND_TUN : TB_KIND_TAP;
}

/* Begins the lease that an earlier broker had, without its device. Returns NULL if there is no room for it. */
static struct lease *begin_again(const struct alias *alias, enum tb_kind kind)
{
	struct lease *lease = lease_begin_again(network_find(networks, alias->network), alias->network, alias->uid);

	if (lease == NULL)
		return NULL;
	lease->kind = kind;
	lease->given = alias->given;
	lease->lifetime = alias->lifetime;
	lease->gid = alias->gid;
	lease->pid = alias->pid;
	lease->start_time = alias->start_time;
	lease->since = alias->since;
	lease->mtu = alias->mtu;
	memcpy(lease->mac, alias->mac, sizeof(lease->mac));
	memcpy(lease->external_id, alias->external_id, sizeof(lease->external_id));
	lease_set_id(lease, alias->lease);
	return lease;
}

static void note_inner_end(const struct link *link)
{
	struct inner_end *more = reallocarray(inner_ends, inner_ends_count + 1, sizeof(*inner_ends));

	if (more == NULL)
		tb_die("clerk: there is no memory for the ports of leases");
	inner_ends = more;
	inner_ends[inner_ends_count].port = link->lower;
	if (shield_inner_read(link->name, inner_ends[inner_ends_count].lease) == 0)
		inner_ends_count++;
}

/* Returns 0, or -ENODEV. */
static int port_of_lease(const uint8_t lease[TB_ID_SIZE], struct link *port)
{
	for (size_t i = 0; i < inner_ends_count; i++)
		if (memcmp(inner_ends[i].lease, lease, SHIELD_ID_BYTES) == 0)
			return looker_get(inner_ends[i].port, port);
	return -ENODEV;
}

/* Makes a lease of a device that was handed out and is still held, if there is room for it. One in the shield has a
 * port, or else leads nowhere. */
static void adopt_device(enum lease_side side, const struct link *link, const struct alias *alias)
{
	bool macvtap = strcmp(link->kind, "macvtap") == 0;
	struct link port = *link;
	struct lease *lease;
	int holder = -1;
	int lifeline;

	if (side == SIDE_SHIELD && port_of_lease(alias->lease, &port) < 0)
		return;
	lifeline = kept_lifeline(alias->lease);
	if (lifeline < 0 && !still_held(alias, macvtap || alias->given, &holder))
		return;
	lease = begin_again(alias, macvtap ? TB_KIND_MACVTAP : kind_by_mac(link->mac));
	if (lease == NULL) {
		client_socket_hang_up(&lifeline);
		tb_close(&holder);
		return;
	}
	lease->stored = lifeline >= 0;
	/* The bridge that it is on now: nobody knows of an earlier one. */
	lease->master = port.master;
	lease_set_device(lease, link->name, port.ifindex);
	if (side == SIDE_SHIELD)
		lease_set_tap(lease, link->ifindex);
	lease_keep(lease, lifeline, holder);
	lease_time_begin(lease);
}

/* True if the link is a device of ours that is no lease's yet; then *alias says whose. */
static bool is_left_over(enum lease_side side, const struct link *link, struct alias *alias)
{
	struct lease *lease = side == SIDE_SHIELD ? lease_by_tap(link->ifindex) : lease_by_ifindex(link->ifindex);

	return link_kind_ours(link) && strncmp(link->alias, ALIAS_PREFIX, strlen(ALIAS_PREFIX)) == 0 && lease == NULL &&
	       alias_read(link->alias, alias) == 0;
}

/* context is the side, as in what follows. */
static void adopt_link(void *context, const struct link *link)
{
	enum lease_side side = *(const enum lease_side *)context;
	struct alias alias;

	if (strcmp(link->kind, "veth") == 0)
		note_inner_end(link);
	else if (is_left_over(side, link, &alias) && alias.state == ALIAS_HANDED_OUT)
		adopt_device(side, link, &alias);
}

static const char *why_deleted(const struct alias *alias)
{
	if (alias->state != ALIAS_HANDED_OUT)
		return "it was never handed out";
	if (leases_table_full())
		return "there are fewer leases now (--max-leases)";
	return "its holder has ended";
}

/* A veth in the shield that leads from no lease to its port: of its name it knows the beginning of a lease's id. */
static bool is_port_of_nothing(const struct link *link, uint8_t id[TB_ID_SIZE])
{
	return strcmp(link->kind, "veth") == 0 && shield_inner_read(link->name, id) == 0 &&
	       lease_by_ifindex(link->lower) == NULL;
}

static void delete_in_shield(void *context, const struct link *link)
{
	uint8_t id[TB_ID_SIZE];
	struct alias alias;

	if (is_left_over(*(const enum lease_side *)context, link, &alias)) {
		tb_log(TB_LOG_NOTICE, "deleting %s in the shield, which an earlier broker left: %s", link->name,
		       why_deleted(&alias));
		deletion_order_stray(alias.lease, link->ifindex, TB_PLACE_SHIELD);
	} else if (is_port_of_nothing(link, id)) {
		tb_log(TB_LOG_NOTICE, "deleting port %u, which an earlier broker left: there is no tap any more",
		       link->lower);
		deletion_order_stray(id, 0, TB_PLACE_SHIELD);
	}
}

static void delete_link(void *context, const struct link *link)
{
	struct alias alias;

	if (is_left_over(*(const enum lease_side *)context, link, &alias)) {
		tb_log(TB_LOG_NOTICE, "%s %s, ifindex %u, which an earlier broker left: %s",
		       alias.given ? "giving back" : "deleting", link->name, link->ifindex, why_deleted(&alias));
		deletion_order_stray(alias.lease, link->ifindex, TB_PLACE_HERE);
	} else if (strncmp(link->alias, ALIAS_PREFIX, strlen(ALIAS_PREFIX)) == 0 &&
		   lease_by_ifindex(link->ifindex) == NULL) {
		tb_log(TB_LOG_WARNING,
		       "%s, ifindex %u, has an alias like ours, but not one that we write: it is left alone",
		       link->name, link->ifindex);
	}
}

/* The same for a device that is away, which no dump shows. It is a lease only with its lifeline, or if it lasts as long
 * as its network namespace: the monitor has looked if that is there. */
static void adopt_away(const char *stored)
{
	struct stored_device device;
	struct alias alias;
	struct lease *lease;
	bool lasts;
	int lifeline;

	if (alias_read_device(stored, &alias, &device) < 0) {
		tb_log(TB_LOG_WARNING, "the supervisor keeps a device under a name that we do not write");
		return;
	}
	lifeline = kept_lifeline(alias.lease);
	lasts = lifeline >= 0 || alias.lifetime == TB_LIFETIME_NAMESPACE;
	lease = lasts ? begin_again(&alias, kind_by_mac(alias.mac)) : NULL;
	if (lease == NULL) {
		tb_log(TB_LOG_NOTICE, "deleting %s in its client's network namespace, which an earlier broker left: %s",
		       device.name,
		       !lasts ? "its lifeline was not stored" : "there are fewer leases now (--max-leases)");
		keeping_drop_id(alias.lease);
		deletion_order_stray(alias.lease, 0, TB_PLACE_AWAY);
		client_socket_hang_up(&lifeline);
		return;
	}
	lease->stored = true;
	lease->away = true;
	lease->nsid = device.nsid;
	lease_set_device(lease, device.name, device.ifindex);
	lease_keep(lease, lifeline, -1);
	lease_time_begin(lease);
}

static void adopt_all_away(char *names)
{
	char *rest = NULL;

	if (names == NULL)
		return;
	for (char *name = strtok_r(names, ":", &rest); name != NULL; name = strtok_r(NULL, ":", &rest))
		adopt_away(name);
}

/* What was done to the adopted devices while nobody looked. */
static void look_at_adopted(void)
{
	struct lease *lease;

	TAILQ_FOREACH(lease, leases_all(), link)
		guard_look(lease);
}

static int adopt_side(enum lease_side side, void (*delete)(void *context, const struct link *link))
{
	int ret = -EINTR;

	for (int i = 0; ret == -EINTR && i < DUMP_TRIES; i++)
		ret = looker_dump(side, adopt_link, &side);
	/* Each once: no device of ours is made meanwhile. */
	if (ret == 0)
		looker_dump(side, delete, &side);
	return ret;
}

int adopt(const struct network_table *table, char *stored, int first_fd, char *away)
{
	int ret = take_kept(stored, first_fd);

	networks = table;
	if (ret == 0)
		ret = adopt_side(SIDE_HERE, delete_link);
	if (ret == 0)
		ret = adopt_side(SIDE_SHIELD, delete_in_shield);
	free(inner_ends);
	inner_ends = NULL;
	inner_ends_count = 0;
	if (ret < 0)
		return ret;
	adopt_all_away(away);
	close_kept();
	look_at_adopted();
	return ret;
}
