/* The forwarding tables of bridges: puts back what a holder's change of address has pushed out. Runs in the monitor;
 * USES CAP_NET_ADMIN to add an entry that the kernel has just deleted, and no other.
 *
 * A bridge port that takes an address makes the bridge forget every other port's entry for that address, also one that
 * an administrator has made for ever, and does not bring it back when the port is gone. The kernel tells of the
 * deletion a moment before it tells of the new address: the last few deletions are kept for that moment.
 */
#include "broker/monitor/monitor.h"

#include "broker/shared/log.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER_SIZE 32768

/* How long before a port takes an address the bridge may have forgotten another's entry for it. */
#define MEMORY_MS 100

static int keep(const struct nlattr *attribute, void *context)
{
	const struct nlattr **by_type = context;

	if (mnl_attr_get_type(attribute) <= NDA_MAX)
		by_type[mnl_attr_get_type(attribute)] = attribute;
	return MNL_CB_OK;
}

/* What the kernel says of one entry; false if it is none that concerns us. */
static bool parse(const struct nlmsghdr *message, struct fdb_entry *entry)
{
	const struct ndmsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *by_type[NDA_MAX + 1] = {NULL};

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*info) || info->ndm_family != AF_BRIDGE ||
	    mnl_attr_parse(message, sizeof(*info), keep, by_type) < 0)
		return false;
	if (by_type[NDA_LLADDR] == NULL || mnl_attr_get_payload_len(by_type[NDA_LLADDR]) != TB_MAC_SIZE)
		return false;
	memset(entry, 0, sizeof(*entry));
	entry->when = monotonic_ms();
	entry->ifindex = (uint32_t)info->ndm_ifindex;
	entry->state = info->ndm_state;
	entry->flags = info->ndm_flags;
	memcpy(entry->mac, mnl_attr_get_payload(by_type[NDA_LLADDR]), TB_MAC_SIZE);
	if (by_type[NDA_VLAN] != NULL && mnl_attr_get_payload_len(by_type[NDA_VLAN]) >= 2)
		entry->vlan = mnl_attr_get_u16(by_type[NDA_VLAN]);
	return true;
}

/* Keeps a deleted entry if an administrator made it; what a bridge has learned it learns again. */
static void on_deleted(struct fdb_memory *memory, const struct fdb_entry *entry)
{
	if ((entry->state & NUD_NOARP) == 0)
		return;
	memory->entries[memory->next] = *entry;
	memory->next = (memory->next + 1) % FDB_MEMORY;
}

/* A port has taken an address as its own: what was deleted for that is remembered as its doing. */
static void on_made(struct fdb_memory *memory, const struct fdb_entry *made)
{
	if ((made->state & NUD_PERMANENT) == 0)
		return;
	for (size_t i = 0; i < FDB_MEMORY; i++) {
		struct fdb_entry *entry = &memory->entries[i];

		if (entry->ifindex != 0 && entry->taker == 0 && made->when - entry->when <= MEMORY_MS &&
		    memcmp(entry->mac, made->mac, TB_MAC_SIZE) == 0)
			entry->taker = made->ifindex;
	}
}

bool fdb_event(struct monitor *monitor)
{
	char buffer[BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_nl from;
	socklen_t from_length = sizeof(from);
	ssize_t got = recvfrom(monitor->neighbours, buffer, sizeof(buffer), MSG_DONTWAIT, (struct sockaddr *)&from,
			       &from_length);
	int left = (int)got;

	/* What was lost of it cannot be put back: no reason to end. */
	if (got <= 0)
		return false;
	/* Only the kernel is believed. */
	if (from.nl_pid != 0)
		return true;
	for (const struct nlmsghdr *message = (void *)buffer; link_message_ok(message, left);
	     message = mnl_nlmsg_next(message, &left)) {
		struct fdb_entry entry;

		if (message->nlmsg_type == RTM_DELNEIGH && parse(message, &entry))
			on_deleted(&monitor->fdb, &entry);
		else if (message->nlmsg_type == RTM_NEWNEIGH && parse(message, &entry))
			on_made(&monitor->fdb, &entry);
	}
	return true;
}

void fdb_restore(struct monitor *monitor, uint32_t taker)
{
	/* The news of what it took may not have been read yet. */
	while (fdb_event(monitor))
		;
	for (size_t i = 0; i < FDB_MEMORY; i++) {
		struct fdb_entry *entry = &monitor->fdb.entries[i];
		int ret;

		if (entry->ifindex == 0 || entry->taker != taker)
			continue;
		ret = link_add_fdb(&monitor->workshop.link, entry->ifindex, entry->mac, entry->vlan, entry->state,
				   entry->flags);
		if (ret == 0)
			tb_log(TB_LOG_NOTICE, "put a bridge's entry for port %u back", entry->ifindex);
		else if (ret != -ENODEV)
			tb_log(TB_LOG_WARNING, "cannot put a bridge's entry for port %u back: %s", entry->ifindex,
			       strerror(-ret));
		entry->ifindex = 0;
	}
}
