/* What becomes of links: the kernel's news of them, and what an earlier monitor left. Runs in the monitor. Devices
 * whose alias says that they were ours, and that are nobody's any more, go to the reaper. */
#include "broker/monitor/monitor.h"
#include "broker/monitor/netns.h"

#include "broker/shared/fd.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

/* One datagram of news. */
#define BUFFER_SIZE 32768

/* More datagrams than fit into the socket's buffer, of which the kernel counts at least 768 bytes for each. */
#define QUEUED_MAX 4096

/* How often a dump is tried again because links changed while it was made. */
#define DUMP_TRIES 100

static void on_gone(void *context, uint32_t ifindex)
{
	lease_device_gone(context, ifindex);
}

static void on_changed(void *context, const struct link *link)
{
	guard_event(context, link);
}

/* One look at many leases' devices. */
struct look {
	struct monitor *monitor;
	void (*each)(void *context, struct lease *lease, const struct link *link);
	void *context;
	uint32_t number;
};

static void look_at(const struct look *look, struct lease *lease, const struct link *link)
{
	if (lease->looked_at == look->number)
		return;
	lease->looked_at = look->number;
	look->each(look->context, lease, link);
}

static void on_dumped(void *context, const struct link *link)
{
	const struct look *look = context;
	struct lease *lease = lease_by_ifindex(&look->monitor->leases, link->ifindex);

	if (lease != NULL)
		look_at(look, lease, link);
}

static bool is_wanted(const struct lease *lease, uid_t uid)
{
	return lease->ifindex != 0 && (uid == LINKS_OF_ALL || lease->uid == uid);
}

/* Returns false if the device is gone, or hidden in a network namespace of its holder's. */
static bool ask_for(struct monitor *monitor, const struct lease *lease, struct link *link)
{
	int ret;

	if (lease->away)
		return netns_find_device(&monitor->workshop.link, lease->device, link) == 0;
	ret = link_get(&monitor->workshop.link, lease->ifindex, link);
	if (ret < 0 && ret != -ENODEV)
		tb_die("cannot look at %s: %s", lease->name, strerror(-ret));
	return ret == 0;
}

void links_look(struct monitor *monitor, uid_t uid, uint32_t count,
		void (*each)(void *context, struct lease *lease, const struct link *link), void *context)
{
	struct look look = {.monitor = monitor, .each = each, .context = context, .number = ++monitor->looks};
	struct lease *lease;

	/* A dump tells of a device in a third of the time that asking for it takes. Where links change meanwhile it may
	 * leave some out: those are asked for. To make it again is no way out: who opens and closes fast enough would
	 * have us do that for ever. */
	if (3 * count > monitor->leases.count) {
		link_dump(&monitor->workshop.link, "tun", on_dumped, &look);
		link_dump(&monitor->workshop.link, "macvtap", on_dumped, &look);
	}
	lease = TAILQ_FIRST(&monitor->leases.live);
	while (lease != NULL) {
		struct lease *next = TAILQ_NEXT(lease, link);
		struct link link;

		if (is_wanted(lease, uid) && lease->looked_at != look.number)
			look_at(&look, lease, ask_for(monitor, lease, &link) ? &link : NULL);
		lease = next;
	}
}

static void check(void *context, struct lease *lease, const struct link *link)
{
	/* What a user does in a network namespace of his own is nobody else's business. */
	if (lease->away)
		return;
	if (link == NULL)
		lease_device_gone(context, lease->ifindex);
	else
		guard_look(context, lease, link);
}

/* News was lost, so every lease's device is looked at. */
static void resynchronize(struct monitor *monitor)
{
	links_look(monitor, LINKS_OF_ALL, monitor->leases.count, check, monitor);
}

enum news { NEWS_NONE, NEWS_READ, NEWS_LOST };

