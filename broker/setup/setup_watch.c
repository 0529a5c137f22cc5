/* `tapbroker-setup watch`: see setup_watch.h. Runs in a process of its own of tapbroker-setup, as root with
 * CAP_NET_ADMIN and nothing else. It must never meet a client, read a network file, or change anything but what is gone
 * of ours: our own tables, which `nft flush ruleset` takes, as a restart of nftables.service does; and our entries in
 * other firewalls, which these forget when they load their rules again, or are started after tapbroker-setup.
 *
 * The kernel says which tables are deleted, and which chains are made. That is a hint: what counts is what is there,
 * and what is written down.
 */
#include "broker/setup/setup_watch.h"

#include "broker/setup/setup_firewall.h"
#include "broker/setup/setup_lock.h"
#include "broker/setup/setup_tables.h"

#include "broker/shared/fd.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A program that deletes them each time would else have this one run all the time. */
#define RESTORES_AT_ONCE 20   /* in a second */
#define RESTORES_PAUSE 100000 /* microseconds, before each further one */
#define RESTORES_RETRIES 20   /* of one that fails */

#define FIREWALL_LOOKS 60  /* at other firewalls, until all entries are made */
#define FIREWALL_PAUSE 500 /* milliseconds, between two of them */

#define DOCKER_CHAIN "DOCKER-USER"

enum { NEWS_TABLE = 1, NEWS_FIREWALL = 2, NEWS_ALL = NEWS_TABLE | NEWS_FIREWALL };

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

/* The text of that attribute, or "". */
static const char *text_of(const struct nlmsghdr *message, int type)
{
	const struct nlattr *attribute;

	mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attribute) == type && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) == 0)
			return mnl_attr_get_str(attribute);
	}
	return "";
}

static bool is_ours(const char *table)
{
	return strncmp(table, TABLES_PREFIX, strlen(TABLES_PREFIX)) == 0;
}

/* True if packets go through the chain by themselves: it has a hook. The kernel tells of a changed policy, too. */
static bool is_base_chain(const struct nlmsghdr *message)
{
	const struct nlattr *attribute;

	mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attribute) == NFTA_CHAIN_HOOK)
			return true;
	}
	return false;
}

/* What it is a hint of, NEWS_...: a table of ours is deleted; another firewall is made, or an entry in it goes. */
static int news_of(const struct nlmsghdr *message)
{
	switch (message->nlmsg_type) {
	case NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE:
		return is_ours(text_of(message, NFTA_TABLE_NAME)) ? NEWS_TABLE : 0;
	case NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN:
		if (is_ours(text_of(message, NFTA_CHAIN_TABLE)))
			return 0;
		return is_base_chain(message) || strcmp(text_of(message, NFTA_CHAIN_NAME), DOCKER_CHAIN) == 0
			       ? NEWS_FIREWALL
			       : 0;
	case NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELRULE:
		return strcmp(text_of(message, NFTA_RULE_CHAIN), DOCKER_CHAIN) == 0 ? NEWS_FIREWALL : 0;
	default:
		return 0;
	}
}

static int news_of_all(const char *buffer, size_t size)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
	int left = (int)size;
	int news = 0;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
		news |= news_of(message);
	return news;
}

/* What there is to read now. Returns news, or a negative errno: -EAGAIN if there is nothing. */
static int watch_read(struct mnl_socket *sock)
{
	static char buffer[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t size = recv(mnl_socket_get_fd(sock), buffer, sizeof(buffer), MSG_DONTWAIT | MSG_TRUNC);

	if (size < 0)
		return errno == ENOBUFS ? NEWS_ALL : -errno;
	return (size_t)size > sizeof(buffer) ? NEWS_ALL : news_of_all(buffer, (size_t)size);
}

/* Waits for news; wait is in milliseconds, -1: for ever. The kernel may have had more to say than we have room for:
 * then it may have been anything. Returns news, 0 when the time is over, or a negative errno. */
static int wait_for_news(struct mnl_socket *sock, int wait)
{
	struct pollfd poll_for = {.fd = mnl_socket_get_fd(sock), .events = POLLIN};
	int news = 0;

	while (news == 0) {
		int ret = poll(&poll_for, 1, wait);

		if (ret == 0)
			return 0;
		if (ret < 0 && errno != EINTR)
			return -errno;
		while ((ret = watch_read(sock)) >= 0)
			news |= ret;
		if (ret != -EAGAIN && ret != -EINTR)
			return ret;
	}
	return news;
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

/* False: it has to be looked again, since something failed, or since start or stop is at work. */
static bool firewalls_are_told(void)
{
	int lock TB_CLOSE = setup_lock(false);

	return lock >= 0 && firewall_again() == 0;
}

int setup_watch(void)
{
	struct mnl_socket *sock = watch_open();
	unsigned int looks = FIREWALL_LOOKS; /* that are left, of those at the firewalls */
	int news = 0;

	if (sock == NULL)
		return -errno;
	/* What was deleted before is looked for first. */
	while (news >= 0) {
		pace();
		restore();
		if (looks > 0)
			looks = firewalls_are_told() ? 0 : looks - 1;
		news = wait_for_news(sock, looks > 0 ? FIREWALL_PAUSE : -1);
		if (news > 0 && (news & NEWS_FIREWALL) != 0)
			looks = FIREWALL_LOOKS;
	}
	mnl_socket_close(sock);
	return news;
}
