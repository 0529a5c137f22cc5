/* Joins packets: see relay_join.h. Runs as the user, on what a program has sent, which may be anything: what is not a
 * whole, plain packet with right checksums goes alone, for the kernel to judge. */
#include "client/tapctl/relay_join.h"

#include "client/tapctl/relay_sum.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <string.h>

#define WHOLE_MAX 65535 /* bytes: of what is joined, as IPv4 can say it */
#define TCP_FLAGS 13    /* where they are in the header */

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4 /* Linux 6.2 */
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

/* A packet that could be joined. */
struct flow {
	const unsigned char *packet;
	size_t length;
	size_t transport; /* where the header of TCP or UDP begins */
	size_t header;    /* how many bytes all headers have */
	unsigned int protocol;
};

static bool read_ip4(struct flow *flow)
{
	struct iphdr ip;

	if (flow->length < sizeof(ip))
		return false;
	memcpy(&ip, flow->packet, sizeof(ip));
	flow->transport = sizeof(ip);
	flow->protocol = ip.protocol;
	/* No options, and no part of a packet. Without "do not fragment", its number would count. */
	return ip.ihl * 4u == sizeof(ip) && ip.frag_off == htons(IP_DF) && ntohs(ip.tot_len) == flow->length &&
	       sum_fold(sum_add(0, flow->packet, sizeof(ip))) == 0xffff;
}

static bool read_ip6(struct flow *flow)
{
	struct ip6_hdr ip;

	if (flow->length < sizeof(ip))
		return false;
	memcpy(&ip, flow->packet, sizeof(ip));
	flow->transport = sizeof(ip);
	flow->protocol = ip.ip6_nxt;
	return ntohs(ip.ip6_plen) + sizeof(ip) == flow->length;
}

/* A packet of data with no flag but ACK, and perhaps PSH: anything else has a meaning of its own. */
static bool read_tcp(struct flow *flow)
{
	const unsigned char *tcp = flow->packet + flow->transport;

	if (flow->length < flow->transport + sizeof(struct tcphdr))
		return false;
	flow->header = flow->transport + (tcp[TCP_FLAGS - 1] >> 4) * 4u;
	return flow->header >= flow->transport + sizeof(struct tcphdr) && (tcp[TCP_FLAGS - 1] & 0x0f) == 0 &&
	       (tcp[TCP_FLAGS] | TH_PUSH) == (TH_ACK | TH_PUSH);
}

static bool read_udp(struct flow *flow)
{
	struct udphdr udp;

	flow->header = flow->transport + sizeof(udp);
	if (flow->length < flow->header)
		return false;
	memcpy(&udp, flow->packet + flow->transport, sizeof(udp));
	return udp.check != 0 && ntohs(udp.len) == flow->length - flow->transport;
}

/* The kernel looks at no checksum of what is joined, so it is looked at here. */
static bool has_right_checksum(const struct flow *flow)
{
	size_t length = flow->length - flow->transport;
	uint64_t sum = sum_add(0, flow->packet + flow->transport, length);

	return sum_fold(sum_add_pseudo(sum, flow->packet, flow->protocol, length)) == 0xffff;
}

/* Returns false for what goes alone. */
static bool read_flow(struct flow *flow, const struct iovec *packet, bool udp)
{
	*flow = (struct flow){.packet = packet->iov_base, .length = packet->iov_len};
	if (flow->length == 0)
		return false;
	if (flow->packet[0] >> 4 == 4 ? !read_ip4(flow) : flow->packet[0] >> 4 != 6 || !read_ip6(flow))
		return false;
	if (flow->protocol == IPPROTO_TCP ? !read_tcp(flow) : flow->protocol != IPPROTO_UDP || !udp || !read_udp(flow))
		return false;
	return flow->header < flow->length && has_right_checksum(flow);
}

static bool same(const struct flow *one, const struct flow *other, size_t from, size_t to)
{
	return memcmp(one->packet + from, other->packet + from, to - from) == 0;
}

/* All but the length, the number and the checksum. */
static bool same_ip(const struct flow *one, const struct flow *other)
{
	if (one->packet[0] >> 4 == 4)
		return same(one, other, 0, offsetof(struct iphdr, tot_len)) &&
		       same(one, other, offsetof(struct iphdr, frag_off), offsetof(struct iphdr, check)) &&
		       same(one, other, offsetof(struct iphdr, saddr), sizeof(struct iphdr));
	return same(one, other, 0, offsetof(struct ip6_hdr, ip6_plen)) &&
	       same(one, other, offsetof(struct ip6_hdr, ip6_nxt), sizeof(struct ip6_hdr));
}

