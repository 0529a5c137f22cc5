/* Unit test of the ceiling of configurations: broker/shared/tunnel_ceiling.c. Each row forbids by itself. */
#include "broker/shared/tunnel_ceiling.h"
#include "broker/shared/tunnel_items.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct network vpn;
static struct tb_configuration wanted;

static void allow(struct network_prefixes *list, const char *text)
{
	assert_int_equal(tb_prefix_read(text, &list->prefixes[list->count++]), 0);
}

static void ask(enum tb_item_kind kind, const char *text, const char *peer)
{
	struct tb_item *item = &wanted.items[wanted.count++];
	struct tb_prefix prefix;

	assert_int_equal(tb_prefix_read(text, &prefix), 0);
	*item = (struct tb_item){.kind = kind, .family = prefix.family, .prefix = prefix.length};
	memcpy(item->address, prefix.address, sizeof(item->address));
	if (peer == NULL)
		return;
	assert_int_equal(tb_prefix_read(peer, &prefix), 0);
	memcpy(item->peer, prefix.address, sizeof(item->peer));
}

static int set_up(void **state)
{
	(void)state;
	vpn = (struct network){.name = "vpn", .kind = TB_KIND_TUN, .mtu = 1400, .scope = TB_SCOPE_USER};
	allow(&vpn.addresses, "10.8.0.0/16");
	allow(&vpn.addresses, "fd00:8::/32");
	allow(&vpn.routes, "172.16.0.0/12");
	memset(&wanted, 0, sizeof(wanted));
	wanted.question.kind = TB_KIND_TUN;
	wanted.scope = TB_SCOPE_USER;
	return 0;
}

static void expect(enum tb_check check)
{
	assert_int_equal(tunnel_ceiling_forbids(&vpn, &wanted), check);
}

static void expect_item(enum tb_check check, enum tb_item_kind kind, const char *text, const char *peer)
{
	wanted.count = 0;
	ask(TB_ITEM_SERVER, "192.0.2.1", NULL);
	ask(kind, text, peer);
	if (tunnel_ceiling_forbids(&vpn, &wanted) != check)
		fail_msg("%s peer %s: expected the check %d", text, peer != NULL ? peer : "none", check);
}

static void test_networks(void **state)
{
	(void)state;
	expect(TB_CHECK_NONE);
	assert_int_equal(tunnel_ceiling_forbids(NULL, &wanted), TB_CHECK_NETWORK);
	vpn.off = true;
	expect(TB_CHECK_NETWORK);
	vpn.off = false;
	vpn.addresses.count = 0;
	expect(TB_CHECK_ADDRESSES);
}

static void test_all_that_forbid(void **state)
{
	(void)state;
	assert_int_equal(tunnel_ceiling_all(&vpn, &wanted), 0);
	wanted.scope = TB_SCOPE_HOST;
	wanted.question.flags = TB_REQUEST_KILL_SWITCH;
	wanted.question.mtu = 1500;
	ask(TB_ITEM_ADDRESS, "10.9.0.1/24", NULL);
	ask(TB_ITEM_ROUTE, "0.0.0.0/0", NULL);
	assert_int_equal(tunnel_ceiling_all(&vpn, &wanted), 1ull << TB_CHECK_SCOPE | 1ull << TB_CHECK_KILL_SWITCH |
								    1ull << TB_CHECK_MTU | 1ull << TB_CHECK_ADDRESSES |
								    1ull << TB_CHECK_DEFAULT_ROUTE);
	assert_int_equal(tunnel_ceiling_item(&vpn, &wanted.items[1], TB_ALL_IPV4), TB_CHECK_DEFAULT_ROUTE);
}

static void test_whole(void **state)
{
	(void)state;
	wanted.question.kind = TB_KIND_TAP;
	expect(TB_CHECK_KIND);
	wanted.question.kind = TB_KIND_TUN;
	wanted.question.mtu = 1401;
	expect(TB_CHECK_MTU);
	wanted.question.mtu = 1400;
	wanted.scope = TB_SCOPE_HOST;
	expect(TB_CHECK_SCOPE);
	vpn.scope = TB_SCOPE_HOST;
	expect(TB_CHECK_NONE);
	wanted.scope = TB_SCOPE_USER;
	expect(TB_CHECK_NONE);
	wanted.question.flags = TB_REQUEST_KILL_SWITCH;
	expect(TB_CHECK_KILL_SWITCH);
	vpn.kill_switch = true;
	expect(TB_CHECK_NONE);
}

