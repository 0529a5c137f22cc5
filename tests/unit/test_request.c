/* proto/request.c: the size of a request, its header and the lists that it may bring one day. The fields of its head
 * are tested with the gate's and the client's tests, and by fuzz_request.
 */
#include "proto/channel.h"
#include "proto/name.h"
#include "proto/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A request with room for items, one more than there may be. */
static struct {
	struct tb_request request;
	struct tb_item items[TB_ITEMS_MAX + 1];
} message;

static struct tb_item item(uint16_t kind, uint8_t family, uint8_t prefix)
{
	return (struct tb_item){.kind = kind, .family = family, .prefix = prefix, .address = {10}};
}

/* The request, and so many items in it. Returns its size. */
static size_t make(uint16_t type, uint32_t items)
{
	size_t size = sizeof(message.request) + items * sizeof(message.items[0]);

	memset(&message, 0, sizeof(message));
	tb_header_set(&message.request.header, type, size);
	message.request.items = items;
	if (type == TB_REQ_OPEN)
		tb_field_set(message.request.network, sizeof(message.request.network), "lan");
	for (uint32_t i = 0; i < items; i++)
		message.items[i] = item(TB_ITEM_ADDRESS, 4, 24);
	return size;
}

static void test_sizes(void **state)
{
	size_t size = make(TB_REQ_OPEN, 0);

	(void)state;
	assert_true(tb_request_valid(&message, size));
	for (size_t other = 1; other < size; other++) {
		void *shorter = malloc(other); /* the sanitizer sees what is read behind it */

		assert_non_null(shorter);
		memcpy(shorter, &message, other);
		assert_false(tb_request_valid(shorter, other));
		free(shorter);
	}
	assert_false(tb_request_valid(&message, size + 1));
	message.request.header.size++;
	assert_false(tb_request_valid(&message, size));
	assert_false(tb_request_valid(&message, size + 1));
}

static void test_headers(void **state)
{
	size_t size = make(TB_REQ_OPEN, 0);

	(void)state;
	message.request.header.magic++;
	assert_false(tb_request_valid(&message, size));
	make(TB_REQ_OPEN, 0);
	message.request.header.version++;
	assert_false(tb_request_valid(&message, size));
	make(TB_REQ_OPEN, 0);
	message.request.header.reserved = 1;
	assert_false(tb_request_valid(&message, size));
	make(TB_REQ_OPEN, 0);
	message.request.reserved[sizeof(message.request.reserved) - 1] = 1;
	assert_false(tb_request_valid(&message, size));
	make(TB_ANS_OPEN, 0);
	assert_false(tb_request_valid(&message, size));
}

/* Only a configuration takes items, however right they are. */
static void test_no_request_takes_items(void **state)
{
	(void)state;
	for (uint16_t type = TB_REQ_OPEN; type <= TB_REQ_BLOCKS; type += 2) {
		size_t size = make(type, TB_ADDRESSES_MAX);

		if (type == TB_REQ_CONFIGURE || type == TB_REQ_EXPLAIN_CONFIGURE)
			continue;
		assert_true(tb_request_whole(&message, size));
		assert_false(tb_request_valid(&message, size));
	}
}

static void test_configure(void **state)
{
	size_t size = make(TB_REQ_CONFIGURE, 2);
	struct tb_request *request = &message.request;

	(void)state;
	assert_false(tb_request_valid(&message, size)); /* of which lease? */
	tb_field_set(request->name, sizeof(request->name), "vpn0");
	assert_true(tb_request_valid(&message, size));
	request->lease[0] = 1; /* both */
	assert_false(tb_request_valid(&message, size));
	memset(request->name, 0, sizeof(request->name));
	assert_true(tb_request_valid(&message, size));
	request->flags = TB_REQUEST_INTERACTIVE | TB_REQUEST_KILL_SWITCH;
	assert_true(tb_request_valid(&message, size));
	request->flags = TB_REQUEST_VNET_HDR;
	assert_false(tb_request_valid(&message, size));
	request->flags = TB_REQUEST_ALL;
	assert_false(tb_request_valid(&message, size));
	request->flags = 0;
	request->scope = TB_SCOPE_COUNT;
	assert_false(tb_request_valid(&message, size));
	request->scope = TB_SCOPE_HOST;
	request->mtu = TB_MTU_MIN;
	assert_true(tb_request_valid(&message, size));
	message.items[1] = item(TB_ITEM_ADDRESS, 6, 64);
	assert_false(tb_request_valid(&message, size)); /* too small for IPv6 */
	request->mtu = 1280;
	assert_true(tb_request_valid(&message, size));
	request->uid = 1;
	assert_false(tb_request_valid(&message, size));
	request->uid = 0;
	message.items[1] = item(TB_ITEM_ROUTE, 4, 8);
	message.items[1].metric = TB_METRIC_MAX;
	assert_true(tb_request_valid(&message, size));
	message.items[1].metric++; /* the broker's own */
	assert_false(tb_request_valid(&message, size));
}

