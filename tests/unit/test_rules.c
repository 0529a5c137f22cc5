/* Unit test of chains of locks: broker/monitor/kernel/rules.c, against the kernel itself, in a network namespace of its
 * own. What the rules do is a system test's. */
#include "broker/config/network.h"
#include "broker/monitor/kernel/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

static const uint8_t lease[TB_ID_SIZE] = {1, 2, 3};
static const uint8_t mac[TB_MAC_SIZE] = {2, 0xaa, 0xbb, 0xcc, 0xdd, 0xee};
static struct network network;
static struct rules rules;
static struct rules_template template;
static struct rules_chain chain;

static int set_up(void **state)
{
	struct rules_wish wish = {.network = &network};

	(void)state;
	memset(&network, 0, sizeof(network));
	network_default_locks(&network);
	rules_chain(&chain, lease, "", "tap0", mac);
	return rules_open(&rules, true) == 0 ? rules_template(&rules, &wish, &template) : -1;
}

/* The broker keeps them as long as it lives. */
static void free_requests(struct rules *of)
{
	struct template *const requests[] = {&of->transaction.begin, &of->transaction.end, &of->count_rules,
					     &of->delete_chain, &of->list_rules};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		free(requests[i]->bytes);
}

/* The table goes with its socket, or is deleted as an earlier one. */
static int tear_down(void **state)
{
	(void)state;
	free(template.messages.bytes);
	free_requests(&rules);
	close(rules.counts.fd);
	return rules_delete_owned(rules.link.fd, rules.table) == 0 ? close(rules.link.fd) : -1;
}

static void test_once(void **state)
{
	(void)state;
	assert_int_equal(rules_make(&rules, &template, &chain, false), 0);
	assert_int_equal(rules_make(&rules, &template, &chain, false), -EEXIST);
	assert_int_equal(rules_remove(&rules, lease), 0);
	assert_int_equal(rules_remove(&rules, lease), 0);
	assert_int_equal(rules_make(&rules, &template, &chain, false), 0);
}

/* Of a chain whose last rule cannot be made nothing stays, and nothing is taken off that was there before. */
static void test_all_or_nothing(void **state)
{
	char last[8];

	(void)state;
	memcpy(last, template.messages.bytes + template.messages.size - sizeof(last), sizeof(last));
	for (int there = 0; there < 2; there++) {
		memset(template.messages.bytes + template.messages.size - sizeof(last), 0xff, sizeof(last));
		assert_true(rules_make(&rules, &template, &chain, false) < 0);
		assert_true(rules_make(&rules, &template, &chain, true) < 0);
		memcpy(template.messages.bytes + template.messages.size - sizeof(last), last, sizeof(last));
		assert_int_equal(rules_make(&rules, &template, &chain, false), there == 0 ? 0 : -EEXIST);
	}
	assert_int_equal(rules_make(&rules, &template, &chain, true), 0);
}

/* The kernel says how many rules it has: a chain without one of them locks nothing up. */
static void test_a_rule_is_missing(void **state)
{
	(void)state;
	template.rules++;
	assert_int_equal(rules_make(&rules, &template, &chain, false), -EPROTO);
	assert_int_equal(rules_make(&rules, &template, &chain, true), -EPROTO);
	template.rules--;
	assert_int_equal(rules_make(&rules, &template, &chain, true), 0);
}

/* A failure in the middle is told, and the next answer is not taken for it. */
static void test_a_failure_is_told(void **state)
{
	struct rules_chain other;

	(void)state;
	rules_chain(&other, lease, "-x", "tap0", mac);
	for (int i = 0; i < 3; i++) {
		memset(template.messages.bytes + template.messages.size - 8, 0xff, 8); /* the last rule */
		assert_true(rules_make(&rules, &template, &other, false) < 0);
	}
	assert_int_equal(rules_remove(&rules, lease), 0);
}

