/* Unit test of what a client is told of drops: by which orders the clerk has the kernel asked, what it makes of the
 * answer, and whom it tells. */
#include "tests/unit/clerk.h"

#include "broker/clerk/request/drop_counts.h"

#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <cmocka.h>

#define NEW_RULE (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE)

static struct tb_request request;
static union test_message message;

static int set_up(void **state)
{
	(void)state;
	test_networks_set();
	clerk_open();
	request_set(&request, TB_REQ_DROPS);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	clerk_close();
	return 0;
}

static struct lease *held_lease(uid_t uid, uint32_t number, uint32_t tap)
{
	struct lease *lease = lease_begin_again(test_network("lan"), test_network("lan")->name, uid);
	uint8_t id[TB_ID_SIZE] = {(uint8_t)number, [15] = 9};
	const char name[TB_NAME_SIZE] = "vm0";

	assert_non_null(lease);
	lease_set_id(lease, id);
	lease_set_device(lease, name, number);
	if (tap != 0)
		lease_set_tap(lease, tap);
	lease_happens(lease, LEASE_ADOPTED);
	return lease;
}

static int ask(uid_t uid, const struct lease *lease, uint32_t flags)
{
	int client;

	memcpy(request.lease, lease->id, TB_ID_SIZE);
	request.flags = flags;
	client = client_ask(uid, &request);
	clerk_run();
	return client;
}

/* A rule with this comment, and an expression of this name that has counted. */
static size_t write_rule(char bytes[512], const char *comment, const char *expression, uint64_t packets)
{
	char buffer[1024] __attribute__((aligned(4)));
	struct nlmsghdr *head = mnl_nlmsg_put_header(buffer);
	uint8_t userdata[64] = {0, (uint8_t)(strlen(comment) + 1)};
	struct nlattr *list;
	struct nlattr *element;
	struct nlattr *data;

	memset(mnl_nlmsg_put_extra_header(head, 4), 0, 4);
	strcpy((char *)userdata + 2, comment);
	mnl_attr_put(head, NFTA_RULE_USERDATA, strlen(comment) + 3, userdata);
	list = mnl_attr_nest_start(head, NFTA_RULE_EXPRESSIONS);
	element = mnl_attr_nest_start(head, NFTA_LIST_ELEM);
	mnl_attr_put_strz(head, NFTA_EXPR_NAME, expression);
	data = mnl_attr_nest_start(head, NFTA_EXPR_DATA);
	mnl_attr_put_u64(head, NFTA_COUNTER_BYTES, htobe64(100 * packets));
	mnl_attr_put_u64(head, NFTA_COUNTER_PACKETS, htobe64(packets));
	mnl_attr_nest_end(head, data);
	mnl_attr_nest_end(head, element);
	mnl_attr_nest_end(head, list);
	memcpy(bytes, mnl_nlmsg_get_payload(head), mnl_nlmsg_get_payload_len(head));
	return mnl_nlmsg_get_payload_len(head);
}

static void kernel_tells_rule(uint32_t sequence, const char *comment, const char *expression, uint64_t packets)
{
	char bytes[512];
	size_t size = write_rule(bytes, comment, expression, packets);

	kernel_counts(NEW_RULE, sequence, bytes, size);
	clerk_run();
}

static void kernel_is_done(uint32_t sequence)
{
	const int32_t nothing = 0;

	kernel_counts(NLMSG_DONE, sequence, &nothing, sizeof(nothing));
	clerk_run();
}

/* The order that the monitor has. */
static struct tb_count monitor_takes_count(void)
{
	assert_int_equal(take(others.monitor, &message, NULL), TB_COUNT);
	return message.count;
}

static void answer_both(void)
{
	kernel_is_done(monitor_takes_count().sequence);
	kernel_is_done(monitor_takes_count().sequence);
}

