/* The relay joins packets of one flow for the device, and cuts what the device gives: whoever gets them in the end gets
 * each as it was. What is no plain packet goes alone. */
#include "client/tapctl/relay_cut.h"
#include "client/tapctl/relay_join.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PACKETS 80
#define ROOM 2048

/* What a packet of these tests is. */
struct wish {
	int family;
	unsigned int protocol;
	size_t payload;
	uint32_t sequence;
	unsigned int flags;   /* of TCP */
	unsigned int options; /* bytes of TCP's */
};

static unsigned char bytes[PACKETS][ROOM];
static struct iovec packets[PACKETS];

/* As RFC 1071 says it: bytes in pairs, the first one the higher. */
static unsigned int sum_pairs(unsigned int sum, const unsigned char *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += (unsigned int)data[i] << (i % 2 == 0 ? 8 : 0);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void put16(unsigned char *place, unsigned int value)
{
	place[0] = (unsigned char)(value >> 8);
	place[1] = (unsigned char)value;
}

static void put32(unsigned char *place, uint32_t value)
{
	put16(place, value >> 16);
	put16(place + 2, value & 0xffff);
}

static size_t ip_length(int family)
{
	return family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ip6_hdr);
}

static unsigned int pseudo(const unsigned char *ip, int family, unsigned int protocol, size_t length)
{
	unsigned int sum = family == AF_INET ? sum_pairs(0, ip + 12, 8) : sum_pairs(0, ip + 8, 32);

	return sum + protocol + (unsigned int)length;
}

/* Writes both checksums of a packet. */
static void seal(unsigned char *ip, size_t length, int family, unsigned int protocol)
{
	size_t begin = ip_length(family);
	unsigned char *place = ip + begin + (protocol == IPPROTO_TCP ? 16 : 6);

	if (family == AF_INET) {
		put16(ip + 10, 0);
		put16(ip + 10, ~sum_pairs(0, ip, begin) & 0xffff);
	}
	put16(place, 0);
	put16(place, ~sum_pairs(pseudo(ip, family, protocol, length - begin), ip + begin, length - begin) & 0xffff);
	if (place[0] == 0 && place[1] == 0)
		put16(place, 0xffff);
}

static void make(int number, const struct wish *wish)
{
	unsigned char *ip = bytes[number];
	unsigned char *next = ip + ip_length(wish->family);
	size_t header = wish->protocol == IPPROTO_TCP ? sizeof(struct tcphdr) + wish->options : sizeof(struct udphdr);
	size_t length = ip_length(wish->family) + header + wish->payload;

	memset(ip, 0, ROOM);
	if (wish->family == AF_INET) {
		ip[0] = 0x45;
		put16(ip + 2, (unsigned int)length);
		put16(ip + 4, 0xfff0u + (unsigned int)number);
		ip[6] = 0x40;
		ip[8] = 64;
		ip[9] = (unsigned char)wish->protocol;
		put32(ip + 12, 0x0a080002);
		put32(ip + 16, 0x0a080001);
	} else {
		ip[0] = 0x60;
		put16(ip + 4, (unsigned int)(header + wish->payload));
		ip[6] = (unsigned char)wish->protocol;
		ip[7] = 64;
		put32(ip + 8, 0xfd000008);
		put32(ip + 24, 0xfd000008);
		ip[39] = 1;
	}
	put16(next, 40000);
	put16(next + 2, 443);
	if (wish->protocol == IPPROTO_TCP) {
		put32(next + 4, wish->sequence);
		put32(next + 8, 77);
		next[12] = (unsigned char)(header / 4 << 4);
		next[13] = (unsigned char)wish->flags;
		put16(next + 14, 500);
		memset(next + sizeof(struct tcphdr), 1, wish->options);
	} else {
		put16(next + 4, (unsigned int)(header + wish->payload));
	}
	for (size_t i = 0; i < wish->payload; i++)
		next[header + i] = (unsigned char)random();
	seal(ip, length, wish->family, wish->protocol);
	packets[number] = (struct iovec){ip, length};
}

