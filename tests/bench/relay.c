/* How many packets a second a tunnel program gets and gives over `tapctl relay`, beside one that has the device's fd.
 *
 * usage: relay TAPCTL NETWORK ROUNDS
 *
 * Packets of UDP of 1,400 bytes, as a host makes them, one direction after the other, for half a second each, both ways
 * in turn; the host's program that they are for reads them. The program in the tunnel does nothing with them, so it is
 * as fast as none that encrypts. Runs as root beside a running broker; NETWORK is one of tuns.
 */

#include "client/tapbroker.h"
#include "tests/bench/stats.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PACKET 1400
#define DURATION 500000 /* microseconds */
#define NAME "bench0"
#define HERE "10.99.0.2"
#define THERE "10.99.0.1"
#define AT_ONCE 64

/* What a program has of a device: the fd, or one end of a relay's socket. */
struct way {
	struct tap *tap;
	pid_t relay;
	int fd;
};

/* The relay's device is there when it has its name. */
static void give_address(void)
{
	while (system("ip addr add " HERE "/24 dev " NAME " 2>/dev/null && ip link set " NAME " txqueuelen 1000") != 0)
		usleep(10000);
}

static void open_direct(struct way *way, const char *network)
{
	struct tap_request request = TAP_REQUEST_INIT;

	request.network = network;
	request.name = NAME;
	way->fd = tap_open_request(&request, &way->tap);
	if (way->fd < 0)
		fail("tap_open_request");
	give_address();
}

static void open_relay(struct way *way, const char *tapctl, const char *network)
{
	int sockets[2];
	char number[16];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets) < 0)
		fail("socketpair");
	way->relay = fork();
	if (way->relay == 0) {
		close(sockets[0]);
		snprintf(number, sizeof(number), "%d", sockets[1]);
		setenv("VPNFD", number, 1);
		execl(tapctl, tapctl, "relay", "--name=" NAME, "--no-configure", network, (char *)NULL);
		fail(tapctl);
	}
	close(sockets[1]);
	way->fd = sockets[0];
	give_address();
}

static void close_way(struct way *way)
{
	if (way->relay > 0) {
		kill(way->relay, SIGTERM);
		waitpid(way->relay, NULL, 0);
		close(way->fd);
	}
	tap_close(way->tap);
	while (access("/sys/class/net/" NAME, F_OK) == 0)
		usleep(1000);
	*way = (struct way){.fd = -1};
}

/* A process that sends datagrams into the device until it is killed. */
static pid_t start_sender(void)
{
	static char payload[PACKET - sizeof(struct iphdr) - sizeof(struct udphdr)];
	struct iovec data = {payload, sizeof(payload)};
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct mmsghdr messages[AT_ONCE];
	pid_t pid = fork();
	int sock;

	if (pid != 0)
		return pid;
	inet_pton(AF_INET, THERE, &address.sin_addr);
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	memset(messages, 0, sizeof(messages));
	for (int i = 0; i < AT_ONCE; i++)
		messages[i].msg_hdr = (struct msghdr){.msg_name = &address,
						      .msg_namelen = sizeof(address),
						      .msg_iov = &data,
						      .msg_iovlen = 1};
	for (;;)
		sendmmsg(sock, messages, AT_ONCE, 0);
}

/* Packets a second that the program reads while the host sends as many as it can. */
static double measure_out(const struct way *way)
{
	static char packet[65536];
	struct pollfd wanted = {.fd = way->fd, .events = POLLIN};
	pid_t sender = start_sender();
	unsigned long count = 0;
	double start = 0, now = 0;

	while (start == 0 || now - start < DURATION) {
		if (poll(&wanted, 1, 1000) <= 0 || read(way->fd, packet, sizeof(packet)) != PACKET)
			continue;
		now = now_us();
		if (start == 0)
			start = now;
		count++;
	}
	kill(sender, SIGKILL);
	waitpid(sender, NULL, 0);
	return (double)count / (now - start) * 1e6;
}

