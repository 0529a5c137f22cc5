/* Unit test of the ceiling: broker/shared/ceiling.c. */
#include "broker/shared/ceiling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct network lan;
static struct tb_question question;

/* A network that allows as little as it can, and a question that is within its ceiling. */
static int set_up(void **state)
{
	(void)state;
	lan = (struct network){.name = "lan",
			       .kind = TB_KIND_TAP,
			       .bridge = "br0",
			       .names = {"vm*"},
			       .names_count = 1,
			       .mtu = 1500,
			       .queues = 2,
			       .lifetimes = 1u << TB_LIFETIME_SESSION,
			       .netns = 1u << NETNS_HOST};
	memset(&question, 0, sizeof(question));
	question.kind = TB_KIND_TAP;
	question.mtu = 1500;
	question.queues = 2;
	strcpy(question.network, "lan");
	strcpy(question.bridge, "br0");
	strcpy(question.name, "vm0");
	return 0;
}

static void assert_forbidden(const char *word)
{
	assert_string_equal(ceiling_forbids(&lan, &question), word);
}

static void test_what_is_below_is_allowed(void **state)
{
	(void)state;
	assert_null(ceiling_forbids(&lan, &question));
	memset(question.name, 0, sizeof(question.name));
	assert_null(ceiling_forbids(&lan, &question));
	assert_string_equal(ceiling_forbids(NULL, &question), "no-network");
}

#define FORBIDDEN(name, change, word)         \
	static void test_##name(void **state) \
	{                                     \
		(void)state;                  \
		change;                       \
		assert_forbidden(word);       \
	}

FORBIDDEN(kind, question.kind = TB_KIND_TUN, "ceiling-kind")
FORBIDDEN(mode, question.mode = TB_MODE_VEPA, "ceiling-kind")
FORBIDDEN(bridge, question.bridge[2] = '1', "ceiling-place")
FORBIDDEN(parent, question.parent[0] = 'e', "ceiling-place")
FORBIDDEN(name, question.name[0] = 'x', "ceiling-name")
FORBIDDEN(mtu, question.mtu = 1501, "ceiling-mtu")
FORBIDDEN(no_mtu, question.mtu = 0, "ceiling-mtu")
FORBIDDEN(queues, question.queues = 3, "ceiling-queues")
FORBIDDEN(no_queues, question.queues = 0, "ceiling-queues")
FORBIDDEN(vnet_hdr, question.flags = TB_REQUEST_VNET_HDR, "ceiling-vnet-hdr")
FORBIDDEN(vhost, question.flags = TB_REQUEST_VHOST, "ceiling-vhost")
FORBIDDEN(lifetime, question.lifetime = TB_LIFETIME_FD, "ceiling-lifetime")
FORBIDDEN(unknown_lifetime, question.lifetime = 32, "ceiling-lifetime")
FORBIDDEN(netns, question.flags = TB_REQUEST_NETNS, "ceiling-netns")
FORBIDDEN(host, lan.netns = 1u << NETNS_CALLER, "ceiling-netns")

static void test_what_does_not_go_together(void **state)
{
	(void)state;
	lan.vhost = lan.vnet_hdr = true;
	lan.lifetimes = (1u << TB_LIFETIME_COUNT) - 1;
	lan.netns = (1u << NETNS_COUNT) - 1;
	question.flags = TB_REQUEST_VHOST;
	assert_forbidden("ceiling-vhost");
	question.flags = TB_REQUEST_VHOST | TB_REQUEST_VNET_HDR;
	assert_null(ceiling_forbids(&lan, &question));
	question.lifetime = TB_LIFETIME_PERSISTENT;
	assert_forbidden("ceiling-vhost");
	question.flags = 0;
	assert_forbidden("ceiling-queues");
	question.queues = 1;
	assert_null(ceiling_forbids(&lan, &question));
	question.flags = TB_REQUEST_NETNS;
	assert_forbidden("ceiling-lifetime");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(test_##name, set_up)
	static const struct CMUnitTest tests[] = {
		TEST(what_is_below_is_allowed),
		TEST(kind),
		TEST(mode),
		TEST(bridge),
		TEST(parent),
		TEST(name),
		TEST(mtu),
		TEST(no_mtu),
		TEST(queues),
		TEST(no_queues),
		TEST(vnet_hdr),
		TEST(vhost),
		TEST(lifetime),
		TEST(unknown_lifetime),
		TEST(netns),
		TEST(host),
		TEST(what_does_not_go_together),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
