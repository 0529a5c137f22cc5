/* Unit test of what the kernel says of links: broker/monitor/link_parse.c, on messages that are made here. */
#include "broker/shared/netlink/link.h"
#include "broker/shared/netlink/link_events.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static char buffer[4096] __attribute__((aligned(4)));
static struct nlmsghdr *message;
static struct link link_read;

static int set_up(void **state)
{
	struct ifinfomsg *info;

	(void)state;
	memset(buffer, 0, sizeof(buffer));
	message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = RTM_NEWLINK;
	info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
	info->ifi_index = 7;
	info->ifi_flags = IFF_UP;
	return 0;
}

static void parse(void)
{
	assert_int_equal(link_parse(message, &link_read), 0);
}

static void test_reads_the_plain_attributes(void **state)
{
	static const uint8_t mac[TB_MAC_SIZE] = {0xfe, 1, 2, 3, 4, 5};

	(void)state;
	mnl_attr_put_strz(message, IFLA_IFNAME, "vm0");
	mnl_attr_put_strz(message, IFLA_IFALIAS, "tapbroker:1:x");
	mnl_attr_put_u32(message, IFLA_MTU, 1400);
	mnl_attr_put_u32(message, IFLA_MASTER, 3);
	mnl_attr_put_u32(message, IFLA_LINK, 4);
	mnl_attr_put(message, IFLA_ADDRESS, sizeof(mac), mac);
	parse();
	assert_int_equal(link_read.ifindex, 7);
	assert_int_equal(link_read.flags & IFF_UP, IFF_UP);
	assert_string_equal(link_read.name, "vm0");
	assert_string_equal(link_read.alias, "tapbroker:1:x");
	assert_int_equal(link_read.mtu, 1400);
	assert_int_equal(link_read.master, 3);
	assert_int_equal(link_read.lower, 4);
	assert_memory_equal(link_read.mac, mac, sizeof(mac));
}

static void test_reads_a_tap(void **state)
{
	struct nlattr *info;
	struct nlattr *data;

	(void)state;
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "tun");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	mnl_attr_put_u32(message, IFLA_TUN_OWNER, 901);
	mnl_attr_put_u32(message, IFLA_TUN_GROUP, 902);
	mnl_attr_put_u8(message, IFLA_TUN_PERSIST, 1);
	mnl_attr_put_u32(message, IFLA_TUN_NUM_QUEUES, 4);
	mnl_attr_nest_end(message, data);
	mnl_attr_put_strz(message, IFLA_INFO_SLAVE_KIND, "bridge");
	data = mnl_attr_nest_start(message, IFLA_INFO_SLAVE_DATA);
	mnl_attr_put_u8(message, IFLA_BRPORT_ISOLATED, 1);
	mnl_attr_put_u8(message, IFLA_BRPORT_LEARNING, 1);
	mnl_attr_put_u8(message, IFLA_BRPORT_UNICAST_FLOOD, 0);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
	parse();
	assert_string_equal(link_read.kind, "tun");
	assert_true(link_read.tun_owned);
	assert_int_equal(link_read.tun_owner, 901);
	assert_int_equal(link_read.tun_group, 902);
	assert_true(link_read.tun_persistent);
	assert_int_equal(link_read.tun_queues, 4);
	assert_int_equal(link_read.port, PORT_ISOLATED | PORT_LEARNS);
	assert_true(link_kind_ours(&link_read));
}

/* A port of another kind of master has other options under the same number. */
static void test_isolated_is_a_bridge_ports(void **state)
{
	struct nlattr *info;
	struct nlattr *data;

	(void)state;
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_SLAVE_KIND, "bond");
	data = mnl_attr_nest_start(message, IFLA_INFO_SLAVE_DATA);
	mnl_attr_put_u8(message, IFLA_BRPORT_ISOLATED, 1);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
	parse();
	assert_int_equal(link_read.port, 0);
}

static void put_bridge(const char *kind)
{
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	struct nlattr *data;

	mnl_attr_put_strz(message, IFLA_INFO_KIND, kind);
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	mnl_attr_put_u8(message, IFLA_BR_VLAN_FILTERING, 1);
	mnl_attr_put_u16(message, IFLA_BR_VLAN_DEFAULT_PVID, 4000);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
	parse();
}

static void test_reads_a_bridge(void **state)
{
	(void)state;
	put_bridge("bridge");
	assert_true(link_read.vlan_filtering);
	assert_int_equal(link_read.default_vlan, 4000);
}