static uint32_t sequence(const struct flow *flow)
{
	uint32_t number;

	memcpy(&number, flow->packet + flow->transport + offsetof(struct tcphdr, seq), sizeof(number));
	return ntohl(number);
}

/* All but the checksum and the push flag, and the number is the next one. */
static bool same_tcp(const struct flow *first, const struct flow *next, size_t payload)
{
	size_t tcp = first->transport;

	return same(first, next, tcp, tcp + offsetof(struct tcphdr, seq)) &&
	       same(first, next, tcp + offsetof(struct tcphdr, ack_seq), tcp + TCP_FLAGS) &&
	       same(first, next, tcp + offsetof(struct tcphdr, window), tcp + offsetof(struct tcphdr, check)) &&
	       same(first, next, tcp + offsetof(struct tcphdr, urg_ptr), first->header) &&
	       sequence(next) == sequence(first) + (uint32_t)payload;
}

/* Does the packet go on with what is joined already? */
static bool follows(const struct flow *first, const struct flow *next, size_t payload)
{
	if (first->packet[0] >> 4 != next->packet[0] >> 4 || first->protocol != next->protocol ||
	    first->header != next->header || next->length > first->length || !same_ip(first, next))
		return false;
	if (first->header + payload + next->length - next->header > WHOLE_MAX)
		return false;
	return first->protocol == IPPROTO_TCP
		       ? same_tcp(first, next, payload)
		       : same(first, next, first->transport, first->transport + offsetof(struct udphdr, len));
}

static bool pushes(const struct flow *flow)
{
	return flow->protocol == IPPROTO_TCP && (flow->packet[flow->transport + TCP_FLAGS] & TH_PUSH) != 0;
}

/* The headers of what is joined: those of the first packet, with the flags of the last and the length of all. The
 * checksum is that of the pseudo header alone; the kernel does the rest if anybody needs it. */
static void write_header(struct join *join, const struct flow *first, const struct flow *last, size_t payload)
{
	bool tcp = first->protocol == IPPROTO_TCP;
	size_t length = first->header - first->transport + payload;
	uint16_t sum = sum_fold(sum_add_pseudo(0, first->packet, first->protocol, length));
	uint16_t udp_length = htons((uint16_t)length);
	size_t checksum = tcp ? offsetof(struct tcphdr, check) : offsetof(struct udphdr, check);
	unsigned char *transport = join->header + first->transport;

	memcpy(join->header, first->packet, first->header);
	sum_set_length(join->header, first->transport + length);
	if (tcp)
		transport[TCP_FLAGS] = last->packet[last->transport + TCP_FLAGS];
	else
		memcpy(transport + offsetof(struct udphdr, len), &udp_length, sizeof(udp_length));
	memcpy(transport + checksum, &sum, sizeof(sum));
	join->said = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = !tcp                         ? VIRTIO_NET_HDR_GSO_UDP_L4
			    : first->packet[0] >> 4 == 4 ? VIRTIO_NET_HDR_GSO_TCPV4
							 : VIRTIO_NET_HDR_GSO_TCPV6,
		.hdr_len = (uint16_t)first->header,
		.gso_size = (uint16_t)(first->length - first->header),
		.csum_start = (uint16_t)first->transport,
		.csum_offset = (uint16_t)checksum,
	};
}

void join_none(struct join *join, const struct iovec *packet)
{
	join->said = (struct virtio_net_hdr){.gso_type = VIRTIO_NET_HDR_GSO_NONE};
	join->parts[0] = (struct iovec){&join->said, sizeof(join->said)};
	join->parts[1] = *packet;
	join->parts_count = 2;
}

int join_packets(struct join *join, const struct iovec *packets, int count, bool udp)
{
	struct flow first;
	struct flow last;
	struct flow next;
	size_t payload;
	int joined = 1;

	join_none(join, packets);
	if (count < 2 || !read_flow(&first, packets, udp))
		return 1;
	last = first;
	payload = first.length - first.header;
	/* A shorter packet, and one that pushes, is the last one. */
	while (joined < count && joined < JOIN_MAX && last.length == first.length && !pushes(&last) &&
	       read_flow(&next, &packets[joined], udp) && follows(&first, &next, payload)) {
		last = next;
		payload += next.length - next.header;
		joined++;
		join->parts[joined + 1] = (struct iovec){(unsigned char *)packets[joined - 1].iov_base + next.header,
							 next.length - next.header};
	}
	if (joined == 1)
		return 1;
	write_header(join, &first, &last, payload);
	join->parts[1] = (struct iovec){join->header, first.header};
	join->parts[2] =
		(struct iovec){(unsigned char *)packets[0].iov_base + first.header, first.length - first.header};
	join->parts_count = joined + 2;
	return joined;
}
