/* What the way costs that each frame of a device takes: over a tap that root has made without any lock, over one that
 * the broker has put on the bridge with all of its locks, over one in the shield, and over a macvtap.
 *
 * usage: frames ROUNDS BRIDGE DIRECT SHIELDED MACVTAP BRIDGE_END PARENT_END
 *
 * DIRECT and SHIELDED are networks with ports of BRIDGE, behind whose uplink is the link BRIDGE_END; MACVTAP is one
 * whose parent has the other end PARENT_END. Runs as root beside a running broker. One process sends each frame and
 * sees it arrive, so that a time is that of all that happens in between; every round measures each way once, so that
 * whatever drifts hits all alike.
 */

#include "client/tapbroker.h"
#include "tests/bench/kernel.h"
#include "tests/bench/stats.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SMALL 64
#define LARGE 65000  /* with what the sender's kernel leaves to a card: segments and a checksum */
#define SEGMENT 1448 /* bytes */
#define AT_ONCE 32   /* frames that wait in a device's queue */
#define SMALL_COUNT 1600
#define LARGE_COUNT 160

enum { PLAIN, DIRECT, SHIELDED, MACVTAP, WAYS };
enum { OUT_SMALL, IN_SMALL, OUT_LARGE, IN_LARGE, COURSES };

static const char *const way_names[WAYS] = {"plain", "direct, locked", "shielded, locked", "macvtap"};
static const char *const course_names[COURSES] = {
	[OUT_SMALL] = "64 bytes, from the device",
	[IN_SMALL] = "64 bytes, to the device",
	[OUT_LARGE] = "65,000 bytes, from the device",
	[IN_LARGE] = "65,000 bytes, to the device",
};

/* The machine behind the uplink, whom the bridge knows; there is none. */
static const uint8_t neighbour[ETH_ALEN] = {0x02, 0, 0, 0, 0, 0x99};

struct frame {
	struct virtio_net_hdr offloads;
	struct ethhdr ethernet;
	struct iphdr ip;
	struct tcphdr tcp;
	uint8_t payload[LARGE - sizeof(struct ethhdr) - sizeof(struct iphdr) - sizeof(struct tcphdr)];
} __attribute__((packed));

struct way {
	int fd;
	int far; /* a packet socket of the link at the far end */
	const char *end;
	uint8_t mac[ETH_ALEN];
	struct samples nanoseconds[COURSES];
	unsigned long lost;
};

static struct frame frame;

/* br_netfilter drops an IP header without it. */
static uint16_t checksum(const struct iphdr *ip)
{
	uint16_t words[sizeof(*ip) / 2];
	uint32_t sum = 0;

	memcpy(words, ip, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

static void build_frame(const uint8_t from[ETH_ALEN], const uint8_t to[ETH_ALEN], size_t size)
{
	struct iphdr header;

	memset(&frame, 0, sizeof(frame));
	memcpy(frame.ethernet.h_source, from, ETH_ALEN);
	memcpy(frame.ethernet.h_dest, to, ETH_ALEN);
	frame.ethernet.h_proto = htons(ETH_P_IP);
	frame.ip = (struct iphdr){.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP};
	frame.ip.tot_len = htons((uint16_t)(size - sizeof(frame.ethernet)));
	inet_pton(AF_INET, "10.99.0.2", &frame.ip.saddr);
	inet_pton(AF_INET, "10.99.0.1", &frame.ip.daddr);
	header = frame.ip;
	frame.ip.check = checksum(&header);
	frame.tcp.doff = sizeof(frame.tcp) / 4;
	frame.tcp.ack = 1;
	if (size > SMALL)
		frame.offloads = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
							 .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
							 .hdr_len = sizeof(frame.ethernet) + sizeof(frame.ip) +
								    sizeof(frame.tcp),
							 .gso_size = SEGMENT,
							 .csum_start = sizeof(frame.ethernet) + sizeof(frame.ip),
							 .csum_offset = offsetof(struct tcphdr, check)};
}

static unsigned long arrived(const struct way *way)
{
	unsigned long count = 0;
	char path[80];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/rx_packets", way->end);
	file = fopen(path, "re");
	if (file == NULL || fscanf(file, "%lu", &count) != 1)
		fail(path);
	fclose(file);
	return count;
}

static double measure_out(struct way *way, size_t size, unsigned int count)
{
	unsigned long before, there;
	double start, us;

	build_frame(way->mac, neighbour, size);
	size += sizeof(frame.offloads);
	before = arrived(way);
	start = now_us();
	for (unsigned int i = 0; i < count; i++)
		if (write(way->fd, &frame, size) != (ssize_t)size)
			fail("write");
	us = now_us() - start;
	there = arrived(way) - before;
	if (there < count)
		way->lost += count - there;
	return us * 1e3 / count;
}

/* Other frames come as well: the host's own, to everybody. */
static bool receive(const struct way *way)
{
	static struct frame got;
	struct pollfd wanted = {.fd = way->fd, .events = POLLIN};

	while (poll(&wanted, 1, 10) > 0)
		if (read(way->fd, &got, sizeof(got)) > 0 && memcmp(got.ethernet.h_source, neighbour, ETH_ALEN) == 0)
			return true;
	return false;
}

static double measure_in(struct way *way, size_t size, unsigned int count)
{
	struct iovec data = {&frame, size + sizeof(frame.offloads)};
	struct mmsghdr messages[AT_ONCE];
	unsigned int got;
	double start;

	memset(messages, 0, sizeof(messages));
	for (int i = 0; i < AT_ONCE; i++)
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &data, .msg_iovlen = 1};
	build_frame(neighbour, way->mac, size);
	start = now_us();
	for (unsigned int i = 0; i < count; i += AT_ONCE) {
		if (sendmmsg(way->far, messages, AT_ONCE, 0) != AT_ONCE)
			fail("sendmmsg");
		got = 0;
		while (got < AT_ONCE && receive(way))
			got++;
		way->lost += AT_ONCE - got;
		if (got == 0) {
			errno = ENETUNREACH;
			fail(way->end);
		}
	}
	return (now_us() - start) * 1e3 / count;
}