static void test_explain_configure(void **state)
{
	size_t size = make(TB_REQ_EXPLAIN_CONFIGURE, 2);
	struct tb_request *request = &message.request;

	(void)state;
	assert_false(tb_request_valid(&message, size)); /* of which network? */
	tb_field_set(request->network, sizeof(request->network), "vpn");
	request->flags = TB_REQUEST_KILL_SWITCH;
	request->scope = TB_SCOPE_HOST;
	request->mtu = 1280;
	assert_true(tb_request_valid(&message, size));
	request->uid = 1; /* for another user */
	assert_false(tb_request_valid(&message, size));
	request->flags |= TB_REQUEST_ALL;
	assert_true(tb_request_valid(&message, size));
	request->uid = 0; /* for root */
	assert_true(tb_request_valid(&message, size));
	request->lease[0] = 1;
	assert_false(tb_request_valid(&message, size));
	request->lease[0] = 0;
	tb_field_set(request->name, sizeof(request->name), "vpn0");
	assert_false(tb_request_valid(&message, size));
}

static void test_show(void **state)
{
	size_t size = make(TB_REQ_SHOW, 0);
	struct tb_request *request = &message.request;

	(void)state;
	assert_false(tb_request_valid(&message, size)); /* of which lease? */
	tb_field_set(request->name, sizeof(request->name), "vpn0");
	assert_true(tb_request_valid(&message, size));
	request->flags = TB_REQUEST_INTERACTIVE | TB_REQUEST_ALL;
	assert_true(tb_request_valid(&message, size));
	request->flags |= TB_REQUEST_KILL_SWITCH;
	assert_false(tb_request_valid(&message, size));
	request->flags = 0;
	request->lease[0] = 1; /* both */
	assert_false(tb_request_valid(&message, size));
	size = make(TB_REQ_BLOCKS, 0);
	request->flags = TB_REQUEST_INTERACTIVE | TB_REQUEST_ALL;
	assert_true(tb_request_valid(&message, size));
	tb_field_set(request->network, sizeof(request->network), "vpn");
	assert_false(tb_request_valid(&message, size));
}

static void test_unblock(void **state)
{
	size_t size = make(TB_REQ_UNBLOCK, 0);
	struct tb_request *request = &message.request;

	(void)state;
	assert_false(tb_request_valid(&message, size));
	tb_field_set(request->network, sizeof(request->network), "vpn");
	assert_true(tb_request_valid(&message, size));
	request->uid = 1000;
	assert_false(tb_request_valid(&message, size)); /* only with the flag that says so */
	request->flags = TB_REQUEST_ALL;
	assert_true(tb_request_valid(&message, size));
	request->mtu = 1500;
	assert_false(tb_request_valid(&message, size));
}

/* As many items as the head says, neither fewer nor more, and each as it should be. */
static void test_whole_requests(void **state)
{
	size_t size = make(TB_REQ_OPEN, 3);

	(void)state;
	for (uint32_t items = 0; items < 6; items++) {
		message.request.items = items;
		assert_int_equal(tb_request_whole(&message, size), items == 3);
	}
	message.request.items = 3;
	for (size_t other = 0; other < size; other++)
		assert_false(tb_request_whole(&message, other));
	message.items[2].kind = TB_ITEM_KIND_COUNT;
	assert_false(tb_request_whole(&message, size));
	/* Nine addresses of a family. */
	assert_false(tb_request_whole(&message, make(TB_REQ_OPEN, TB_ADDRESSES_MAX + 1)));
	/* Shorter than a head, with a header that says so. */
	make(TB_REQ_OPEN, 0);
	message.request.header.size = sizeof(message.request) - sizeof(struct tb_item);
	message.request.items = UINT32_MAX;
	assert_false(tb_request_whole(&message, message.request.header.size));
	message.request.header.size = sizeof(message.request) + sizeof(struct tb_item) / 2;
	message.request.items = 0;
	assert_false(tb_request_whole(&message, message.request.header.size));
}