/* A flow of so many packets, all but the last with the same payload. */
static void make_flow(int count, struct wish wish, size_t last)
{
	size_t size = wish.payload;

	wish.sequence = 0xffffff00; /* it begins again on the way */
	wish.flags = TH_ACK;
	for (int i = 0; i < count; i++) {
		wish.payload = i == count - 1 ? last : size;
		if (i == count - 1)
			wish.flags |= TH_PUSH;
		make(i, &wish);
		wish.sequence += (uint32_t)wish.payload;
	}
}

/* Cuts what was joined, as the kernel would: gets each packet as it was, number and all. */
static void expect_cut(const struct join *join, int joined)
{
	static unsigned char whole[1 << 17];
	_Alignas(8) unsigned char header[CUT_HEADER_MAX];
	unsigned char cut_packet[ROOM];
	struct iovec parts[2];
	struct cut cut;
	size_t length = 0;

	for (int i = 1; i < join->parts_count; i++) {
		memcpy(whole + length, join->parts[i].iov_base, join->parts[i].iov_len);
		length += join->parts[i].iov_len;
	}
	assert_true(length <= 65535);
	assert_int_equal(cut_begin(&cut, &join->said, whole, length), 0);
	for (int i = 0; i < joined; i++) {
		assert_true(cut_next(&cut, header, parts));
		assert_int_equal(parts[0].iov_len + parts[1].iov_len, packets[i].iov_len);
		memcpy(cut_packet, parts[0].iov_base, parts[0].iov_len);
		memcpy(cut_packet + parts[0].iov_len, parts[1].iov_base, parts[1].iov_len);
		assert_memory_equal(cut_packet, packets[i].iov_base, packets[i].iov_len);
	}
	assert_false(cut_next(&cut, header, parts));
}

static int joined_of(int count, bool udp)
{
	struct join join;

	return join_packets(&join, packets, count, udp);
}

static void expect_flow(struct wish wish, int count, size_t last, int expected)
{
	static unsigned char before[PACKETS][ROOM];
	struct join join;

	make_flow(count, wish, last);
	memcpy(before, bytes, sizeof(before));
	assert_int_equal(join_packets(&join, packets, count, true), expected);
	assert_memory_equal(before, bytes, sizeof(before));
	expect_cut(&join, expected);
	assert_int_equal(join.parts[0].iov_len, sizeof(struct virtio_net_hdr));
	assert_ptr_equal(join.parts[0].iov_base, &join.said);
}

static void test_a_flow(void **state)
{
	(void)state;
	for (int family = AF_INET; family <= AF_INET6; family += AF_INET6 - AF_INET) {
		for (size_t size = 1; size <= 1401; size += 100) {
			struct wish tcp = {.family = family, .protocol = IPPROTO_TCP, .payload = size, .options = 12};
			struct wish udp = {.family = family, .protocol = IPPROTO_UDP, .payload = size};

			expect_flow(tcp, 2, size, 2);
			expect_flow(tcp, 7, size / 2 + 1, 7);
			expect_flow(udp, 40, size, 40);
			expect_flow(udp, 3, 1, 3);
			tcp.options = 0;
			expect_flow(tcp, 33, size, 33);
		}
	}
}

static void test_no_more_than_a_packet_can_be(void **state)
{
	struct wish wish = {.family = AF_INET, .protocol = IPPROTO_UDP, .payload = 1372};

	(void)state;
	expect_flow(wish, 60, 1372, 47); /* 28 + 47 * 1372 = 64512 */
	wish.payload = 100;
	expect_flow(wish, 70, 100, JOIN_MAX);
}