/* A process that reads what comes for the host until it is killed. */
static pid_t start_reader(void)
{
	static char packets[AT_ONCE][PACKET];
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct mmsghdr messages[AT_ONCE];
	struct iovec data[AT_ONCE];
	int sock = socket(AF_INET, SOCK_DGRAM, 0);
	pid_t pid;

	if (sock < 0 || bind(sock, (struct sockaddr *)&address, sizeof(address)) < 0)
		fail("bind");
	pid = fork();
	if (pid != 0) {
		close(sock);
		return pid;
	}
	memset(messages, 0, sizeof(messages));
	for (int i = 0; i < AT_ONCE; i++) {
		data[i] = (struct iovec){packets[i], PACKET};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &data[i], .msg_iovlen = 1};
	}
	for (;;)
		recvmmsg(sock, messages, AT_ONCE, MSG_WAITFORONE, NULL);
}

/* Packets that have come to the host. The device counts those that come together as one, but all of their bytes,
 * without the headers of all but the first: so these are a few less than there were. */
static double received(void)
{
	unsigned long bytes = 0;
	FILE *file = fopen("/sys/class/net/" NAME "/statistics/rx_bytes", "re");

	if (file == NULL || fscanf(file, "%lu", &bytes) != 1)
		fail("statistics");
	fclose(file);
	return (double)bytes / PACKET;
}

static uint16_t checksum(uint32_t sum, const void *data, size_t length)
{
	const uint16_t *words = data;

	for (size_t i = 0; i < length / 2; i++)
		sum += words[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* A packet as a host sends it: with both checksums, and it may not be cut. */
static void make_packet(char packet[PACKET])
{
	struct iphdr *ip = (struct iphdr *)packet;
	struct udphdr *udp = (struct udphdr *)(ip + 1);
	uint32_t pseudo;

	memset(packet, 0, PACKET);
	*ip = (struct iphdr){.version = 4,
			     .ihl = 5,
			     .tot_len = htons(PACKET),
			     .frag_off = htons(IP_DF),
			     .ttl = 64,
			     .protocol = IPPROTO_UDP};
	inet_pton(AF_INET, THERE, &ip->saddr);
	inet_pton(AF_INET, HERE, &ip->daddr);
	ip->check = checksum(0, ip, sizeof(*ip));
	*udp = (struct udphdr){.dest = htons(9), .len = htons(PACKET - sizeof(*ip))};
	pseudo = (uint16_t)~checksum(0, &ip->saddr, 8);
	udp->check = checksum(pseudo + htons(IPPROTO_UDP) + udp->len, udp, PACKET - sizeof(*ip));
}

/* Packets a second that the host gets while the program writes as many as it can. */
static double measure_in(const struct way *way)
{
	static _Alignas(8) char packet[PACKET];
	double before = received();
	double start = now_us(), now = start;
	pid_t reader = start_reader();
	double count;

	make_packet(packet);
	while (now - start < DURATION) {
		if (write(way->fd, packet, sizeof(packet)) < 0)
			fail("write");
		now = now_us();
	}
	count = received() - before;
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
	return count / (now - start) * 1e6;
}

static void show(const char *what, struct samples *direct, struct samples *relay)
{
	double one = samples_percentile(direct, 50), other = samples_percentile(relay, 50);

	printf("  %-34s %9.0f packets/s on the fd %9.0f over the relay\n", what, one, other);
	printf("  %-40s = %8.2f (aim: at least 0.80)\n", what, other / one);
}

int main(int argc, char **argv)
{
	struct samples direct_out, direct_in, relay_out, relay_in;
	struct way way = {.fd = -1};
	unsigned int rounds;

	if (argc != 4) {
		fprintf(stderr, "usage: relay TAPCTL NETWORK ROUNDS\n");
		return 2;
	}
	rounds = (unsigned int)atoi(argv[3]);
	samples_init(&direct_out, rounds);
	samples_init(&direct_in, rounds);
	samples_init(&relay_out, rounds);
	samples_init(&relay_in, rounds);
	for (unsigned int i = 0; i < rounds; i++) {
		open_direct(&way, argv[2]);
		samples_add(&direct_out, measure_out(&way));
		samples_add(&direct_in, measure_in(&way));
		close_way(&way);
		open_relay(&way, argv[1], argv[2]);
		samples_add(&relay_out, measure_out(&way));
		samples_add(&relay_in, measure_in(&way));
		close_way(&way);
	}
	show("host to program", &direct_out, &relay_out);
	show("program to host", &direct_in, &relay_in);
	return 0;
}