/* All that there may be is a message that a buffer of TB_REQUEST_MAX takes. */
static void test_the_largest_request(void **state)
{
	static const uint32_t most[] = {0, TB_ADDRESSES_MAX, TB_ROUTES_MAX, TB_EXCLUDES_MAX, TB_SERVERS_MAX};
	size_t size = make(TB_REQ_OPEN, TB_ITEMS_MAX);
	size_t next = 0;

	(void)state;
	for (uint16_t kind = TB_ITEM_ADDRESS; kind < TB_ITEM_KIND_COUNT; kind++) {
		for (uint32_t i = 0; i < most[kind]; i++) {
			message.items[next++] = item(kind, 4, 32);
			message.items[next++] = item(kind, 6, 128);
		}
	}
	assert_int_equal(next, TB_ITEMS_MAX);
	assert_int_equal(size, TB_REQUEST_MAX);
	assert_true(tb_request_whole(&message, size));
}

/* A number that would make the size come out right in 32 bits. */
static void test_a_number_of_items_that_overflows(void **state)
{
	size_t size = make(TB_REQ_OPEN, 0);

	(void)state;
	message.request.items = 0x10000000; /* times 48 is 0 in 32 bits */
	assert_false(tb_request_valid(&message, size));
	message.request.items = UINT32_MAX;
	assert_false(tb_request_valid(&message, size));
}

/* It ends the request, and only its flag says so. */
static void test_an_external_id(void **state)
{
	char *id = (char *)(&message.request + 1);
	size_t size = make(TB_REQ_OPEN, 0);

	(void)state;
	message.request.flags = TB_REQUEST_EXTERNAL_ID;
	assert_false(tb_request_valid(&message, size));
	size += TB_EXTERNAL_ID_SIZE;
	message.request.header.size = (uint32_t)size;
	assert_false(tb_request_valid(&message, size));
	memset(id, 'a', TB_EXTERNAL_ID_MAX);
	assert_true(tb_request_valid(&message, size));
	assert_ptr_equal(tb_request_external_id(&message.request), id);
	id[TB_EXTERNAL_ID_MAX] = 'a';
	assert_false(tb_request_valid(&message, size));
	memset(id, 0, TB_EXTERNAL_ID_SIZE);
	memcpy(id, "4ac5/net1.a_B@c-d", 17);
	assert_true(tb_request_valid(&message, size));
	for (const char *bad = "/._-@:+ *\n\"\177\351"; *bad != '\0'; bad++) {
		id[0] = *bad;
		assert_false(tb_request_valid(&message, size));
	}
	for (const char *bad = ":+ *\n\"\177\351"; *bad != '\0'; bad++) {
		id[0] = 'a';
		id[1] = *bad;
		assert_false(tb_request_valid(&message, size));
	}
	id[1] = '\0';
	assert_false(tb_request_valid(&message, size));
	memset(id + 1, 0, TB_EXTERNAL_ID_SIZE - 1);
	assert_true(tb_request_valid(&message, size));
	message.request.flags = 0;
	assert_null(tb_request_external_id(&message.request));
	assert_false(tb_request_valid(&message, size));
	make(TB_REQ_LIST, 0);
	message.request.flags = TB_REQUEST_EXTERNAL_ID;
	message.request.header.size = (uint32_t)size;
	id[0] = 'a';
	assert_false(tb_request_valid(&message, size));
}

