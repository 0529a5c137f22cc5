/* The forwarding tables of bridges: see fdb.h. Runs in the clerk; needs no right. */
#include "broker/clerk/lease/fdb.h"

#include "broker/clerk/loop.h"
#include "broker/shared/clock.h"
#include "broker/shared/netlink/link.h"

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER_SIZE 32768

/* How long before a port takes an address the bridge may have forgotten another's entry for it. */
#define MEMORY_MS 100

/* More datagrams than fit into the socket's buffer, of which the kernel counts at least 768 bytes for each. */
#define QUEUED_MAX 4096

static struct fdb_entry entries[FDB_MEMORY];
static size_t next;
static int news = -1;
static void (*put_back)(const struct fdb_entry *entry);

static int keep_attribute(const struct nlattr *attribute, void *context)
{
	const struct nlattr **by_type = context;

	if (mnl_attr_get_type(attribute) <= NDA_MAX)
		by_type[mnl_attr_get_type(attribute)] = attribute;
	return MNL_CB_OK;
}

/* What the kernel says of one entry; false if it is none that concerns us. */
static bool fdb_parse(const struct nlmsghdr *message, struct fdb_entry *entry)
{
	const struct ndmsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *by_type[NDA_MAX + 1] = {NULL};

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*info) || info->ndm_family != AF_BRIDGE ||
	    mnl_attr_parse(message, sizeof(*info), keep_attribute, by_type) < 0)
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
static void entry_deleted(const struct fdb_entry *entry)
{
	if ((entry->state & NUD_NOARP) == 0)
		return;
	entries[next] = *entry;
	next = (next + 1) % FDB_MEMORY;
}

/* A port has taken an address as its own: what was deleted for that is remembered as its doing. */
static void entry_made(const struct fdb_entry *made)
{
	if ((made->state & NUD_PERMANENT) == 0)
		return;
	for (size_t i = 0; i < FDB_MEMORY; i++) {
		struct fdb_entry *entry = &entries[i];

		if (entry->ifindex != 0 && entry->taker == 0 && made->when - entry->when <= MEMORY_MS &&
		    memcmp(entry->mac, made->mac, TB_MAC_SIZE) == 0)
			entry->taker = made->ifindex;
	}
}

/* Reads one datagram of news. Returns false if there is none. */
static bool read_news(void)
{
	char buffer[BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_nl from;
	socklen_t from_length = sizeof(from);
	ssize_t got = recvfrom(news, buffer, sizeof(buffer), MSG_DONTWAIT, (struct sockaddr *)&from, &from_length);
	int left = (int)got;

	/* An entry of which no news came cannot be put back: no reason to end. */
	if (got <= 0)
		return false;
	/* Only the kernel is believed. */
	if (from.nl_pid != 0)
		return true;
	for (const struct nlmsghdr *message = (void *)buffer; link_message_ok(message, left);
	     message = mnl_nlmsg_next(message, &left)) {
		struct fdb_entry entry;

		if (message->nlmsg_type == RTM_DELNEIGH && fdb_parse(message, &entry))
			entry_deleted(&entry);
		else if (message->nlmsg_type == RTM_NEWNEIGH && fdb_parse(message, &entry))
			entry_made(&entry);
	}
	return true;
}

static void on_neighbours(uint32_t number, uint32_t events)
{
	(void)number, (void)events;
	read_news();
}

int fdb_init(int socket, void (*restore)(const struct fdb_entry *entry))
{
	memset(entries, 0, sizeof(entries));
	next = 0;
	news = socket;
	put_back = restore;
	loop_handle(LOOP_NEIGHBOURS, on_neighbours);
	return loop_watch(socket, EPOLLIN, LOOP_NEIGHBOURS, 0);
}

void fdb_restore(uint32_t taker)
{
	/* The news of what it took may not have been read yet; a flood of other news does not keep us here. */
	for (int i = 0; i < QUEUED_MAX && read_news(); i++)
		;
	for (size_t i = 0; i < FDB_MEMORY; i++) {
		if (entries[i].ifindex == 0 || entries[i].taker != taker)
			continue;
		put_back(&entries[i]);
		entries[i].ifindex = 0;
	}
}
