/* What becomes of links: the kernel's news of them, and what an earlier monitor left. Runs in the monitor; the sweep
 * USES CAP_NET_ADMIN to delete devices whose alias says that they were ours. */
#include "broker/monitor/monitor.h"

#include "broker/shared/log.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

/* One datagram of news. */
#define BUFFER_SIZE 32768

/* How often a dump is tried again because links changed while it was made. */
#define DUMP_TRIES 100

static void on_gone(void *context, uint32_t ifindex)
{
	lease_device_gone(context, ifindex);
}

/* Calls each() for every link there is; the calls may repeat. */
static int dump_links(struct monitor *monitor, void (*each)(void *context, const struct link *link), void *context)
{
	int ret = -EINTR;

	for (int i = 0; ret == -EINTR && i < DUMP_TRIES; i++)
		ret = link_dump(&monitor->workshop.link, each, context);
	return ret;
}

static void mark_present(void *context, const struct link *link)
{
	struct monitor *monitor = context;
	struct lease *lease = lease_by_ifindex(&monitor->leases, link->ifindex);

	if (lease != NULL)
		lease->present = true;
}

/* News was lost, so every lease's device is looked for. */
static void resynchronize(struct monitor *monitor)
{
	struct lease *lease;
	int ret;

	TAILQ_FOREACH(lease, &monitor->leases.live, link)
		lease->present = false;
	ret = dump_links(monitor, mark_present, monitor);
	if (ret < 0)
		tb_die("cannot list the links: %s", strerror(-ret));
	lease = TAILQ_FIRST(&monitor->leases.live);
	while (lease != NULL) {
		struct lease *next = TAILQ_NEXT(lease, link);

		if (!lease->present && lease->ifindex != 0)
			lease_device_gone(monitor, lease->ifindex);
		lease = next;
	}
}

void links_event(struct monitor *monitor)
{
	char buffer[BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_nl from;
	socklen_t from_length = sizeof(from);
	ssize_t got =
		recvfrom(monitor->events, buffer, sizeof(buffer), MSG_DONTWAIT, (struct sockaddr *)&from, &from_length);

	if (got < 0 && errno == ENOBUFS)
		resynchronize(monitor);
	else if (got < 0 && errno != EAGAIN && errno != EINTR)
		tb_die("cannot hear of links: %s", strerror(errno));
	/* Only the kernel is believed. */
	else if (got > 0 && from.nl_pid == 0 && link_events_parse(buffer, (size_t)got, on_gone, monitor) < 0)
		tb_die("the kernel's news of links is malformed");
}

static void sweep(void *context, const struct link *link)
{
	struct monitor *monitor = context;

	if (!link_kind_ours(link) || strncmp(link->alias, LEASE_ALIAS_PREFIX, strlen(LEASE_ALIAS_PREFIX)) != 0)
		return;
	tb_log(TB_LOG_NOTICE, "deleting %s, ifindex %u: an earlier broker left it", link->name, link->ifindex);
	reaper_delete(&monitor->reaper, link->ifindex, REAPER_NO_ANSWER);
}

int links_sweep(struct monitor *monitor)
{
	return dump_links(monitor, sweep, monitor);
}