static void test_both_chains_are_asked_for(void **state)
{
	struct lease *lease = held_lease(ALICE, 7, 70);
	int client = ask(ALICE, lease, 0);
	struct tb_count order = monitor_takes_count();

	(void)state;
	assert_memory_equal(order.lease, lease->id, TB_ID_SIZE);
	assert_int_equal(order.place, TB_PLACE_SHIELD);
	assert_int_equal(order.to_holder, 0);
	kernel_tells_rule(order.sequence, "mac", "counter", 2);
	kernel_tells_rule(order.sequence, "nd", "counter", 1);
	kernel_tells_rule(order.sequence, "forward", "fwd", 9);
	kernel_tells_rule(order.sequence, "nd", "counter", 4);
	kernel_is_done(order.sequence);
	order = monitor_takes_count();
	assert_int_equal(order.to_holder, 1);
	kernel_tells_rule(order.sequence, "rate-to-guest", "counter", 0);
	assert_int_equal(take(client, &message, NULL), 0);
	kernel_is_done(order.sequence);
	assert_int_equal(take(client, &message, NULL), TB_ANS_DROPS);
	assert_int_equal(message.drops.status, TB_OK);
	assert_int_equal(message.drops.count, 3);
	assert_string_equal(message.drops.drops[0].reason, "mac");
	assert_int_equal(message.drops.drops[0].packets, 2);
	assert_int_equal(message.drops.drops[0].bytes, 200);
	assert_string_equal(message.drops.drops[1].reason, "nd");
	assert_int_equal(message.drops.drops[1].packets, 5);
	assert_string_equal(message.drops.drops[2].reason, "rate-to-guest");
	assert_int_equal(take(client, &message, NULL), -1);
	close(client);
}

static void test_one_at_a_time(void **state)
{
	int first = ask(ALICE, held_lease(ALICE, 7, 0), 0);
	int second = ask(BOB, held_lease(BOB, 8, 0), 0);
	struct tb_count order = monitor_takes_count();

	(void)state;
	assert_int_equal(order.lease[0], 7);
	assert_int_equal(order.place, TB_PLACE_HERE);
	assert_true(nothing_for(others.monitor));
	kernel_is_done(order.sequence);
	kernel_is_done(monitor_takes_count().sequence);
	assert_int_equal(take(first, &message, NULL), TB_ANS_DROPS);
	answer_both();
	assert_int_equal(take(second, &message, NULL), TB_ANS_DROPS);
	assert_int_equal(message.drops.count, 0);
	close(first);
	close(second);
}

/* What is said of a lease for which nobody waits any more is not told of the next. */
static void test_a_client_that_hangs_up(void **state)
{
	int first = ask(ALICE, held_lease(ALICE, 7, 0), 0);
	uint32_t late = monitor_takes_count().sequence;
	int second = ask(BOB, held_lease(BOB, 8, 0), 0);
	struct tb_count order;

	(void)state;
	close(first);
	clerk_run();
	assert_true(nothing_for(others.monitor));
	kernel_tells_rule(late, "mac", "counter", 5);
	kernel_is_done(late);
	order = monitor_takes_count();
	assert_int_equal(order.lease[0], 8);
	kernel_tells_rule(late, "mac", "counter", 5);
	kernel_is_done(order.sequence);
	kernel_is_done(monitor_takes_count().sequence);
	assert_int_equal(take(second, &message, NULL), TB_ANS_DROPS);
	assert_int_equal(message.drops.count, 0);
	close(second);
}

/* A monitor or a kernel that says nothing fails those who wait, and not those who come later. */
static void test_no_answer(void **state)
{
	int first = ask(ALICE, held_lease(ALICE, 7, 0), 0);
	struct tb_count order = monitor_takes_count();
	const int32_t error = -EBUSY;
	int second;

	(void)state;
	clerk_pass(10001);
	assert_int_equal(take(first, &message, NULL), TB_ANS_DROPS);
	assert_int_equal(message.drops.status, TB_BUSY);
	second = ask(BOB, held_lease(BOB, 8, 0), 0);
	assert_int_not_equal(order.sequence, monitor_takes_count().sequence);
	kernel_counts(NLMSG_ERROR, order.sequence + 1, &(struct nlmsgerr){.error = error}, sizeof(struct nlmsgerr));
	clerk_run();
	clerk_pass(20);
	assert_int_equal(take(second, &message, NULL), TB_ANS_DROPS);
	assert_int_equal(message.drops.status, TB_BUSY);
	close(first);
	close(second);
}