static void test_addresses(void **state)
{
	(void)state;
	expect_item(TB_CHECK_NONE, TB_ITEM_ADDRESS, "10.8.0.2/24", NULL);
	expect_item(TB_CHECK_NONE, TB_ITEM_ADDRESS, "10.8.0.2/16", NULL);
	expect_item(TB_CHECK_ADDRESSES, TB_ITEM_ADDRESS, "10.8.0.2/15", NULL);
	expect_item(TB_CHECK_ADDRESSES, TB_ITEM_ADDRESS, "10.9.0.2/24", NULL);
	expect_item(TB_CHECK_ADDRESSES, TB_ITEM_ADDRESS, "172.16.0.1", NULL);
	expect_item(TB_CHECK_NONE, TB_ITEM_ADDRESS, "10.8.0.2", "10.8.0.1");
	expect_item(TB_CHECK_NONE, TB_ITEM_ADDRESS, "10.8.0.2", "172.16.0.1");
	expect_item(TB_CHECK_ADDRESSES, TB_ITEM_ADDRESS, "10.8.0.2", "192.0.2.1");
	expect_item(TB_CHECK_ADDRESSES, TB_ITEM_ADDRESS, "192.0.2.2", "10.8.0.1");
	expect_item(TB_CHECK_ADDRESSES, TB_ITEM_ADDRESS, "10.8.0.2/8", "10.8.0.1");
	expect_item(TB_CHECK_NONE, TB_ITEM_ADDRESS, "fd00:8::2/64", NULL);
	expect_item(TB_CHECK_ADDRESSES, TB_ITEM_ADDRESS, "fd00:9::2/64", NULL);
}

static void test_routes(void **state)
{
	(void)state;
	expect_item(TB_CHECK_NONE, TB_ITEM_ROUTE, "172.16.0.0/12", NULL);
	expect_item(TB_CHECK_NONE, TB_ITEM_ROUTE, "172.31.0.0/16", NULL);
	expect_item(TB_CHECK_NONE, TB_ITEM_ROUTE, "10.8.5.0/24", NULL);
	expect_item(TB_CHECK_ROUTES, TB_ITEM_ROUTE, "172.0.0.0/8", NULL);
	expect_item(TB_CHECK_ROUTES, TB_ITEM_ROUTE, "172.0.0.0/16", NULL); /* the 12th bit is another */
	expect_item(TB_CHECK_ROUTES, TB_ITEM_ROUTE, "fd00::/8", NULL);
	expect_item(TB_CHECK_DEFAULT_ROUTE, TB_ITEM_ROUTE, "0.0.0.0/0", NULL);
	expect_item(TB_CHECK_DEFAULT_ROUTE, TB_ITEM_ROUTE, "128.0.0.0/1", NULL);
	expect_item(TB_CHECK_DEFAULT_ROUTE, TB_ITEM_ROUTE, "::/0", NULL);
	expect_item(TB_CHECK_NONE, TB_ITEM_EXCLUDE, "0.0.0.0/0", NULL);
	vpn.default_route = true;
	expect_item(TB_CHECK_NONE, TB_ITEM_ROUTE, "0.0.0.0/0", NULL);
	expect_item(TB_CHECK_NONE, TB_ITEM_ROUTE, "192.0.2.0/24", NULL);
	wanted.items[1].metric = TB_METRIC_MAX + 1;
	expect(TB_CHECK_ROUTES);
}

/* Routes with blanks between: whether they lead everything there. */
static void expect_all(unsigned int families, const char *routes)
{
	char text[TB_PREFIX_TEXT];
	int used;

	wanted.count = 0;
	for (const char *at = routes; sscanf(at, "%63s%n", text, &used) == 1; at += used)
		ask(TB_ITEM_ROUTE, text, NULL);
	if (tb_items_take_all(&wanted) != families)
		fail_msg("%s: expected the families %u", routes, families);
	assert_int_equal(tunnel_takes_all(&wanted), families != 0);
}