/* A lease has both, and loses both. */
static void test_further_chains(void **state)
{
	struct rules_wish wish = {.network = &network, .to_holder = true, .forward = true};
	struct rules_template back, slow;
	struct rules_chain second;

	(void)state;
	assert_int_equal(rules_template(&rules, &wish, &back), 0);
	rules_chain(&second, lease, RULES_TO_HOLDER, "lo", mac);
	second.forward_to = 1;
	assert_int_equal(rules_make(&rules, &template, &chain, false), 0);
	assert_int_equal(rules_make(&rules, &back, &second, false), 0);
	assert_int_equal(rules_make(&rules, &back, &second, false), -EEXIST);
	assert_int_equal(rules_remove(&rules, lease), 0);
	assert_int_equal(rules_make(&rules, &back, &second, false), 0);
	network.rate_to_guest = 10;
	assert_int_equal(rules_template(&rules, &wish, &slow), 0);
	assert_true(slow.messages.size > back.messages.size);
	assert_int_equal(rules_make(&rules, &slow, &second, true), 0);
	free(back.messages.bytes);
	free(slow.messages.bytes);
}

static void test_all_lists_are_full(void **state)
{
	struct rules_wish wish = {.network = &network, .forward = true, .egress = true};
	struct prefix_list *lists[] = {&network.macs, &network.ether_types, &network.sources4, &network.sources6};
	static const uint8_t bits[] = {40, 16, 29, 61};

	(void)state;
	network.locks = ~0u;
	network.rate_from_guest = 100;
	for (size_t i = 0; i < 4; i++) {
		lists[i]->count = LOCK_LIST_MAX;
		for (uint8_t j = 0; j < LOCK_LIST_MAX; j++)
			lists[i]->items[j] = (struct prefix){bits[i], {2, j}};
	}
	chain.forward_to = 1;
	free(template.messages.bytes);
	assert_int_equal(rules_template(&rules, &wish, &template), 0);
	assert_int_equal(rules_make(&rules, &template, &chain, false), 0);
}

/* In the shield leases stand in many tables, each of which is made with its first chain. */
static void test_many_tables(void **state)
{
	static struct rules many;
	struct rules_wish wish = {.network = &network, .forward = true, .egress = true};
	struct rules_template full;
	struct rules_chain here, there;
	uint8_t other[TB_ID_SIZE] = {0xf7};

	(void)state;
	assert_int_equal(rules_open_shield(&many), 0);
	assert_int_equal(rules_template(&many, &wish, &full), 0);
	rules_chain(&here, lease, "", "lo", mac);
	rules_chain(&there, other, "", "lo", mac);
	assert_string_not_equal(here.table, there.table);
	assert_int_equal(rules_remove(&many, other), 0);
	here.forward_to = there.forward_to = 1;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rules_make(&many, &full, &here, false), 0);
		assert_int_equal(rules_make(&many, &full, &there, false), 0);
		assert_int_equal(rules_make(&many, &full, &there, false), -EEXIST);
		assert_int_equal(rules_make(&many, &full, &there, true), 0);
		assert_int_equal(rules_remove(&many, lease), 0);
		assert_int_equal(rules_remove(&many, other), 0);
	}
	close(many.link.fd);
	close(many.counts.fd);
	free(full.messages.bytes);
	free_requests(&many);
}

/* Of another broker only what nobody owns is deleted. */
static void test_others(void **state)
{
	static struct rules owned, left;
	struct rules_wish wish = {.network = &network};
	struct rules_template other;

	(void)state;
	assert_int_equal(rules_open(&owned, true), 0);
	assert_int_equal(rules_open(&left, false), 0);
	assert_int_equal(rules_delete_others(&rules), 0);
	assert_int_equal(rules_template(&left, &wish, &other), 0);
	assert_int_equal(rules_make(&left, &other, &chain, false), -ENOENT);
	assert_int_equal(rules_delete_owned(owned.link.fd, owned.table), 0);
	close(owned.link.fd);
	close(left.link.fd);
	free(other.messages.bytes);
	free_requests(&owned);
	free_requests(&left);
	assert_int_equal(rules_make(&rules, &template, &chain, false), 0);
}

static int make_tap(void)
{
	struct ifreq request = {.ifr_name = "tap0", .ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	return fd >= 0 ? ioctl(fd, TUNSETIFF, &request) : -1;
}

#define RULES_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RULES_TEST(test_once),           RULES_TEST(test_a_rule_is_missing),
		RULES_TEST(test_all_or_nothing), RULES_TEST(test_a_failure_is_told),
		RULES_TEST(test_further_chains), RULES_TEST(test_all_lists_are_full),
		RULES_TEST(test_many_tables),    RULES_TEST(test_others),
	};

	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0 || make_tap() < 0) {
		printf("1..0 # SKIP needs root, /dev/net/tun and network namespaces\n");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