/* Another's device may have got the name while polkit was asked. */
static void test_who_revokes_names_an_id(void **state)
{
	size_t size = make(TB_REQ_REVOKE, 0);

	(void)state;
	assert_false(tb_request_valid(&message, size));
	tb_field_set(message.request.name, sizeof(message.request.name), "vm0");
	assert_false(tb_request_valid(&message, size));
	message.request.header.type = TB_REQ_RELEASE;
	assert_true(tb_request_valid(&message, size));
	memset(message.request.name, 0, sizeof(message.request.name));
	assert_false(tb_request_valid(&message, size));
	message.request.lease[0] = 1;
	assert_true(tb_request_valid(&message, size));
	message.request.header.type = TB_REQ_REVOKE;
	assert_true(tb_request_valid(&message, size));
	tb_field_set(message.request.name, sizeof(message.request.name), "vm0");
	assert_false(tb_request_valid(&message, size));
}

static void test_drops(void **state)
{
	size_t size = make(TB_REQ_DROPS, 0);

	(void)state;
	assert_false(tb_request_valid(&message, size));
	message.request.lease[0] = 1;
	assert_true(tb_request_valid(&message, size));
	message.request.flags = TB_REQUEST_ALL | TB_REQUEST_INTERACTIVE;
	assert_true(tb_request_valid(&message, size));
	message.request.flags = TB_REQUEST_NETNS;
	assert_false(tb_request_valid(&message, size));
	message.request.flags = 0;
	tb_field_set(message.request.name, sizeof(message.request.name), "vm0");
	assert_false(tb_request_valid(&message, size));
}

static void test_about(void **state)
{
	size_t size = make(TB_REQ_ABOUT, 0);

	(void)state;
	assert_true(tb_request_valid(&message, size));
	message.request.flags = TB_REQUEST_INTERACTIVE;
	assert_false(tb_request_valid(&message, size));
}

/* So many items of this kind, of the two families each. */
static void expect_most(uint16_t kind, size_t most)
{
	struct tb_item *items = message.items;

	make(TB_REQ_OPEN, 0);
	for (size_t i = 0; i < most; i++) {
		items[2 * i] = item(kind, 4, 32);
		items[2 * i + 1] = item(kind, 6, 128);
	}
	assert_true(tb_items_valid(items, 2 * most));
	items[2 * most] = item(kind, 4, 32);
	assert_false(tb_items_valid(items, 2 * most + 1));
	items[2 * most] = item(kind, 6, 128);
	assert_false(tb_items_valid(items, 2 * most + 1));
}

static void test_limits(void **state)
{
	(void)state;
	expect_most(TB_ITEM_ADDRESS, TB_ADDRESSES_MAX);
	expect_most(TB_ITEM_ROUTE, TB_ROUTES_MAX);
	expect_most(TB_ITEM_EXCLUDE, TB_EXCLUDES_MAX);
	expect_most(TB_ITEM_SERVER, TB_SERVERS_MAX);
}

static void expect_item(bool expected, struct tb_item tried)
{
	assert_int_equal(tb_items_valid(&tried, 1), expected);
}

#define ITEM(is, ...) ((struct tb_item){.kind = is, __VA_ARGS__})