static void test_everything(void **state)
{
	(void)state;
	expect_all(0, "");
	expect_all(0, "10.0.0.0/8 192.0.0.0/2 fd00::/8");
	expect_all(TB_ALL_IPV4, "0.0.0.0/0");
	expect_all(TB_ALL_IPV4, "128.0.0.0/1");
	expect_all(TB_ALL_IPV4, "0.0.0.0/2 64.0.0.0/2 128.0.0.0/2 192.0.0.0/2");
	expect_all(TB_ALL_IPV4, "1.0.0.0/8 2.0.0.0/7 4.0.0.0/6 8.0.0.0/5 16.0.0.0/4 32.0.0.0/3 64.0.0.0/2 128.0.0.0/2");
	/* What is there twice, or lies in another, counts once, in whatever order. */
	expect_all(0, "64.0.0.0/2 64.0.0.0/2 64.0.0.0/3 64.1.0.0/16");
	expect_all(0, "64.0.0.0/3 64.1.0.0/16 64.0.0.0/2");
	expect_all(TB_ALL_IPV4, "64.0.0.0/3 64.0.0.0/2 0.0.0.0/3 32.0.0.0/3");
	expect_all(TB_ALL_IPV4, "0.0.0.0/1 4000::/2");
	/* No family's part is another's. */
	expect_all(0, "0.0.0.0/2 c000::/2");
	expect_all(TB_ALL_IPV6, "::/0");
	expect_all(TB_ALL_IPV6, "8000::/1");
	expect_all(TB_ALL_IPV6, "2000::/3");
	expect_all(TB_ALL_IPV6, "::/2");
	expect_all(TB_ALL_IPV6, "2000::/5 2800::/6 2c00::/6");
	expect_all(0, "2000::/5 2800::/6 2c00::/7 fc00::/7");
	expect_all(TB_ALL_IPV4 | TB_ALL_IPV6, "2000::/4 0.0.0.0/3 32.0.0.0/3 128.0.0.0/2");
	/* What is excluded does not make it less, and an address counts with its network. */
	expect_all(TB_ALL_IPV4, "0.0.0.0/1");
	ask(TB_ITEM_EXCLUDE, "0.0.0.0/1", NULL);
	assert_int_equal(tb_items_take_all(&wanted), TB_ALL_IPV4);
	expect_all(0, "0.0.0.0/2");
	ask(TB_ITEM_ADDRESS, "10.8.0.2/2", "200.0.0.1");
	assert_int_equal(tb_items_take_all(&wanted), TB_ALL_IPV4);
}

/* Who may have every address leads everything there only with DefaultRoute=, or where Routes= has each part. */
static void test_parts(void **state)
{
	(void)state;
	allow(&vpn.addresses, "0.0.0.0/0");
	expect_all(TB_ALL_IPV4, "0.0.0.0/2 64.0.0.0/2 128.0.0.0/2 192.0.0.0/2");
	expect(TB_CHECK_DEFAULT_ROUTE);
	expect_all(0, "0.0.0.0/2");
	expect(TB_CHECK_NONE);
	expect_all(TB_ALL_IPV4, "0.0.0.0/2 64.0.0.0/2");
	expect(TB_CHECK_DEFAULT_ROUTE);
	/* What Routes= has is no matter of addresses. */
	allow(&vpn.routes, "0.0.0.0/2");
	expect(TB_CHECK_NONE);
	expect_all(TB_ALL_IPV4, "0.0.0.0/2 64.0.0.0/2 128.0.0.0/2");
	expect(TB_CHECK_DEFAULT_ROUTE);
	allow(&vpn.routes, "64.0.0.0/2");
	expect(TB_CHECK_NONE);
	/* The wide ones are to blame, and there are some, however many there are. */
	expect_all(TB_ALL_IPV4, "128.0.0.0/1 10.0.0.0/24");
	assert_int_equal(tunnel_ceiling_item(&vpn, &wanted.items[0], TB_ALL_IPV4), TB_CHECK_DEFAULT_ROUTE);
	assert_int_equal(tunnel_ceiling_item(&vpn, &wanted.items[1], TB_ALL_IPV4), TB_CHECK_NONE);
	allow(&vpn.addresses, "2000::/3");
	wanted.count = 0;
	for (unsigned int i = 0; i < 128; i++) {
		ask(TB_ITEM_ROUTE, "2000::/11", NULL);
		wanted.items[i].address[0] |= i >> 3;
		wanted.items[i].address[1] = (uint8_t)(i << 5);
	}
	expect(TB_CHECK_DEFAULT_ROUTE);
	wanted.count--;
	expect(TB_CHECK_NONE);
	vpn.routes.count = 0;
	vpn.default_route = true;
	expect(TB_CHECK_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_networks, set_up), cmocka_unit_test_setup(test_all_that_forbid, set_up),
		cmocka_unit_test_setup(test_whole, set_up),    cmocka_unit_test_setup(test_addresses, set_up),
		cmocka_unit_test_setup(test_routes, set_up),   cmocka_unit_test_setup(test_everything, set_up),
		cmocka_unit_test_setup(test_parts, set_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tunnel_ceiling", tests, NULL, NULL);
}
