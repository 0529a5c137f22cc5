/* Cuts packets: see relay_cut.h. Runs as the user, on what the kernel has given. */
#include "client/tapctl/relay_cut.h"

#include "client/tapctl/relay_sum.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <string.h>

#define TCP_CHECKSUM offsetof(struct tcphdr, check)
#define UDP_CHECKSUM offsetof(struct udphdr, check)
#define TCP_LAST_ONLY (TH_FIN | TH_PUSH) /* flags that only the last packet has */
#define TCP_FLAGS 13                     /* where they are */

static uint16_t get16(const unsigned char *bytes)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static void put16(unsigned char *bytes, uint16_t value)
{
	memcpy(bytes, &value, sizeof(value));
}

/* A checksum of 0 means none in UDP; in TCP both zeros are the same. */
static uint16_t turned(uint64_t sum)
{
	uint16_t checksum = (uint16_t)~sum_fold(sum);

	return checksum == 0 ? 0xffff : checksum;
}

/* The kernel has put the sum of the pseudo header where the checksum belongs. */
static int complete_checksum(const struct virtio_net_hdr *said, unsigned char *packet, size_t length)
{
	size_t place = (size_t)said->csum_start + said->csum_offset;

	if (place + sizeof(uint16_t) > length)
		return -EINVAL;
	put16(packet + place, turned(sum_add(0, packet + said->csum_start, length - said->csum_start)));
	return 0;
}

/* How long the header of TCP or UDP is. 0: it is neither. */
static size_t transport_length(const struct cut *cut)
{
	size_t least = cut->is_tcp ? sizeof(struct tcphdr) : sizeof(struct udphdr);
	struct tcphdr tcp;

	if (cut->transport + least > cut->length)
		return 0;
	if (!cut->is_tcp)
		return least;
	memcpy(&tcp, cut->packet + cut->transport, sizeof(tcp));
	return tcp.doff * 4u >= least ? tcp.doff * 4u : 0;
}

int cut_begin(struct cut *cut, const struct virtio_net_hdr *said, void *packet, size_t length)
{
	unsigned int type = said->gso_type & ~(unsigned int)VIRTIO_NET_HDR_GSO_ECN;
	size_t header;

	*cut = (struct cut){.packet = packet, .length = length, .whole = type == VIRTIO_NET_HDR_GSO_NONE};
	if (cut->whole)
		return (said->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0 ? complete_checksum(said, packet, length) : 0;
	cut->is_tcp = type == VIRTIO_NET_HDR_GSO_TCPV4 || type == VIRTIO_NET_HDR_GSO_TCPV6;
	cut->transport = said->csum_start;
	cut->size = said->gso_size;
	header = transport_length(cut);
	cut->header = cut->transport + header;
	if (header == 0 || cut->size == 0 || cut->header >= length || cut->header > CUT_HEADER_MAX ||
	    cut->transport < sizeof(struct iphdr))
		return -EINVAL;
	return 0;
}

/* The length, and in IPv4 a number and a checksum, too. */
static void write_ip(const struct cut *cut, unsigned char *header, size_t length)
{
	struct iphdr *ip = (struct iphdr *)header;

	if (ip->version != 6)
		ip->id = htons((uint16_t)(ntohs(ip->id) + cut->number));
	sum_set_length(ip, length);
}

static void write_tcp(const struct cut *cut, unsigned char *tcp, bool last)
{
	uint32_t sequence;

	memcpy(&sequence, tcp + offsetof(struct tcphdr, seq), sizeof(sequence));
	sequence = htonl(ntohl(sequence) + (uint32_t)cut->done);
	memcpy(tcp + offsetof(struct tcphdr, seq), &sequence, sizeof(sequence));
	if (!last)
		tcp[TCP_FLAGS] &= (unsigned char)~TCP_LAST_ONLY;
}

/* The sum of the pseudo header stands where the checksum belongs: it is that of the whole, with the whole's length. */
static void write_checksum(const struct cut *cut, unsigned char *header, const struct iovec *payload)
{
	unsigned char *place = header + cut->transport + (cut->is_tcp ? TCP_CHECKSUM : UDP_CHECKSUM);
	uint16_t whole = htons((uint16_t)(cut->length - cut->transport));
	uint16_t this = htons((uint16_t)(cut->header - cut->transport + payload->iov_len));
	uint64_t sum = (uint64_t)get16(place) + (uint16_t)~whole + this;

	put16(place, 0);
	sum = sum_add(sum, header + cut->transport, cut->header - cut->transport);
	put16(place, turned(sum_add(sum, payload->iov_base, payload->iov_len)));
}

bool cut_next(struct cut *cut, unsigned char header[CUT_HEADER_MAX], struct iovec parts[2])
{
	size_t left = cut->length - cut->header - cut->done;
	size_t size = left < cut->size ? left : cut->size;

	if (left == 0)
		return false;
	if (cut->whole) {
		parts[0] = (struct iovec){cut->packet, cut->length};
		parts[1] = (struct iovec){cut->packet, 0};
		cut->done = cut->length;
		return true;
	}
	memcpy(header, cut->packet, cut->header);
	parts[0] = (struct iovec){header, cut->header};
	parts[1] = (struct iovec){cut->packet + cut->header + cut->done, size};
	write_ip(cut, header, cut->header + size);
	if (cut->is_tcp)
		write_tcp(cut, header + cut->transport, size == left);
	else
		put16(header + cut->transport + offsetof(struct udphdr, len),
		      htons((uint16_t)(sizeof(struct udphdr) + size)));
	write_checksum(cut, header, &parts[1]);
	cut->done += size;
	cut->number++;
	return true;
}
