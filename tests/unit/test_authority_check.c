/* What a question of the clerk's becomes in polkit's terms, and what polkitd's replies become. */
#include "broker/authority/polkit_check.h"

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

/* What polkitd is told of a question. */
static struct {
	GVariant *all;
	GVariant *process;
	char *kind;
	char *action;
	GVariant *details;
	guint32 flags;
	char *cancellation;
} told;

static void tell(const struct tb_question *question)
{
	assert_true(polkit_check_valid(question));
	told.all = g_variant_ref_sink(polkit_check_parameters(question, NULL));
	assert_string_equal(g_variant_get_type_string(told.all), "((sa{sv})sa{ss}us)");
	g_variant_get(told.all, "((s@a{sv})s@a{ss}us)", &told.kind, &told.process, &told.action, &told.details,
		      &told.flags, &told.cancellation);
}

static void forget(void)
{
	g_variant_unref(told.all);
	g_variant_unref(told.process);
	g_variant_unref(told.details);
	g_free(told.kind);
	g_free(told.action);
	g_free(told.cancellation);
}

static void expect_detail(const char *key, const char *value)
{
	const char *found = NULL;

	assert_true(g_variant_lookup(told.details, key, "&s", &found));
	assert_string_equal(found, value);
}

static void expect_no_detail(const char *key)
{
	assert_false(g_variant_lookup(told.details, key, "s", NULL));
}

static void details_of_a_tap(void **state)
{
	struct tb_question question = question_of(TB_KIND_TAP);

	(void)state;
	strcpy(question.name, "vm0");
	strcpy(question.bridge, "br0");
	question.flags = TB_REQUEST_INTERACTIVE | TB_REQUEST_VNET_HDR | TB_REQUEST_VHOST;
	question.mtu = TB_MTU_MAX;
	question.queues = TB_QUEUES_MAX;
	question.lifetime = TB_LIFETIME_FD;
	tell(&question);
	assert_string_equal(told.action, "org.tapbroker.open-tap");
	expect_detail("network", "lan");
	expect_detail("kind", "tap");
	expect_detail("name", "vm0");
	expect_detail("device", "vm0");
	expect_detail("bridge", "br0");
	expect_detail("parent", "");
	expect_detail("mode", "");
	expect_detail("mtu", "65535");
	expect_detail("queues", "16");
	expect_detail("vnet_hdr", "yes");
	expect_detail("vhost", "yes");
	expect_detail("lifetime", "fd");
	expect_detail("netns", "host");
	expect_detail("interactive", "yes");
	expect_detail("external_id", "");
	assert_int_equal(g_variant_n_children(told.details), 15);
	assert_int_equal(told.flags, 1); /* polkit may ask for a password */
	forget();
}

static void details_of_a_macvtap(void **state)
{
	struct tb_question question = question_of(TB_KIND_MACVTAP);

	(void)state;
	tell(&question);
	assert_string_equal(told.action, "org.tapbroker.open-macvtap");
	expect_detail("kind", "macvtap");
	expect_detail("name", "");
	expect_detail("device", "a new device");
	expect_detail("bridge", "");
	expect_detail("parent", "eth1");
	expect_detail("mode", "vepa");
	expect_detail("vnet_hdr", "no");
	expect_detail("vhost", "no");
	expect_detail("interactive", "no");
	forget();
}

/* Who may have a macvtap may not therefore take its parent over. */
static void a_passthru_has_its_own_action(void **state)
{
	struct tb_question question = question_of(TB_KIND_MACVTAP);

	(void)state;
	question.mode = TB_MODE_PASSTHRU;
	tell(&question);
	assert_string_equal(told.action, "org.tapbroker.open-passthru");
	expect_detail("mode", "passthru");
	forget();
}

static void details_of_a_revocation(void **state)
{
	struct tb_question question = question_of(TB_KIND_TAP);

	(void)state;
	question.action = TB_ACTION_REVOKE;
	question.owner = UINT32_MAX - 1;
	question.flags = TB_REQUEST_NETNS;
	strcpy(question.name, "vm0");
	strcpy(question.bridge, "br-LAN");
	tell(&question);
	assert_string_equal(told.action, "org.tapbroker.revoke");
	expect_detail("network", "lan");
	expect_detail("device", "vm0");
	expect_detail("bridge", "br-LAN");
	expect_detail("owner", "4294967294");
	expect_detail("netns", "caller");
	expect_no_detail("mtu");
	forget();
}

static void details_of_a_list(void **state)
{
	struct tb_question question = {.action = TB_ACTION_LIST_ALL, .uid = 1000, .pid = 1, .start_time = 1};

	(void)state;
	tell(&question);
	assert_string_equal(told.action, "org.tapbroker.list-all");
	expect_detail("interactive", "no");
	expect_no_detail("network");
	forget();
}

static void details_of_a_tun(void **state)
{
	struct tb_question question = question_of(TB_KIND_TUN);

	(void)state;
	tell(&question);
	assert_string_equal(told.action, "org.tapbroker.open-tun");
	expect_detail("kind", "tun");
	forget();
}

