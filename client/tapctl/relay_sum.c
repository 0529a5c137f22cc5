/* The checksum of the Internet: see relay_sum.h. Runs as the user. It is the same in whatever order of bytes the words
 * are added, so they are added and stored as the machine has them. */
#include "client/tapctl/relay_sum.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>

uint64_t sum_add(uint64_t sum, const void *bytes, size_t length)
{
	const unsigned char *next = bytes;
	uint32_t word;
	uint16_t half = 0;

	for (; length >= sizeof(word); length -= sizeof(word), next += sizeof(word)) {
		memcpy(&word, next, sizeof(word));
		sum += word;
	}
	if (length >= sizeof(half)) {
		memcpy(&half, next, sizeof(half));
		sum += half;
		length -= sizeof(half);
		next += sizeof(half);
	}
	half = 0;
	memcpy(&half, next, length);
	return sum + half;
}

uint16_t sum_fold(uint64_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint64_t sum_add_pseudo(uint64_t sum, const void *ip, unsigned int protocol, size_t length)
{
	const unsigned char *bytes = ip;

	if (bytes[0] >> 4 == 4)
		sum = sum_add(sum, bytes + offsetof(struct iphdr, saddr), 2 * sizeof(struct in_addr));
	else
		sum = sum_add(sum, bytes + offsetof(struct ip6_hdr, ip6_src), 2 * sizeof(struct in6_addr));
	return sum + htonl(protocol) + htonl((uint32_t)length);
}

void sum_set_length(void *ip, size_t length)
{
	struct iphdr *ip4 = ip;
	struct ip6_hdr *ip6 = ip;

	if (ip4->version == 6) {
		ip6->ip6_plen = htons((uint16_t)(length - sizeof(*ip6)));
		return;
	}
	ip4->tot_len = htons((uint16_t)length);
	ip4->check = 0;
	ip4->check = (uint16_t)~sum_fold(sum_add(0, ip4, ip4->ihl * 4u));
}
