/* How long tap_configure() takes as an ordinary user, beside what the same netlink messages take root, and polkit's
 * check.
 *
 * usage: configure ROUNDS NETWORK UID
 *
 * NETWORK is one of tuns. Runs as root beside a running broker. What the broker has made is read from the kernel once:
 * root makes the same, entry by entry, while the device is configured with nothing.
 */

#include "broker/shared/tunnel_numbers.h"
#include "tests/bench/client.h"
#include "tests/bench/polkit.h"
#include "tests/bench/stats.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX 64
#define ENTRY_SIZE 512

enum { KERNEL, POLKIT, BROKER, COURSES };

static const char *const names[COURSES] = {
	[KERNEL] = "(a) the same netlink messages, by root",
	[POLKIT] = "(b) polkit: one CheckAuthorization",
	[BROKER] = "(d) tap_configure() as an ordinary user",
};

/* One message each, as the kernel told it, in the order in which they can be made. */
static struct entry {
	char message[ENTRY_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
} entries[ENTRIES_MAX];
static size_t count;
static struct mnl_socket *route;

static bool has_protocol(const struct nlmsghdr *message, size_t header, uint16_t type)
{
	const struct nlattr *attribute;

	mnl_attr_for_each(attribute, message, header) if (mnl_attr_get_type(attribute) ==
							  type) return mnl_attr_get_u8(attribute) == TUNNEL_PROTOCOL;
	return false;
}

static bool is_brokers(const struct nlmsghdr *message)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);

	switch (message->nlmsg_type) {
	case RTM_NEWADDR:
		return has_protocol(message, sizeof(struct ifaddrmsg), IFA_PROTO);
	case RTM_NEWRULE:
		return has_protocol(message, sizeof(struct fib_rule_hdr), FRA_PROTOCOL);
	default:
		return header->rtm_protocol == TUNNEL_PROTOCOL;
	}
}

static int keep(const struct nlmsghdr *message, void *unused)
{
	(void)unused;
	if (!is_brokers(message))
		return MNL_CB_OK;
	if (count == ENTRIES_MAX || message->nlmsg_len > ENTRY_SIZE) {
		errno = ENOBUFS;
		fail("what was configured");
	}
	memcpy(entries[count++].message, message, message->nlmsg_len);
	return MNL_CB_OK;
}

/* Sends messages and reads the answers until the kernel has said that the last one is done. */
static void talk(const void *messages, size_t size, unsigned int answers, mnl_cb_t take)
{
	char answer[32768];

	if (mnl_socket_sendto(route, messages, size) < 0)
		fail("netlink: send");
	while (answers > 0) {
		ssize_t got = mnl_socket_recvfrom(route, answer, sizeof(answer));
		int ret = got < 0 ? -1 : mnl_cb_run(answer, (size_t)got, 0, 0, take, NULL);

		if (ret < 0)
			fail("netlink");
		if (ret == MNL_CB_STOP)
			answers--;
	}
}

static void read_entries(uint16_t type, uint8_t family)
{
	char buffer[64] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct rtgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(struct rtmsg));

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->rtgen_family = family;
	talk(message, message->nlmsg_len, 1, keep);
}

/* One system call, as the broker does it. */
static double make_entries(bool make)
{
	static char batch[ENTRIES_MAX * ENTRY_SIZE];
	size_t size = 0;
	double start;

	for (size_t i = 0; i < count; i++) {
		struct nlmsghdr *message = (struct nlmsghdr *)entries[make ? i : count - 1 - i].message;

		/* The kernel numbers the messages of each kind so: NEW, DEL, GET. */
		message->nlmsg_type = (uint16_t)((message->nlmsg_type & ~3) + (make ? 0 : 1));
		message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (make ? NLM_F_CREATE : 0);
		message->nlmsg_seq = 0;
		memcpy(batch + size, message, message->nlmsg_len);
		size += NLMSG_ALIGN(message->nlmsg_len);
	}
	start = now_us();
	talk(batch, size, (unsigned int)count, NULL);
	return now_us() - start;
}

static void open_route(void)
{
	route = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!route || mnl_socket_bind(route, 0, MNL_SOCKET_AUTOPID) < 0)
		fail("netlink");
}

static double configure(struct client *client, bool tunnel)
{
	client_order_configure(client, tunnel);
	return client_answer(client);
}

static void print_results(struct samples *samples)
{
	double floor = samples_percentile(&samples[KERNEL], 50) + samples_percentile(&samples[POLKIT], 50);

	printf("  %-42s %8s %8s\n", "us", "median", "p99");
	for (unsigned int i = 0; i < COURSES; i++) {
		if (i == BROKER)
			printf("  %-42s %8.0f\n", "(c) the floor: (a) + (b)", floor);
		printf("  %-42s %8.0f %8.0f\n", names[i], samples_percentile(&samples[i], 50),
		       samples_percentile(&samples[i], 99));
	}
	printf("  %zu messages\n", count);
	/* tests/bench/run reads the aim. */
	printf("  (d) / (c) = %.2f (aim: at most 1.20)\n", samples_percentile(&samples[BROKER], 50) / floor);
}

int main(int argc, char **argv)
{
	struct samples samples[COURSES];
	struct client client;
	unsigned int rounds;

	if (argc != 4) {
		fprintf(stderr, "usage: configure ROUNDS NETWORK UID\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	rounds = (unsigned int)atoi(argv[1]);
	for (unsigned int i = 0; i < COURSES; i++)
		samples_init(&samples[i], rounds);
	client_start(&client, (uid_t)atoi(argv[3]), argv[2]);
	client_order_open(&client);
	client_answer(&client);
	polkit_init(client.pid, client.uid);
	open_route();
	configure(&client, true);
	read_entries(RTM_GETADDR, AF_UNSPEC);
	read_entries(RTM_GETROUTE, AF_INET);
	read_entries(RTM_GETROUTE, AF_INET6);
	read_entries(RTM_GETRULE, AF_INET);
	read_entries(RTM_GETRULE, AF_INET6);
	configure(&client, false);
	for (unsigned int i = 0; i < rounds; i++) {
		double start;

		samples_add(&samples[KERNEL], make_entries(true));
		make_entries(false);
		start = now_us();
		polkit_check();
		samples_add(&samples[POLKIT], now_us() - start);
		samples_add(&samples[BROKER], configure(&client, true));
		configure(&client, false);
	}
	print_results(samples);
	return 0;
}