static void subject_is_what_the_question_says(void **state)
{
	static const uint32_t uids[] = {0, 1, 1000, INT32_MAX, (uint32_t)INT32_MAX + 1, 4000000000, UINT32_MAX - 1};
	struct tb_question question = question_of(TB_KIND_TAP);

	(void)state;
	for (size_t i = 0; i < sizeof(uids) / sizeof(uids[0]); i++) {
		guint32 pid = 0;
		guint64 start_time = 0;
		gint32 uid = 0;

		question.uid = uids[i];
		tell(&question);
		assert_string_equal(told.kind, "unix-process");
		assert_int_equal(g_variant_n_children(told.process), 3);
		assert_true(g_variant_lookup(told.process, "pid", "u", &pid));
		assert_true(g_variant_lookup(told.process, "start-time", "t", &start_time));
		assert_true(g_variant_lookup(told.process, "uid", "i", &uid));
		assert_int_equal(pid, 321);
		assert_int_equal(start_time, 4711);
		assert_int_equal((uint32_t)uid, uids[i]);
		assert_int_equal(told.flags, 0);
		forget();
	}
}

/* polkitd finds a check to cancel by this text alone. */
static void a_check_is_cancelled_by_its_ticket(void **state)
{
	struct tb_question question = question_of(TB_KIND_TAP);
	GVariant *cancellation;
	const char *text;

	(void)state;
	for (size_t i = 0; i < TB_ID_SIZE; i++)
		question.ticket[i] = (uint8_t)(0xf0 + i);
	tell(&question);
	assert_string_equal(told.cancellation, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
	cancellation = g_variant_ref_sink(polkit_check_cancellation(&question));
	g_variant_get(cancellation, "(&s)", &text);
	assert_string_equal(text, told.cancellation);
	g_variant_unref(cancellation);
	forget();
}

#define REFUSED(kind_, change)                                    \
	do {                                                      \
		struct tb_question question = question_of(kind_); \
		assert_true(polkit_check_valid(&question));       \
		change;                                           \
		assert_false(polkit_check_valid(&question));      \
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
	REFUSED(TB_KIND_TAP, question.action = TB_ACTION_EXPLAIN + 1);
	REFUSED(TB_KIND_TAP, question.action = TB_ACTION_REVOKE); /* of a device without a name */
}

/* What would be said has the details of what it is about; nobody is asked for a password, whatever the details say. */
static void details_of_an_inquiry(void **state)
{
	struct tb_question question = question_of(TB_KIND_MACVTAP);

	(void)state;
	question.action = TB_ACTION_WOULD_OPEN;
	question.flags = TB_REQUEST_INTERACTIVE;
	tell(&question);
	assert_string_equal(told.action, "org.tapbroker.open-macvtap");
	expect_detail("parent", "eth1");
	expect_detail("mtu", "1500");
	expect_detail("interactive", "yes");
	assert_int_equal(told.flags, 0);
	forget();
	/* A device that no network has, and a bridge in place of a network. */
	question.kind = TB_KIND_TUN;
	strcpy(question.network, "Br0");
	strcpy(question.bridge, "br0");
	assert_true(polkit_check_valid(&question));
	question.action = TB_ACTION_OPEN;
	assert_false(polkit_check_valid(&question));
	question.action = TB_ACTION_EXPLAIN;
	tell(&question);
	assert_string_equal(told.action, "org.tapbroker.explain");
	expect_detail("network", "Br0");
	expect_no_detail("kind");
	assert_int_equal(told.flags, 0);
	forget();
}

static void nonsense_inquiries_are_refused(void **state)
{
	(void)state;
	for (uint32_t action = TB_ACTION_WOULD_OPEN; action <= TB_ACTION_EXPLAIN; action++) {
		struct tb_question good = question_of(TB_KIND_TAP);
		struct tb_question bad;

		good.action = action;
		assert_true(polkit_check_valid(&good));
		bad = good;
		bad.network[1] = '\n';
		assert_false(polkit_check_valid(&bad));
		bad = good;
		bad.pid = 0;
		assert_false(polkit_check_valid(&bad));
		bad = good;
		bad.kind = TB_KIND_ANY;
		assert_int_equal(polkit_check_valid(&bad), action == TB_ACTION_EXPLAIN);
		bad = good;
		strcpy(bad.bridge, "../br0");
		assert_int_equal(polkit_check_valid(&bad), action == TB_ACTION_EXPLAIN);
		bad = good;
		bad.lifetime = TB_LIFETIME_COUNT;
		assert_int_equal(polkit_check_valid(&bad), action == TB_ACTION_EXPLAIN);
		bad = good;
		bad.mtu = 0;
		assert_int_equal(polkit_check_valid(&bad), action == TB_ACTION_EXPLAIN);
	}
}

static GVariant *reply_of(bool yes, bool challenge, bool dismissed)
{
	GVariantBuilder details;

	g_variant_builder_init(&details, G_VARIANT_TYPE("a{ss}"));
	if (dismissed)
		g_variant_builder_add(&details, "{ss}", "polkit.dismissed", "true");
	return g_variant_ref_sink(g_variant_new("((bba{ss}))", yes, challenge, &details));
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
		GVariant *reply = reply_of(rows[i].yes, rows[i].challenge, rows[i].dismissed);

		assert_true(g_variant_is_of_type(reply, CHECK_REPLY_TYPE));
		assert_int_equal(polkit_check_verdict(reply), rows[i].word);
		g_variant_unref(reply);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(details_of_a_tap),
		cmocka_unit_test(details_of_a_macvtap),
		cmocka_unit_test(a_passthru_has_its_own_action),
		cmocka_unit_test(details_of_a_revocation),
		cmocka_unit_test(details_of_a_list),
		cmocka_unit_test(details_of_a_tun),
		cmocka_unit_test(subject_is_what_the_question_says),
		cmocka_unit_test(a_check_is_cancelled_by_its_ticket),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(details_of_an_inquiry),
		cmocka_unit_test(nonsense_inquiries_are_refused),
		cmocka_unit_test(only_a_plain_yes_is_a_yes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