/* Reads one datagram of news, and does what it asks for. */
static enum news read_news(struct monitor *monitor)
{
	char buffer[BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_nl from;
	socklen_t from_length = sizeof(from);
	ssize_t got =
		recvfrom(monitor->events, buffer, sizeof(buffer), MSG_DONTWAIT, (struct sockaddr *)&from, &from_length);

	if (got < 0 && errno == ENOBUFS)
		return NEWS_LOST;
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		tb_die("cannot hear of links: %s", strerror(errno));
	if (got < 0)
		return NEWS_NONE;
	/* Only the kernel is believed. */
	if (from.nl_pid == 0 && link_events_parse(buffer, (size_t)got, on_gone, on_changed, monitor) < 0)
		tb_die("the kernel's news of links is malformed");
	return NEWS_READ;
}

/* The kernel says once that news was lost, and goes on losing it, without a word, until all that was queued before has
 * been read: only after that does a look at the devices miss nothing. What floods meanwhile does not keep us here, as
 * nothing is queued until then. */
static void recover(struct monitor *monitor)
{
	for (int i = 0; i < QUEUED_MAX && read_news(monitor) != NEWS_NONE; i++)
		;
	resynchronize(monitor);
}

void links_event(struct monitor *monitor)
{
	if (read_news(monitor) == NEWS_LOST)
		recover(monitor);
}

/* True if somebody still holds the device; then *holder is a pidfd, or -1 if it is held by other means. */
static bool still_held(const struct lease *found, const struct network *network, int *holder)
{
	*holder = -1;
	if (found->lifetime != TB_LIFETIME_SESSION)
		return true;
	*holder = process_open(found->pid, found->start_time);
	/* A tun or tap that is not persistent is there because somebody has its fd: the client has passed it on. */
	return *holder >= 0 || network->kind != TB_KIND_MACVTAP;
}

static bool kind_fits(const struct network *network, const struct link *link)
{
	return strcmp(link->kind, network->kind == TB_KIND_MACVTAP ? "macvtap" : "tun") == 0;
}

/* Begins the lease that an earlier monitor had, without its device. */
static struct lease *begin_again(struct monitor *monitor, const struct network *network, const struct lease *found)
{
	struct lease *lease = lease_begin(&monitor->leases, network, found->uid, found->id);

