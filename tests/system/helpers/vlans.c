/* vlans FD MAC LINK...: which frames of a tap's holder get out of its VLAN, and which get in?
 *
 * Sends frames from MAC by the tap, with no tag, one, or two, and prints a line for each: what it was, and at which of
 * the LINKs it arrived, with the tags that it had there. Then sends by each LINK, and prints whether the tap got that.
 *
 * The tap is one of VLAN 20, and there is a VLAN 30. Runs as root in the guest with Debian's kernel.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LINKS_MAX 8
#define FRAME_SIZE 80
#define TAGS_MAX 2
#define QUIET 300 /* milliseconds after which nothing more comes */

/* What is behind the addresses: tags, EtherType, and which frame of all it is. */
struct kind {
	const char *name;
	struct {
		uint16_t type;
		uint16_t vlan;
	} tags[TAGS_MAX];
};

static const struct kind kinds[] = {
	{"untagged", {{0, 0}}},
	{"tagged 20", {{0x8100, 20}}},
	{"tagged 30", {{0x8100, 30}}},
	{"priority, then 30", {{0x8100, 0}, {0x8100, 30}}},
	{"20, then 30", {{0x8100, 20}, {0x8100, 30}}},
	{"30, then 20", {{0x8100, 30}, {0x8100, 20}}},
	{"service tag 30", {{0x88a8, 30}}},
	{"service tag 20, then 30", {{0x88a8, 20}, {0x8100, 30}}},
};

static const char *names[LINKS_MAX];
static int socks[LINKS_MAX];
static int links;
static int tap;
static struct ether_addr own;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "vlans: %s: %s\n", what, strerror(errno));
	exit(1);
}

static size_t put(uint8_t *frame, size_t at, uint16_t number)
{
	frame[at] = (uint8_t)(number >> 8);
	frame[at + 1] = (uint8_t)number;
	return at + 2;
}

/* A broadcast whose EtherType is IPv4's, and whose content is a number of ours. */
static void write_frame(uint8_t frame[FRAME_SIZE], const struct kind *kind, uint8_t number)
{
	size_t at = 2 * ETH_ALEN;

	memset(frame, 0, FRAME_SIZE);
	memset(frame, 0xff, ETH_ALEN);
	memcpy(frame + ETH_ALEN, &own, ETH_ALEN);
	for (size_t i = 0; kind != NULL && i < TAGS_MAX && kind->tags[i].type != 0; i++) {
		at = put(frame, at, kind->tags[i].type);
		at = put(frame, at, kind->tags[i].vlan);
	}
	at = put(frame, at, ETHERTYPE_IP);
	frame[at] = 0x45;
	memset(frame + at + 1, number, FRAME_SIZE - at - 1);
}

/* Prints the tags that the frame arrived with: the first one stands beside it, or the link's driver left it there. */
static void print_tags(const char *name, const uint8_t *frame, const struct tpacket_auxdata *beside)
{
	size_t at = 2 * ETH_ALEN;

	printf(" %s", name);
	if ((beside->tp_status & TP_STATUS_VLAN_VALID) != 0)
		printf("/%u", beside->tp_vlan_tci & 0xfff);
	while ((frame[at] == 0x81 && frame[at + 1] == 0) || (frame[at] == 0x88 && frame[at + 1] == 0xa8)) {
		printf("/%u", (frame[at + 2] << 8 | frame[at + 3]) & 0xfff);
		at += 4;
	}
}

/* Takes what has come to the link, and tells of the frame with that number. */
static void look(int link, uint8_t number)
{
	uint8_t frame[2048];
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct iovec part = {.iov_base = frame, .iov_len = sizeof(frame)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control};

	for (;;) {
		struct tpacket_auxdata beside = {0};
		ssize_t size;

		message.msg_controllen = sizeof(control);
		size = recvmsg(socks[link], &message, MSG_DONTWAIT);
		if (size < 0)
			return;
		if (CMSG_FIRSTHDR(&message) != NULL)
			memcpy(&beside, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(beside));
		if (size > 60 && frame[60] == number)
			print_tags(names[link], frame, &beside);
	}
}

static void wait_a_while(void)
{
	nanosleep(&(struct timespec){.tv_nsec = QUIET * 1000000l}, NULL);
}

static void send_out(const struct kind *kind, uint8_t number)
{
	uint8_t frame[FRAME_SIZE];

	write_frame(frame, kind, number);
	printf("%s:", kind->name);
	if (write(tap, frame, sizeof(frame)) < 0)
		printf(" (%s)", strerrorname_np(errno));
	wait_a_while();
	for (int i = 0; i < links; i++)
		look(i, number);
	putchar('\n');
}

/* True if a frame with that number has come to the tap, and has no tag. */
static bool has_come(uint8_t number)
{
	struct pollfd one = {.fd = tap, .events = POLLIN};
	uint8_t frame[2048];

	while (poll(&one, 1, QUIET) == 1)
		if (read(tap, frame, sizeof(frame)) > 60 && frame[60] == number && frame[12] == 0x08)
			return true;
	return false;
}

static void send_in(int link, uint8_t number)
{
	uint8_t frame[FRAME_SIZE];

	write_frame(frame, NULL, number);
	frame[ETH_ALEN + 5] = (uint8_t)~frame[ETH_ALEN + 5]; /* of another */
	if (send(socks[link], frame, sizeof(frame), 0) < 0)
		fail(names[link]);
	printf("from %s: %s\n", names[link], has_come(number) ? "comes" : "-");
}

static int open_link(const char *name)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_protocol = htons(ETH_P_ALL),
				      .sll_ifindex = (int)if_nametoindex(name)};
	int yes = 1;
	int sock = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	if (sock < 0 || setsockopt(sock, SOL_PACKET, PACKET_AUXDATA, &yes, sizeof(yes)) < 0 ||
	    setsockopt(sock, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) < 0 ||
	    bind(sock, (struct sockaddr *)&address, sizeof(address)) < 0)
		fail(name);
	return sock;
}

int main(int argc, char **argv)
{
	uint8_t number = 1;

	if (argc < 4 || argc > 3 + LINKS_MAX || ether_aton_r(argv[2], &own) == NULL)
		return 2;
	tap = atoi(argv[1]);
	for (links = 0; links < argc - 3; links++) {
		names[links] = argv[3 + links];
		socks[links] = open_link(names[links]);
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		send_out(&kinds[i], number++);
	for (int i = 0; i < links; i++)
		send_in(i, number++);
	return 0;
}
