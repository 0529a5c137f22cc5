/* `tapbroker-setup watch`: see setup_watch.h. Runs in a process of its own of tapbroker-setup, as root with
 * CAP_NET_ADMIN and nothing else. It must never meet a client, read a network file, or change anything but our own
 * tables that are gone: `nft flush ruleset`, as a restart of nftables.service does, takes them all.
 *
 * The kernel says which tables are deleted. That is a hint: what counts is what is there, and what is written down.
 */
#include "broker/setup/setup_watch.h"

#include "broker/setup/setup_tables.h"

#include "broker/shared/log.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A program that deletes them each time would else have this one run all the time. */
#define RESTORES_AT_ONCE 20   /* in a second */
#define RESTORES_PAUSE 100000 /* microseconds, before each further one */
#define RESTORES_RETRIES 20   /* of one that fails */

static struct mnl_socket *watch_open(void)
{
	struct mnl_socket *sock = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	int group = NFNLGRP_NFTABLES;

	if (sock == NULL)
		return NULL;
	if (mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) == 0 &&
	    mnl_socket_setsockopt(sock, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) == 0)
		return sock;
	mnl_socket_close(sock);
	return NULL;
}

static bool deletes_our_table(const struct nlmsghdr *message)
{
	const struct nlattr *attribute;

	if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE))
		return false;
	mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attribute) == NFTA_TABLE_NAME &&
		    mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) == 0 &&
		    strncmp(mnl_attr_get_str(attribute), TABLES_PREFIX, strlen(TABLES_PREFIX)) == 0)
			return true;
	}
	return false;
}

static bool any_deletes_our_table(const char *buffer, size_t size)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
	int left = (int)size;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
		if (deletes_our_table(message))
			return true;
	return false;
}

/* Waits until a table of ours was deleted, or may have been: the kernel had more to say than we have room for. Returns
 * 0 or a negative errno. */
static int wait_for_deletion(struct mnl_socket *sock)
{
	static char buffer[32768] __attribute__((aligned(NLMSG_ALIGNTO)));

	for (;;) {
		ssize_t size = mnl_socket_recvfrom(sock, buffer, sizeof(buffer));

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return errno == ENOBUFS || errno == ENOSPC ? 0 : -errno;
		if (any_deletes_our_table(buffer, (size_t)size))
			return 0;
	}
}

/* Who changes the rules at the same moment makes the loading fail. */
static void restore(void)
{
	for (unsigned int i = 0; tables_restore() > 0 && i < RESTORES_RETRIES; i++)
		usleep(RESTORES_PAUSE);
}

static void pace(void)
{
	static time_t second;
	static unsigned int count;
	time_t now = time(NULL);

	count = now == second ? count + 1 : 0;
	second = now;
	if (count >= RESTORES_AT_ONCE)
		usleep(RESTORES_PAUSE);
}

int setup_watch(void)
{
	struct mnl_socket *sock = watch_open();
	int ret = 0;

	if (sock == NULL)
		return -errno;
	/* What was deleted before is looked for first. */
	while (ret == 0) {
		pace();
		restore();
		ret = wait_for_deletion(sock);
	}
	mnl_socket_close(sock);
	return ret;
}