/* Changes a byte of the second of three packets, and its checksums too if sealed. Returns how many are joined. */
static int joined_after(int family, unsigned int protocol, size_t place, unsigned int change, bool sealed)
{
	struct wish wish = {.family = family, .protocol = protocol, .payload = 200};

	make_flow(3, wish, 200);
	bytes[1][place] ^= (unsigned char)change;
	if (sealed)
		seal(bytes[1], packets[1].iov_len, family, protocol);
	return joined_of(3, true);
}

static void test_what_goes_alone(void **state)
{
	(void)state;
	for (int family = AF_INET; family <= AF_INET6; family += AF_INET6 - AF_INET) {
		size_t next = ip_length(family);

		/* Ports, address, class of traffic, hop limit: another flow. */
		for (size_t i = 0; i < 4; i++) {
			assert_int_equal(joined_after(family, IPPROTO_TCP, next + i, 1, true), 1);
			assert_int_equal(joined_after(family, IPPROTO_UDP, next + i, 1, true), 1);
		}
		assert_int_equal(joined_after(family, IPPROTO_UDP, next - 1, 1, true), 1);
		assert_int_equal(joined_after(family, IPPROTO_UDP, 1, 4, true), 1);
		assert_int_equal(joined_after(family, IPPROTO_UDP, family == AF_INET ? 8 : 7, 1, true), 1);
		/* Another number than the next one, acknowledgement, window or flag; urgent data. */
		for (size_t i = 4; i < 12; i++)
			assert_int_equal(joined_after(family, IPPROTO_TCP, next + i, 1, true), 1);
		for (unsigned int flag = 1; flag != 0x100; flag <<= 1)
			assert_int_equal(joined_after(family, IPPROTO_TCP, next + 13, flag, true),
					 flag == TH_PUSH ? 2 : 1);
		assert_int_equal(joined_after(family, IPPROTO_TCP, next + 12, 1, true), 1);
		assert_int_equal(joined_after(family, IPPROTO_TCP, next + 15, 1, true), 1);
		assert_int_equal(joined_after(family, IPPROTO_TCP, next + 19, 1, true), 1);
		/* Nothing else has changed. */
		assert_int_equal(joined_after(family, IPPROTO_TCP, next + 100, 0, true), 3);
		/* A checksum that is wrong, of the header or of the payload: the kernel would not look at it. */
		assert_int_equal(joined_after(family, IPPROTO_TCP, next + 100, 1, false), 1);
		assert_int_equal(joined_after(family, IPPROTO_UDP, next + 100, 1, false), 1);
		assert_int_equal(joined_after(family, IPPROTO_TCP, next + 16, 1, false), 1);
	}
	assert_int_equal(joined_after(AF_INET, IPPROTO_UDP, 10, 1, false), 1);
	/* Parts of a packet, and what may become some; options. */
	assert_int_equal(joined_after(AF_INET, IPPROTO_UDP, 7, 1, true), 1);
	assert_int_equal(joined_after(AF_INET, IPPROTO_UDP, 6, 0x40, true), 1);
	assert_int_equal(joined_after(AF_INET, IPPROTO_UDP, 6, 0x20, true), 1);
	assert_int_equal(joined_after(AF_INET, IPPROTO_UDP, 0, 0x03, false), 1);
	assert_int_equal(joined_after(AF_INET, IPPROTO_UDP, 0, 0x20, false), 1);
}

static void test_udp_only_where_the_kernel_takes_it(void **state)
{
	struct wish wish = {.family = AF_INET, .protocol = IPPROTO_UDP, .payload = 200};

	(void)state;
	make_flow(3, wish, 200);
	assert_int_equal(joined_of(3, false), 1);
	assert_int_equal(joined_of(3, true), 3);
	/* No checksum is one that nobody has asked for. */
	put16(bytes[1] + 26, 0);
	assert_int_equal(joined_of(3, true), 1);
	wish.payload = 0;
	make_flow(3, wish, 0);
	assert_int_equal(joined_of(3, true), 1);
}

static void test_a_longer_packet_begins_anew(void **state)
{
	struct wish wish = {.family = AF_INET6, .protocol = IPPROTO_UDP, .payload = 200};

	(void)state;
	make_flow(4, wish, 201);
	assert_int_equal(joined_of(4, true), 3);
}