static void test_a_lease_that_ends(void **state)
{
	struct lease *lease = held_lease(ALICE, 7, 0);
	int client = ask(ALICE, lease, 0);
	uint32_t sequence = monitor_takes_count().sequence;

	(void)state;
	lease_end(lease, TB_REASON_RELEASED);
	kernel_is_done(sequence);
	clerk_pass(20);
	assert_int_equal(take(client, &message, NULL), TB_ANS_DROPS);
	assert_int_equal(message.drops.status, TB_NO_LEASE);
	close(client);
}

static void test_whose_it_is(void **state)
{
	struct lease *lease = held_lease(ALICE, 7, 0);
	int client = ask(BOB, lease, 0);

	(void)state;
	clerk_pass(20);
	assert_int_equal(take(client, &message, NULL), TB_ANS_DROPS);
	assert_int_equal(message.drops.status, TB_NO_LEASE);
	close(client);
	client = ask(BOB, lease, TB_REQUEST_ALL);
	assert_int_equal(authority_answers(TB_VERDICT_NO).action, TB_ACTION_LIST_ALL);
	clerk_pass(20);
	assert_int_equal(take(client, &message, NULL), TB_ANS_DROPS);
	assert_int_equal(message.drops.status, TB_DENIED);
	assert_true(nothing_for(others.monitor));
	close(client);
	client = ask(BOB, lease, TB_REQUEST_ALL);
	authority_answers(TB_VERDICT_YES);
	answer_both();
	assert_int_equal(take(client, &message, NULL), TB_ANS_DROPS);
	assert_int_equal(message.drops.status, TB_OK);
	close(client);
	client = ask(0, lease, TB_REQUEST_ALL);
	answer_both();
	assert_int_equal(take(client, &message, NULL), TB_ANS_DROPS);
	assert_int_equal(message.drops.status, TB_OK);
	close(client);
}

/* Takes one rule apart whose comment and length are changed. */
static uint32_t count_of(const char *comment, size_t shorter, int length_of_comment)
{
	char bytes[1024] __attribute__((aligned(4))) = {0};
	struct nlmsghdr *head = (void *)bytes;
	struct tb_drops drops = {.count = 0};
	size_t size = write_rule(bytes + NLMSG_HDRLEN, comment, "counter", 1);

	if (length_of_comment >= 0)
		bytes[NLMSG_HDRLEN + 4 + 4 + 1] = (char)length_of_comment;
	head->nlmsg_len = (uint32_t)(NLMSG_HDRLEN + size - shorter);
	drop_counts_take(head, &drops);
	return drops.count;
}

static void test_rules_that_are_not_ours(void **state)
{
	(void)state;
	assert_int_equal(count_of("fifteen-letters", 0, -1), 1);
	assert_int_equal(count_of("sixteen--letters", 0, -1), 0);
	assert_int_equal(count_of("mac", 0, 200), 0);
	assert_int_equal(count_of("mac", 0, 1), 0);
	assert_int_equal(count_of("mac", 0, 0), 0);
	for (size_t shorter = 1; shorter < 60; shorter++)
		count_of("mac", shorter, -1);
}

static void test_more_reasons_than_fit(void **state)
{
	char bytes[1024] __attribute__((aligned(4))) = {0};
	struct nlmsghdr *head = (void *)bytes;
	struct tb_drops drops = {.count = 0};

	(void)state;
	for (int i = 0; i < TB_DROPS_MAX + 3; i++) {
		char word[16];

		snprintf(word, sizeof(word), "reason%d", i);
		head->nlmsg_len = (uint32_t)(NLMSG_HDRLEN + write_rule(bytes + NLMSG_HDRLEN, word, "counter", 1));
		drop_counts_take(head, &drops);
	}
	assert_int_equal(drops.count, TB_DROPS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_both_chains_are_asked_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_at_a_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_client_that_hangs_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_lease_that_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_whose_it_is, set_up, tear_down),
		cmocka_unit_test(test_rules_that_are_not_ours),
		cmocka_unit_test(test_more_reasons_than_fit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