/* The same numbers mean something else of another kind. */
static void test_filtering_is_a_bridges(void **state)
{
	(void)state;
	put_bridge("bond");
	assert_false(link_read.vlan_filtering);
	assert_int_equal(link_read.default_vlan, 0);
}

static void test_a_tap_without_group_is_not_owned(void **state)
{
	struct nlattr *info;
	struct nlattr *data;

	(void)state;
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "tun");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	mnl_attr_put_u32(message, IFLA_TUN_OWNER, 901);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
	parse();
	assert_false(link_read.tun_owned);
}

static void test_reads_the_sysctls(void **state)
{
	uint32_t conf[IPV4_DEVCONF_MAX] = {0};
	struct nlattr *families;
	struct nlattr *inet;

	(void)state;
	conf[IPV4_DEVCONF_RP_FILTER - 1] = 1;
	conf[IPV4_DEVCONF_ARP_IGNORE - 1] = 8;
	families = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	inet = mnl_attr_nest_start(message, AF_INET);
	mnl_attr_put(message, IFLA_INET_CONF, sizeof(conf), conf);
	mnl_attr_nest_end(message, inet);
	mnl_attr_nest_end(message, families);
	parse();
	assert_int_equal(link_read.rp_filter, 1);
	assert_int_equal(link_read.arp_ignore, 8);
	assert_false(link_read.has_ipv6);
}

/* A short attribute and a string without a NUL are of the kernel's making, or of a broken one's. */
static void test_short_and_long_attributes(void **state)
{
	char long_name[64];

	(void)state;
	memset(long_name, 'x', sizeof(long_name));
	mnl_attr_put(message, IFLA_IFNAME, sizeof(long_name), long_name);
	mnl_attr_put(message, IFLA_MTU, 2, long_name);
	mnl_attr_put(message, IFLA_ADDRESS, 4, long_name);
	parse();
	assert_int_equal(strlen(link_read.name), IFNAMSIZ - 1);
	assert_int_equal(link_read.mtu, 0);
	assert_int_equal(link_read.mac[0], 0);
}

static void test_short_message(void **state)
{
	(void)state;
	message->nlmsg_len = NLMSG_HDRLEN + 4;
	assert_int_equal(link_parse(message, &link_read), -EBADMSG);
}

static uint32_t gone_index;
static int gone_count;

static void on_gone(void *context, uint32_t ifindex)
{
	(void)context;
	gone_index = ifindex;
	gone_count++;
}

static int changed_count;

static void on_changed(void *context, const struct link *link)
{
	(void)context;
	assert_int_equal(link->ifindex, 7);
	changed_count++;
}

static void test_news_of_a_changed_link(void **state)
{
	(void)state;
	changed_count = gone_count = 0;
	assert_int_equal(link_events_parse(buffer, message->nlmsg_len, on_gone, on_changed, NULL), 0);
	assert_int_equal(changed_count, 1);
	assert_int_equal(gone_count, 0);
}

static void test_news_of_a_deleted_link(void **state)
{
	struct ifinfomsg *info = mnl_nlmsg_get_payload(message);

	(void)state;
	gone_count = 0;
	assert_int_equal(link_events_parse(buffer, message->nlmsg_len, on_gone, on_changed, NULL), 0);
	assert_int_equal(gone_count, 0);
	message->nlmsg_type = RTM_DELLINK;
	assert_int_equal(link_events_parse(buffer, message->nlmsg_len, on_gone, on_changed, NULL), 0);
	assert_int_equal(gone_count, 1);
	assert_int_equal(gone_index, 7);
	/* A port leaves its bridge: the link is still there. */
	info->ifi_family = AF_BRIDGE;
	assert_int_equal(link_events_parse(buffer, message->nlmsg_len, on_gone, on_changed, NULL), 0);
	assert_int_equal(gone_count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	static const struct CMUnitTest tests[] = {
		TEST(test_reads_the_plain_attributes),
		TEST(test_reads_a_tap),
		TEST(test_isolated_is_a_bridge_ports),
		TEST(test_reads_a_bridge),
		TEST(test_filtering_is_a_bridges),
		TEST(test_a_tap_without_group_is_not_owned),
		TEST(test_reads_the_sysctls),
		TEST(test_short_and_long_attributes),
		TEST(test_short_message),
		TEST(test_news_of_a_changed_link),
		TEST(test_news_of_a_deleted_link),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