static double measure(struct way *way, unsigned int course)
{
	switch (course) {
	case OUT_SMALL:
		return measure_out(way, SMALL, SMALL_COUNT);
	case IN_SMALL:
		return measure_in(way, SMALL, SMALL_COUNT);
	case OUT_LARGE:
		return measure_out(way, LARGE, LARGE_COUNT);
	default:
		return measure_in(way, LARGE, LARGE_COUNT);
	}
}

static void open_far(struct way *way, const char *end)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(end)};
	int on = 1, room = 4 * AT_ONCE * LARGE;

	way->end = end;
	way->far = socket(AF_PACKET, SOCK_RAW, 0);
	if (way->far < 0 || setsockopt(way->far, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) < 0 ||
	    setsockopt(way->far, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0 ||
	    bind(way->far, (struct sockaddr *)&address, sizeof(address)) < 0)
		fail(end);
}

static void open_brokered(struct way *way, const char *network)
{
	struct tap_request request = TAP_REQUEST_INIT;
	struct tap *tap;

	request.network = network;
	request.flags = TAP_VNET_HDR;
	way->fd = tap_open_request(&request, &tap);
	if (way->fd < 0)
		fail(network);
	memcpy(way->mac, tap_mac(tap), ETH_ALEN);
}

static void open_plain(struct way *way, const char *bridge)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	way->fd = kernel_open(if_nametoindex(bridge), IFF_VNET_HDR);
	if (ioctl(way->fd, SIOCGIFHWADDR, &request) < 0)
		fail("SIOCGIFHWADDR");
	memcpy(way->mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
	way->mac[0] ^= 4; /* the guest's, not the device's, which the bridge has for its own */
}

/* The bridge learns where the plain one is. */
static void make_ready(struct way *way, unsigned int rounds)
{
	if (ioctl(way->fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0 ||
	    fcntl(way->fd, F_SETFL, O_NONBLOCK) < 0)
		fail("make a device ready");
	for (unsigned int course = 0; course < COURSES; course++) {
		samples_init(&way->nanoseconds[course], rounds);
		measure(way, course);
	}
	way->lost = 0;
}

/* A frame waits for whatever else the machine does, on each way alike: the quarter of the rounds in which it did least
 * says most of the way. */
static double typical(struct way *way, unsigned int course)
{
	return samples_percentile(&way->nanoseconds[course], 25);
}

static void print_results(struct way *ways)
{
	printf("  %-34s %9s %16s %18s %9s\n", "ns a frame, lower quartile", way_names[PLAIN], way_names[DIRECT],
	       way_names[SHIELDED], way_names[MACVTAP]);
	for (unsigned int course = 0; course < COURSES; course++)
		printf("  %-34s %9.0f %16.0f %18.0f %9.0f\n", course_names[course], typical(&ways[PLAIN], course),
		       typical(&ways[DIRECT], course), typical(&ways[SHIELDED], course),
		       typical(&ways[MACVTAP], course));
	/* tests/bench/run reads the aims. */
	for (unsigned int course = 0; course < COURSES; course++)
		printf("  shielded beside direct, %-30s = %.2f (aim: at least %.2f)\n", course_names[course],
		       typical(&ways[DIRECT], course) / typical(&ways[SHIELDED], course),
		       course < OUT_LARGE ? 0.9 : 0.97);
	for (unsigned int course = OUT_LARGE; course < COURSES; course++)
		printf("  direct beside plain, %-33s = %.2f (aim: at least 0.95)\n", course_names[course],
		       typical(&ways[PLAIN], course) / typical(&ways[DIRECT], course));
	for (unsigned int i = 0; i < WAYS; i++)
		if (ways[i].lost > 0)
			printf("  %s: %lu frames were lost\n", way_names[i], ways[i].lost);
}

int main(int argc, char **argv)
{
	static struct way ways[WAYS];
	unsigned int rounds;

	if (argc != 8) {
		fprintf(stderr, "usage: frames ROUNDS BRIDGE DIRECT SHIELDED MACVTAP BRIDGE_END PARENT_END\n");
		return 2;
	}
	rounds = (unsigned int)atoi(argv[1]);
	open_plain(&ways[PLAIN], argv[2]);
	for (unsigned int i = DIRECT; i < WAYS; i++)
		open_brokered(&ways[i], argv[2 + i]);
	for (unsigned int i = 0; i < WAYS; i++) {
		open_far(&ways[i], argv[i == MACVTAP ? 7 : 6]);
		make_ready(&ways[i], rounds);
	}
	for (unsigned int round = 0; round < rounds; round++)
		for (unsigned int course = 0; course < COURSES; course++)
			for (unsigned int i = 0; i < WAYS; i++)
				samples_add(&ways[i].nanoseconds[course], measure(&ways[i], course));
	print_results(ways);
	return 0;
}
