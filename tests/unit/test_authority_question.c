/* What a question of the monitor's becomes in polkit's terms, and what polkit's results become. */
#include "broker/authority/question.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct tb_question question_of(enum tb_kind kind)
{
	struct tb_question question = {.action = TB_ACTION_OPEN,
				       .start_time = 4711,
				       .uid = 1000,
				       .pid = 321,
				       .kind = kind,
				       .mtu = 1500,
				       .queues = 1,
				       .network = "lan"};

	if (kind == TB_KIND_MACVTAP) {
		question.mode = TB_MODE_VEPA;
		strcpy(question.parent, "eth1");
	}
	return question;
}

static void expect_detail(PolkitDetails *details, const char *key, const char *value)
{
	assert_non_null(polkit_details_lookup(details, key));
	assert_string_equal(polkit_details_lookup(details, key), value);
}

static void details_of_a_tap(void **state)
{
	struct tb_question question = question_of(TB_KIND_TAP);
	PolkitDetails *details;
	char **keys;

	(void)state;
	strcpy(question.name, "vm0");
	strcpy(question.bridge, "br0");
	question.flags = TB_REQUEST_INTERACTIVE | TB_REQUEST_VNET_HDR | TB_REQUEST_VHOST;
	question.mtu = TB_MTU_MAX;
	question.queues = TB_QUEUES_MAX;
	question.lifetime = TB_LIFETIME_FD;
	assert_true(question_valid(&question));
	assert_string_equal(question_action(&question), "org.tapbroker.open-tap");
	details = question_details(&question);
	expect_detail(details, "network", "lan");
	expect_detail(details, "kind", "tap");
	expect_detail(details, "name", "vm0");
	expect_detail(details, "device", "vm0");
	expect_detail(details, "bridge", "br0");
	expect_detail(details, "parent", "");
	expect_detail(details, "mode", "");
	expect_detail(details, "mtu", "65535");
	expect_detail(details, "queues", "16");
	expect_detail(details, "vnet_hdr", "yes");
	expect_detail(details, "vhost", "yes");
	expect_detail(details, "lifetime", "fd");
	expect_detail(details, "netns", "host");
	expect_detail(details, "interactive", "yes");
	keys = polkit_details_get_keys(details);
	assert_int_equal(g_strv_length(keys), 14);
	g_strfreev(keys);
	g_object_unref(details);
}

static void details_of_a_macvtap(void **state)
{
	struct tb_question question = question_of(TB_KIND_MACVTAP);
	PolkitDetails *details;

	(void)state;
	assert_true(question_valid(&question));
	assert_string_equal(question_action(&question), "org.tapbroker.open-macvtap");
	details = question_details(&question);
	expect_detail(details, "kind", "macvtap");
	expect_detail(details, "name", "");
	expect_detail(details, "device", "a new device");
	expect_detail(details, "bridge", "");
	expect_detail(details, "parent", "eth1");
	expect_detail(details, "mode", "vepa");
	expect_detail(details, "vnet_hdr", "no");
	expect_detail(details, "vhost", "no");
	expect_detail(details, "interactive", "no");
	g_object_unref(details);
}

static void details_of_a_revocation(void **state)
{
	struct tb_question question = question_of(TB_KIND_TAP);
	PolkitDetails *details;

	(void)state;
	question.action = TB_ACTION_REVOKE;
	question.owner = UINT32_MAX - 1;
	question.flags = TB_REQUEST_NETNS;
	strcpy(question.name, "vm0");
	strcpy(question.bridge, "br-LAN");
	assert_true(question_valid(&question));
	assert_string_equal(question_action(&question), "org.tapbroker.revoke");
	details = question_details(&question);
	expect_detail(details, "network", "lan");
	expect_detail(details, "device", "vm0");
	expect_detail(details, "bridge", "br-LAN");
	expect_detail(details, "owner", "4294967294");
	expect_detail(details, "netns", "caller");
	assert_null(polkit_details_lookup(details, "mtu"));
	g_object_unref(details);
}

static void details_of_a_list(void **state)
{
	struct tb_question question = {.action = TB_ACTION_LIST_ALL, .uid = 1000, .pid = 1, .start_time = 1};
	PolkitDetails *details;

	(void)state;
	assert_true(question_valid(&question));
	assert_string_equal(question_action(&question), "org.tapbroker.list-all");
	details = question_details(&question);
	expect_detail(details, "interactive", "no");
	assert_null(polkit_details_lookup(details, "network"));
	g_object_unref(details);
}

static void details_of_a_tun(void **state)
{
	struct tb_question question = question_of(TB_KIND_TUN);
	PolkitDetails *details;

	(void)state;
	assert_true(question_valid(&question));
	assert_string_equal(question_action(&question), "org.tapbroker.open-tun");
	details = question_details(&question);
	expect_detail(details, "kind", "tun");
	g_object_unref(details);
}

