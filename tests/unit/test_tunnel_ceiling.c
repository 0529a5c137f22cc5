/* Unit test of the ceiling of configurations: broker/shared/tunnel_ceiling.c. Each row forbids by itself. */
#include "broker/shared/tunnel_ceiling.h"

#include <setjmp.h>
#include <stdarg.h>
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
	assert_int_equal(tunnel_ceiling_item(&vpn, &wanted.items[1]), TB_CHECK_DEFAULT_ROUTE);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_networks, set_up), cmocka_unit_test_setup(test_all_that_forbid, set_up),
		cmocka_unit_test_setup(test_whole, set_up),    cmocka_unit_test_setup(test_addresses, set_up),
		cmocka_unit_test_setup(test_routes, set_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tunnel_ceiling", tests, NULL, NULL);
}