	lease->lifetime = found->lifetime;
	lease->gid = found->gid;
	lease->pid = found->pid;
	lease->start_time = found->start_time;
	lease->since = found->since;
	lease->guarded = true;
	memcpy(lease->mac, found->mac, sizeof(lease->mac));
	return lease;
}

/* Makes a lease of what the alias says. Returns NULL, or for the log why the device is to be deleted. */
static const char *adopt(struct monitor *monitor, const struct link *link)
{
	char network_name[TB_NETWORK_SIZE];
	const struct network *network;
	struct lease found;
	struct lease *lease;
	int lifeline;
	int holder = -1;

	if (lease_parse_alias(link->alias, &found, network_name) < 0) {
		tb_log(TB_LOG_WARNING,
		       "%s, ifindex %u, has an alias like ours, but not one that we write: it is left alone",
		       link->name, link->ifindex);
		return NULL;
	}
	network = network_find(&monitor->networks, network_name);
	if (network == NULL || !kind_fits(network, link))
		return "its network is not configured any more";
	if ((link->flags & IFF_UP) == 0)
		return "it was never finished";
	/* A lower Max= is for new devices. */
	if (monitor->leases.count == monitor->leases.capacity)
		return "there are fewer leases now (--max-leases)";
	lifeline = lifelines_take(&monitor->stored, found.id);
	if (lifeline < 0 && !still_held(&found, network, &holder))
		return "its holder has ended";
	lease = begin_again(monitor, network, &found);
	lease_set_device(&monitor->leases, lease, link->name, link->ifindex);
	lease_keep(monitor, lease, lifeline, holder);
	return NULL;
}

static void adopt_or_delete(void *context, const struct link *link)
{
	struct monitor *monitor = context;
	const char *why;

	if (!link_kind_ours(link) || strncmp(link->alias, LEASE_ALIAS_PREFIX, strlen(LEASE_ALIAS_PREFIX)) != 0 ||
	    lease_by_ifindex(&monitor->leases, link->ifindex) != NULL)
		return;
	why = adopt(monitor, link);
	if (why != NULL) {
		tb_log(TB_LOG_NOTICE, "deleting %s, ifindex %u, which an earlier broker left: %s", link->name,
		       link->ifindex, why);
		reaper_delete(&monitor->reaper, link->ifindex, REAPER_NO_ANSWER);
	}
}

/* The same for a device that is away, which no dump shows. It is a lease only with its lifeline. */
static const char *adopt_away(struct monitor *monitor, struct stored_device *device, struct lease *found)
{
	char network_name[TB_NETWORK_SIZE];
	const struct network *network;
	struct lease *lease;
	struct link link;
	int lifeline;

	if (stored_device_read(device, found, network_name) < 0)
		return "its name in the store is not one that we write";
	network = network_find(&monitor->networks, network_name);
	if (network == NULL || network->kind == TB_KIND_MACVTAP)
		return "its network is not configured any more";
	if (monitor->leases.count == monitor->leases.capacity)
		return "there are fewer leases now (--max-leases)";
	if (netns_find_device(&monitor->workshop.link, device->fd, &link) < 0)
		return "its network namespace has ended, or the device is gone";
	lifeline = lifelines_take(&monitor->stored, found->id);
	if (lifeline < 0)
		return "its lifeline was not stored";
	lease = begin_again(monitor, network, found);
	lease_set_device_away(lease, found->name, link.ifindex, tb_take(&device->fd));
	lease_keep(monitor, lease, lifeline, -1);
	return NULL;
}

static void adopt_or_delete_away(struct monitor *monitor)
{
	struct stored_device device;
	struct lease found;

	while (lifelines_take_device(&monitor->stored, &device)) {
		const char *why = adopt_away(monitor, &device, &found);

		if (why == NULL)
			continue;
		tb_log(TB_LOG_NOTICE, "deleting %s in its client's network namespace, which an earlier broker left: %s",
		       found.name, why);
		stored_device_drop(monitor->supervisor, &device);
		reaper_delete_away(&monitor->reaper, tb_take(&device.fd), REAPER_NO_ANSWER);
	}
}

/* What was done to the adopted devices while nobody looked. Which bridge a device was on is the network file's word; a
 * bridge that is gone has taken nobody's device away. */
static void guard_adopted(struct monitor *monitor)
{
	struct lease *lease = TAILQ_FIRST(&monitor->leases.live);

	while (lease != NULL) {
		struct lease *next = TAILQ_NEXT(lease, link);
		struct link bridge;
		struct link link;

		if (lease->network->bridge[0] != '\0' &&
		    link_find(&monitor->workshop.link, lease->network->bridge, &bridge) == 0)
			lease->master = bridge.ifindex;
		if (!lease->away && link_get(&monitor->workshop.link, lease->ifindex, &link) == 0)
			guard_look(monitor, lease, &link);
		lease = next;
	}
}

/* Calls each() for every link there is; the calls may repeat. */
static int dump_links(struct monitor *monitor, void (*each)(void *context, const struct link *link), void *context)
{
	int ret = -EINTR;

	for (int i = 0; ret == -EINTR && i < DUMP_TRIES; i++)
		ret = link_dump(&monitor->workshop.link, NULL, each, context);
	return ret;
}

int links_adopt(struct monitor *monitor)
{
	int ret = dump_links(monitor, adopt_or_delete, monitor);

	adopt_or_delete_away(monitor);
	guard_adopted(monitor);
	lifelines_close(&monitor->stored, monitor->supervisor);
	if (ret == 0 && monitor->leases.count > 0)
		tb_log(TB_LOG_NOTICE, "taken over: %u leases", monitor->leases.count);
	return ret;
}