/* Random bytes, cut anywhere: nothing is read behind their end, which a sanitizer sees. */
static void test_nonsense(void **state)
{
	struct wish wish = {.family = AF_INET, .protocol = IPPROTO_TCP, .payload = 60, .options = 8};

	(void)state;
	for (int round = 0; round < 20000; round++) {
		unsigned char *copies[3];
		struct iovec copied[3];
		struct join join;

		wish.family = round % 2 == 0 ? AF_INET : AF_INET6;
		wish.protocol = round % 4 < 2 ? IPPROTO_TCP : IPPROTO_UDP;
		make_flow(3, wish, 60);
		for (int i = 0; i < 3; i++) {
			size_t length = (size_t)random() % (packets[i].iov_len + 1);

			copies[i] = malloc(length + 1);
			memcpy(copies[i] + 1, bytes[i], length);
			if (length > 0)
				copies[i][1 + (size_t)random() % length] ^= (unsigned char)random();
			copied[i] = (struct iovec){copies[i] + 1, length};
		}
		assert_in_range(join_packets(&join, copied, 3, true), 1, 3);
		for (int i = 0; i < 3; i++)
			free(copies[i]);
	}
}

static void test_what_cannot_be_cut(void **state)
{
	struct virtio_net_hdr said = {.gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 100, .csum_start = 20};
	struct wish wish = {.family = AF_INET, .protocol = IPPROTO_TCP, .payload = 1000};
	struct cut cut;

	(void)state;
	make(0, &wish);
	assert_int_equal(cut_begin(&cut, &said, bytes[0], packets[0].iov_len), 0);
	said.gso_size = 0;
	assert_int_not_equal(cut_begin(&cut, &said, bytes[0], packets[0].iov_len), 0);
	said.gso_size = 100;
	for (size_t length = 0; length <= 40; length++)
		assert_int_not_equal(cut_begin(&cut, &said, bytes[0], length), 0);
	said.csum_start = 2000;
	assert_int_not_equal(cut_begin(&cut, &said, bytes[0], packets[0].iov_len), 0);
	said = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 20, .csum_offset = 2000};
	assert_int_not_equal(cut_begin(&cut, &said, bytes[0], packets[0].iov_len), 0);
}

/* One that goes as it is gets the checksum that the kernel has left out. */
static void test_a_checksum_is_completed(void **state)
{
	struct virtio_net_hdr said = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 40, .csum_offset = 16};
	struct wish wish = {.family = AF_INET6, .protocol = IPPROTO_TCP, .payload = 333};
	_Alignas(8) unsigned char header[CUT_HEADER_MAX];
	unsigned char right[ROOM];
	struct iovec parts[2];
	struct cut cut;

	(void)state;
	make(0, &wish);
	memcpy(right, bytes[0], sizeof(right));
	put16(bytes[0] + 56, sum_pairs(pseudo(bytes[0], AF_INET6, IPPROTO_TCP, packets[0].iov_len - 40), right, 0));
	assert_int_equal(cut_begin(&cut, &said, bytes[0], packets[0].iov_len), 0);
	assert_true(cut_next(&cut, header, parts));
	assert_memory_equal(parts[0].iov_base, right, packets[0].iov_len);
	assert_int_equal(parts[0].iov_len, packets[0].iov_len);
	assert_int_equal(parts[1].iov_len, 0);
	assert_false(cut_next(&cut, header, parts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_flow),
		cmocka_unit_test(test_no_more_than_a_packet_can_be),
		cmocka_unit_test(test_what_goes_alone),
		cmocka_unit_test(test_udp_only_where_the_kernel_takes_it),
		cmocka_unit_test(test_a_longer_packet_begins_anew),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_what_cannot_be_cut),
		cmocka_unit_test(test_a_checksum_is_completed),
	};

	srandom(1);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