/* The library looks up a uid of -1 and a start time of 0 by itself; everything else it must take as it is. */
static void subject_is_what_the_question_says(void **state)
{
	static const uint32_t uids[] = {0, 1, 1000, INT32_MAX, (uint32_t)INT32_MAX + 1, 4000000000, UINT32_MAX - 1};
	struct tb_question question = question_of(TB_KIND_TAP);

	(void)state;
	question.pid = (uint32_t)getpid(); /* a later library wants a process that is there */
	for (size_t i = 0; i < sizeof(uids) / sizeof(uids[0]); i++) {
		PolkitSubject *subject;

		question.uid = uids[i];
		assert_true(question_valid(&question));
		subject = question_subject(&question);
		assert_int_equal((uint32_t)polkit_unix_process_get_uid(POLKIT_UNIX_PROCESS(subject)), uids[i]);
		assert_int_equal(polkit_unix_process_get_pid(POLKIT_UNIX_PROCESS(subject)), getpid());
		assert_int_equal(polkit_unix_process_get_start_time(POLKIT_UNIX_PROCESS(subject)), 4711);
		g_object_unref(subject);
	}
}

#define REFUSED(kind_, change)                                    \
	do {                                                      \
		struct tb_question question = question_of(kind_); \
		assert_true(question_valid(&question));           \
		change;                                           \
		assert_false(question_valid(&question));          \
	} while (0)

static void nonsense_is_refused(void **state)
{
	(void)state;
	REFUSED(TB_KIND_TAP, question.kind = TB_KIND_ANY);
	REFUSED(TB_KIND_TAP, question.kind = TB_KIND_MACVTAP + 1);
	REFUSED(TB_KIND_TAP, question.kind = UINT32_MAX);
	REFUSED(TB_KIND_TAP, question.mode = TB_MODE_BRIDGE);
	REFUSED(TB_KIND_TAP, strcpy(question.parent, "eth1"));
	REFUSED(TB_KIND_TUN, strcpy(question.bridge, "br0"));
	REFUSED(TB_KIND_TUN, strcpy(question.parent, "eth1"));
	REFUSED(TB_KIND_MACVTAP, question.mode = TB_MODE_NONE);
	REFUSED(TB_KIND_MACVTAP, question.mode = TB_MODE_PASSTHRU + 1);
	REFUSED(TB_KIND_MACVTAP, memset(question.parent, 0, sizeof(question.parent)));
	REFUSED(TB_KIND_MACVTAP, strcpy(question.bridge, "br0"));
	REFUSED(TB_KIND_TAP, question.pid = 0);
	REFUSED(TB_KIND_TAP, question.pid = (uint32_t)INT32_MAX + 1);
	REFUSED(TB_KIND_TAP, question.uid = UINT32_MAX);
	REFUSED(TB_KIND_TAP, question.start_time = 0);
	REFUSED(TB_KIND_TAP, question.flags = TB_REQUEST_ALL);
	REFUSED(TB_KIND_TAP, question.mtu = TB_MTU_MIN - 1);
	REFUSED(TB_KIND_TAP, question.mtu = TB_MTU_MAX + 1);
	REFUSED(TB_KIND_TAP, question.queues = 0);
	REFUSED(TB_KIND_TAP, question.queues = TB_QUEUES_MAX + 1);
	REFUSED(TB_KIND_TAP, question.lifetime = TB_LIFETIME_COUNT);
	REFUSED(TB_KIND_TAP, memset(question.network, 0, sizeof(question.network)));
	REFUSED(TB_KIND_TAP, memset(question.network, 'x', sizeof(question.network)));
	REFUSED(TB_KIND_TAP, question.network[1] = '\n');
	REFUSED(TB_KIND_TAP, question.name[1] = 'x');
	REFUSED(TB_KIND_TAP, strcpy(question.name, "a b"));
	REFUSED(TB_KIND_TAP, memset(question.name, 'x', sizeof(question.name)));
	REFUSED(TB_KIND_TAP, strcpy(question.bridge, "../br0"));
	REFUSED(TB_KIND_TAP, question.action = 0);
	REFUSED(TB_KIND_TAP, question.action = TB_ACTION_REVOKE + 1);
	REFUSED(TB_KIND_TAP, question.action = TB_ACTION_REVOKE); /* of a device without a name */
}

static PolkitAuthorizationResult *result_of(bool yes, bool challenge, bool dismissed)
{
	PolkitDetails *details = polkit_details_new();
	PolkitAuthorizationResult *result;

	if (dismissed)
		polkit_details_insert(details, "polkit.dismissed", "true");
	result = polkit_authorization_result_new(yes, challenge, details);
	g_object_unref(details);
	return result;
}

static void only_a_plain_yes_is_a_yes(void **state)
{
	static const struct {
		bool yes, challenge, dismissed;
		enum tb_verdict_word word;
	} rows[] = {
		{true, false, false, TB_VERDICT_YES},       {false, false, false, TB_VERDICT_NO},
		{false, true, false, TB_VERDICT_CHALLENGE}, {false, false, true, TB_VERDICT_DISMISSED},
		{false, true, true, TB_VERDICT_DISMISSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PolkitAuthorizationResult *result = result_of(rows[i].yes, rows[i].challenge, rows[i].dismissed);

		assert_int_equal(question_verdict(result), rows[i].word);
		g_object_unref(result);
	}
	assert_int_equal(question_verdict(NULL), TB_VERDICT_ERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(details_of_a_tap),        cmocka_unit_test(details_of_a_macvtap),
		cmocka_unit_test(details_of_a_revocation), cmocka_unit_test(details_of_a_list),
		cmocka_unit_test(details_of_a_tun),        cmocka_unit_test(subject_is_what_the_question_says),
		cmocka_unit_test(nonsense_is_refused),     cmocka_unit_test(only_a_plain_yes_is_a_yes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