static void test_items(void **state)
{
	(void)state;
	assert_true(tb_items_valid(NULL, 0));
	expect_item(true, ITEM(TB_ITEM_ADDRESS, 4, 24, 0, {10, 8, 0, 2}, {10, 8, 0, 1}));
	expect_item(true, ITEM(TB_ITEM_ADDRESS, 6, 64, 0, {0xfd, [15] = 2}));
	expect_item(true, ITEM(TB_ITEM_ROUTE, 4, 0));      /* the default route */
	expect_item(true, ITEM(TB_ITEM_ROUTE, 6, 0, 100)); /* with a metric */
	expect_item(true, ITEM(TB_ITEM_ROUTE, 4, 9, 0, {10, 128}, {10, 8, 0, 1}));
	expect_item(true, ITEM(TB_ITEM_EXCLUDE, 4, 8, 0, {192}));
	expect_item(true, ITEM(TB_ITEM_SERVER, 4, 32, 0, {192, 0, 2, 1}));

	expect_item(false, ITEM(0, 4, 24, 0, {10}));
	expect_item(false, ITEM(TB_ITEM_KIND_COUNT, 4, 24, 0, {10}));
	expect_item(false, ITEM(UINT16_MAX, 4, 24, 0, {10}));
	expect_item(false, ITEM(TB_ITEM_ADDRESS, 4, 24, 0, {0, 1, 2, 3}));
	expect_item(true, ITEM(TB_ITEM_ADDRESS, 4, 24, 0, {223, 255, 255, 254}));
	expect_item(false, ITEM(TB_ITEM_ADDRESS, 4, 24, 0, {224, 0, 0, 251}));
	expect_item(false, ITEM(TB_ITEM_ADDRESS, 4, 24, 0, {239, 1, 2, 3}));
	expect_item(true, ITEM(TB_ITEM_ADDRESS, 4, 24, 0, {240, 1, 2, 3}));
	expect_item(false, ITEM(TB_ITEM_ADDRESS, 4, 32, 0, {255, 255, 255, 255}));
	expect_item(false, ITEM(TB_ITEM_ADDRESS, 6, 128, 0, {[15] = 1}));
	expect_item(false, ITEM(TB_ITEM_ADDRESS, 6, 128, 0, {[12] = 10, [15] = 1}));
	expect_item(false, ITEM(TB_ITEM_ADDRESS, 6, 128, 0, {[10] = 0xff, [11] = 0xff, [12] = 10}));
	expect_item(true, ITEM(TB_ITEM_ADDRESS, 6, 128, 0, {0, 0x64, 0xff, 0x9b, [12] = 10}));
	expect_item(true, ITEM(TB_ITEM_ROUTE, 4, 8, 0, {224}));
	expect_item(false, ITEM(TB_ITEM_ADDRESS, 0, 24, 0, {10}));
	expect_item(false, ITEM(TB_ITEM_ADDRESS, 5, 24, 0, {10}));
	expect_item(false, ITEM(TB_ITEM_ADDRESS, 4, 33, 0, {10}));
	expect_item(false, ITEM(TB_ITEM_ADDRESS, 6, 129, 0, {10}));
	expect_item(false, ITEM(TB_ITEM_ADDRESS, 4, 24, 0, {10, 0, 0, 0, 1})); /* too long for IPv4 */
	expect_item(false, ITEM(TB_ITEM_ADDRESS, 4, 24, 0, {10}, {10, [15] = 1}));
	expect_item(false, ITEM(TB_ITEM_ADDRESS, 4, 24));            /* no address */
	expect_item(false, ITEM(TB_ITEM_ADDRESS, 4, 24, 1, {10}));   /* a metric */
	expect_item(false, ITEM(TB_ITEM_ROUTE, 4, 9, 0, {10, 192})); /* a bit behind the prefix */
	expect_item(false, ITEM(TB_ITEM_ROUTE, 4, 0, 0, {1}));
	expect_item(false, ITEM(TB_ITEM_ROUTE, 6, 127, 0, {[15] = 1}));
	expect_item(false, ITEM(TB_ITEM_ROUTE, 6, 64, 0, {[8] = 1}));
	expect_item(false, ITEM(TB_ITEM_EXCLUDE, 4, 8, 0, {10}, {10, 8, 0, 1})); /* a gateway */
	expect_item(false, ITEM(TB_ITEM_EXCLUDE, 4, 8, 0, {10, 1}));
	expect_item(false, ITEM(TB_ITEM_EXCLUDE, 4, 8, 1, {10}));
	expect_item(false, ITEM(TB_ITEM_SERVER, 4, 31, 0, {10})); /* not one host */
	expect_item(false, ITEM(TB_ITEM_SERVER, 6, 32, 0, {10}));
	expect_item(false, ITEM(TB_ITEM_SERVER, 4, 32));
	expect_item(false, ITEM(TB_ITEM_SERVER, 4, 32, 0, {10}, {10}));
	expect_item(false, ITEM(TB_ITEM_ADDRESS, 4, 24, 0, {10}, {0}, {[7] = 1}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_no_request_takes_items),
		cmocka_unit_test(test_configure),
		cmocka_unit_test(test_explain_configure),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_unblock),
		cmocka_unit_test(test_whole_requests),
		cmocka_unit_test(test_the_largest_request),
		cmocka_unit_test(test_a_number_of_items_that_overflows),
		cmocka_unit_test(test_an_external_id),
		cmocka_unit_test(test_who_revokes_names_an_id),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_about),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_items),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
