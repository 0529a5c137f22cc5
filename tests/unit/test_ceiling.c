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

static void assert_forbidden(enum tb_check check)
{
	assert_int_equal(ceiling_forbids(&lan, &question), check);
}

/* Who explains sees all that forbid; who refuses names the first. */
static void test_all_that_forbid(void **state)
{
	(void)state;
	assert_int_equal(ceiling_all(&lan, &question), 0);
	assert_int_equal(ceiling_first(0), TB_CHECK_NONE);
	question.mtu = TB_MTU_MAX;
	strcpy(question.name, "eth0");
	question.lifetime = TB_LIFETIME_COUNT;
	assert_int_equal(ceiling_all(&lan, &question),
			 1u << TB_CHECK_NAME | 1u << TB_CHECK_MTU | 1u << TB_CHECK_LIFETIME);
	assert_forbidden(TB_CHECK_NAME);
	strcpy(question.name, "vm0");
	assert_forbidden(TB_CHECK_MTU);
	assert_int_equal(ceiling_all(NULL, &question), 1u << TB_CHECK_NETWORK);
}

static void test_what_is_below_is_allowed(void **state)
{
	(void)state;
	assert_int_equal(ceiling_forbids(&lan, &question), TB_CHECK_NONE);
	memset(question.name, 0, sizeof(question.name));
	assert_int_equal(ceiling_forbids(&lan, &question), TB_CHECK_NONE);
	assert_int_equal(ceiling_forbids(NULL, &question), TB_CHECK_NETWORK);
	lan.off = true;
	assert_int_equal(ceiling_forbids(&lan, &question), TB_CHECK_NETWORK);
}

#define FORBIDDEN(name, change, check)        \
	static void test_##name(void **state) \
	{                                     \
		(void)state;                  \
		change;                       \
		assert_forbidden(check);      \
	}

FORBIDDEN(kind, question.kind = TB_KIND_TUN, TB_CHECK_KIND)
FORBIDDEN(mode, question.mode = TB_MODE_VEPA, TB_CHECK_KIND)
FORBIDDEN(bridge, question.bridge[2] = '1', TB_CHECK_NETWORK)
FORBIDDEN(parent, question.parent[0] = 'e', TB_CHECK_NETWORK)
FORBIDDEN(name, question.name[0] = 'x', TB_CHECK_NAME)
FORBIDDEN(mtu, question.mtu = 1501, TB_CHECK_MTU)
FORBIDDEN(no_mtu, question.mtu = 0, TB_CHECK_MTU)
FORBIDDEN(queues, question.queues = 3, TB_CHECK_QUEUES)
FORBIDDEN(no_queues, question.queues = 0, TB_CHECK_QUEUES)
FORBIDDEN(vnet_hdr, question.flags = TB_REQUEST_VNET_HDR, TB_CHECK_VNET_HDR)
FORBIDDEN(vhost, question.flags = TB_REQUEST_VHOST, TB_CHECK_VHOST)
FORBIDDEN(lifetime, question.lifetime = TB_LIFETIME_FD, TB_CHECK_LIFETIME)
FORBIDDEN(unknown_lifetime, question.lifetime = 32, TB_CHECK_LIFETIME)
FORBIDDEN(netns, question.flags = TB_REQUEST_NETNS, TB_CHECK_NETNS)
FORBIDDEN(host, lan.netns = 1u << NETNS_CALLER, TB_CHECK_NETNS)

static void test_what_does_not_go_together(void **state)
{
	(void)state;
	lan.vhost = lan.vnet_hdr = true;
	lan.lifetimes = (1u << TB_LIFETIME_COUNT) - 1;
	lan.netns = (1u << NETNS_COUNT) - 1;
	question.flags = TB_REQUEST_VHOST;
	assert_forbidden(TB_CHECK_VHOST);
	question.flags = TB_REQUEST_VHOST | TB_REQUEST_VNET_HDR;
	assert_int_equal(ceiling_forbids(&lan, &question), TB_CHECK_NONE);
	question.lifetime = TB_LIFETIME_PERSISTENT;
	question.queues = 1;
	assert_forbidden(TB_CHECK_VHOST);
	question.flags = 0;
	question.queues = 2;
	assert_forbidden(TB_CHECK_QUEUES);
	question.queues = 1;
	assert_int_equal(ceiling_forbids(&lan, &question), TB_CHECK_NONE);
	question.flags = TB_REQUEST_NETNS;
	assert_forbidden(TB_CHECK_LIFETIME);
	question.lifetime = TB_LIFETIME_NAMESPACE;
	assert_int_equal(ceiling_forbids(&lan, &question), TB_CHECK_NONE);
	question.queues = 2;
	assert_forbidden(TB_CHECK_QUEUES);
	question.queues = 1;
	question.flags = 0;
	assert_forbidden(TB_CHECK_LIFETIME);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(test_##name, set_up)
	static const struct CMUnitTest tests[] = {
		TEST(what_is_below_is_allowed),
		TEST(all_that_forbid),
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
