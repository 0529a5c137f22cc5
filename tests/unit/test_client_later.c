/* libtapbroker beside a broker of a later day, which has one more kind, flag, lifetime, reason, event, status and
 * field: listing, watching and opening go on, and what is new comes as the number that it is. Also structs of the
 * caller's that are older or newer than this library.
 */
#include "tests/unit/client_broker.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define LATER 77  /* any number that has no meaning yet */
#define LONGER 40 /* bytes that a later struct has more */

static const uint8_t id[TB_ID_SIZE] = {1, 2, 3};

/* Adds a message of this type and of a later size, with every reserved byte set, and the header's too. */
static union tb_any_answer *add_later(struct broker *broker, enum tb_type type, size_t size)
{
	union tb_any_answer *message = &broker->messages[broker->count];

	memset(message, 0, sizeof(*message));
	memset(message->bytes + size, 0xff, LONGER);
	tb_header_set(&message->header, type, size + LONGER);
	message->header.reserved = LATER;
	broker->sizes[broker->count++] = size + LONGER;
	return message;
}

static int note_network(const struct tap_network *network, void *arg)
{
	int *seen = arg;

	assert_string_equal(network->name, "lan");
	assert_int_equal(network->kind, LATER);
	assert_int_equal(network->flags, 1u << 30 | TAP_VNET_HDR);
	assert_int_equal(network->mtu, 1u << 20);
	assert_int_equal(network->queues, 64);
	(*seen)++;
	return 0;
}

static void test_networks(void **state)
{
	struct broker *broker = *state;
	struct tb_network *network = &add_later(broker, TB_ANS_NETWORK, sizeof(*network))->network;
	int seen = 0;

	network->vlan = UINT32_MAX;
	network->count = 1;
	network->kind = LATER;
	network->flags = 1u << 30 | TB_REQUEST_VNET_HDR;
	network->mtu = 1u << 20;
	network->queues = 64;
	strcpy(network->network, "lan");
	start(broker);
	assert_int_equal(tapbroker_networks(0, 2000, NULL, note_network, &seen), 0);
	stop(broker);
	assert_int_equal(seen, 1);
}

static int note_lease(const struct tap_lease *lease, void *arg)
{
	int *seen = arg;

	assert_string_equal(lease->name, "vm0");
	assert_int_equal(lease->kind, LATER);
	assert_int_equal(lease->lifetime, LATER);
	assert_int_equal(lease->flags, 1u << 30);
	(*seen)++;
	return 0;
}

static void test_leases(void **state)
{
	struct broker *broker = *state;
	struct tb_lease *lease = &add_later(broker, TB_ANS_LEASE, sizeof(*lease))->lease;
	int seen = 0;

	memset(lease->reserved, 0xff, sizeof(lease->reserved));
	lease->count = 1;
	lease->kind = lease->lifetime = LATER;
	lease->flags = 1u << 30;
	lease->ifindex = 7;
	strcpy(lease->network, "lan");
	strcpy(lease->name, "vm0");
	memcpy(lease->lease, id, sizeof(id));
	start(broker);
	assert_int_equal(tapbroker_leases(0, 2000, NULL, note_lease, &seen), 0);
	stop(broker);
	assert_int_equal(seen, 1);
}

static struct tb_event *add_event(struct broker *broker, uint32_t what)
{
	struct tb_event *event = &add_later(broker, TB_ANS_EVENT, sizeof(*event))->event;

	memset(event->reserved, 0xff, sizeof(event->reserved));
	event->what = what;
	return event;
}

static void set_lease(struct tb_event *event)
{
	event->kind = event->lifetime = event->reason = LATER;
	strcpy(event->network, "lan");
	strcpy(event->name, "vm0");
	memcpy(event->lease, id, sizeof(id));
}

static void expect_event(struct tap_watcher *watch, unsigned int what, unsigned int reason, const char *name)
{
	const struct tap_event *event;

	assert_int_equal(tapbroker_watch_next(watch, &event), 1);
	assert_int_equal(event->what, what);
	assert_int_equal(event->reason, reason);
	assert_int_equal(event->kind, reason);
	assert_string_equal(event->name, name);
}

static void test_watch(void **state)
{
	struct broker *broker = *state;
	const struct tap_event *event;
	struct tap_watcher *watch;

	add_event(broker, TB_EVENT_WATCHING);
	set_lease(add_event(broker, TB_EVENT_ENDED));
	set_lease(add_event(broker, LATER));
	add_event(broker, LATER + 1); /* about no lease at all */
	strcpy(add_event(broker, LATER)->name, "\033[2J");
	start(broker);
	assert_true(tapbroker_watch(0, 2000, NULL, &watch) >= 0);
	stop(broker);
	expect_event(watch, TAP_EVENT_ENDED, LATER, "vm0");
	expect_event(watch, LATER, LATER, "vm0");
	expect_event(watch, LATER + 1, 0, "");
	/* But nothing is told that a terminal would obey. */
	assert_int_equal(tapbroker_watch_next(watch, &event), -1);
	assert_int_equal(errno, EPROTO);
	tapbroker_watch_close(watch);
}

static void test_refused(void **state)
{
	struct broker *broker = *state;
	struct tap_watcher *watch;

	add_later(broker, TB_ANS_LEASE, sizeof(struct tb_lease))->lease.status = LATER;
	start(broker);
	assert_int_equal(tapbroker_leases(0, 2000, NULL, note_lease, NULL), -1);
	assert_int_equal(errno, EREMOTEIO);
	stop(broker);
	broker->count = 0;
	add_event(broker, TB_EVENT_WATCHING)->status = LATER;
	start(broker);
	assert_int_equal(tapbroker_watch(0, 2000, NULL, &watch), -1);
	assert_int_equal(errno, EREMOTEIO);
	stop(broker);
	broker->count = 0;
	add_later(broker, TB_ANS_RELEASE, sizeof(struct tb_done))->done.status = LATER;
	start(broker);
	assert_int_equal(tapbroker_release("vm0", 0, 2000, NULL), -1);
	assert_int_equal(errno, EREMOTEIO);
	stop(broker);
}

static void test_release(void **state)
{
	struct broker *broker = *state;

	memset(&add_later(broker, TB_ANS_RELEASE, sizeof(struct tb_done))->done.error, 0xff, 8);
	start(broker);
	assert_int_equal(tapbroker_release("vm0", 0, 2000, NULL), 0);
	stop(broker);
}

/* A later broker answers a request of today as today, for the answer that brings a device is strict. What it says later
 * may be of its own day. */
static void test_open(void **state)
{
	struct {
		struct tb_end end;
		char longer[LONGER];
	} last = {.end.reason = LATER};
	struct talk *talk = *state;
	struct tb_answer answer = good_answer();
	struct tap *tap = open_device(talk, &answer);
	unsigned int reason;

	tb_header_set(&last.end.header, TB_ANS_END, sizeof(last));
	memset(last.end.reserved, 0xff, sizeof(last.end.reserved));
	memset(last.longer, 0xff, sizeof(last.longer));
	memcpy(last.end.lease, answer.lease, sizeof(last.end.lease));
	send_answer(talk, &last, sizeof(last), 0);
	assert_int_equal(tapbroker_ended(tap, &reason), 1);
	assert_int_equal(reason, LATER);
	tapbroker_close(tap);
}

/* ---- structs of the caller's ---- */

/* What a struct could look like after two more releases; first is its frozen first version. */
struct grown {
	size_t size;
	unsigned int first[2];
	unsigned int second[2];
	unsigned int third[2];
};

#define GROWN_FIRST offsetof(struct grown, second)

static void test_every_older_size_is_taken(void **state)
{
	struct grown from, to;

	(void)state;
	for (size_t size = GROWN_FIRST; size <= sizeof(from); size += sizeof(unsigned int)) {
		memset(&from, 0xff, sizeof(from)); /* what is behind the caller's struct is not the caller's */
		from.size = size;
		assert_int_equal(tb_sized_take(&to, sizeof(to), &from, GROWN_FIRST), 0);
		assert_int_equal(to.size, sizeof(to));
		assert_memory_equal(to.first, from.first, size - sizeof(size));
		for (size_t i = size; i < sizeof(to); i++)
			assert_int_equal(((char *)&to)[i], 0);
	}
	for (size_t size = 0; size < GROWN_FIRST; size++) {
		from.size = size;
		assert_int_equal(tb_sized_take(&to, sizeof(to), &from, GROWN_FIRST), -EINVAL);
		assert_int_equal(tb_sized_check(&from, GROWN_FIRST), -EINVAL);
	}
}

static int note_drop(const struct tap_drop *drop, void *arg)
{
	(void)drop;
	(void)arg;
	return 0;
}

/* Nothing where something is wanted is refused before anybody is asked. */
static void test_nothing_is_refused(void **state)
{
	struct tap_explanation explanation = TAP_EXPLANATION_INIT;
	struct tap_configuration_explanation told = TAP_CONFIGURATION_EXPLANATION_INIT;
	struct tap_configuration configuration = TAP_CONFIGURATION_INIT;
	struct tap_request request = TAP_REQUEST_INIT;
	struct tap *tap;

	(void)state;
	request.network = "lan";
#define REFUSED(call)                            \
	do {                                     \
		errno = 0;                       \
		assert_int_equal(call, -1);      \
		assert_int_equal(errno, EINVAL); \
	} while (0)
	REFUSED(tapbroker_open(NULL, &tap));
	REFUSED(tapbroker_open_request(NULL, &tap));
	REFUSED(tapbroker_reserve(NULL, &tap));
	REFUSED(tapbroker_explain(NULL, &explanation));
	REFUSED(tapbroker_explain(&request, NULL));
	REFUSED(tapbroker_configure(NULL));
	REFUSED(tapbroker_configure(&configuration)); /* of no lease */
	REFUSED(tapbroker_explain_configuration(NULL, &configuration, &told));
	REFUSED(tapbroker_explain_configuration("lan", NULL, &told));
	REFUSED(tapbroker_explain_configuration("lan", &configuration, NULL));
	REFUSED(tapbroker_release(NULL, 0, 0, NULL));
	REFUSED(tapbroker_revoke(NULL, 0, 0, NULL));
	REFUSED(tapbroker_unblock(NULL, 0, 0, 0, NULL));
	REFUSED(tapbroker_drops(NULL, 0, 0, NULL, note_drop, NULL));
	REFUSED(tapbroker_about(0, 0, NULL, NULL));
	tapbroker_close(NULL);
	tapbroker_detach(NULL);
}

/* The same from the other side: an older library. */
static void test_newer_sizes_are_taken_if_the_rest_is_zero(void **state)
{
	struct grown from = {.size = sizeof(from), .first = {1, 2}};
	struct grown to;

	(void)state;
	assert_int_equal(tb_sized_take(&to, GROWN_FIRST, &from, GROWN_FIRST), 0);
	assert_int_equal(to.size, GROWN_FIRST);
	from.third[1] = 1;
	assert_int_equal(tb_sized_take(&to, GROWN_FIRST, &from, GROWN_FIRST), -E2BIG);
	from.size = 1 << 20;
	assert_int_equal(tb_sized_take(&to, GROWN_FIRST, &from, GROWN_FIRST), -E2BIG);
}

/* The library writes no byte behind the caller's struct, and leaves none as it was within it. */
static void test_every_size_is_given(void **state)
{
	const struct grown from = {.size = sizeof(from), .first = {1, 2}, .second = {3, 4}, .third = {5, 6}};
	struct {
		struct grown grown;
		unsigned int newer[2];
		unsigned int behind;
	} to;

	(void)state;
	for (size_t size = GROWN_FIRST; size <= sizeof(to.grown) + sizeof(to.newer); size += sizeof(unsigned int)) {
		size_t common = size < sizeof(from) ? size : sizeof(from);

		memset(&to, 0xff, sizeof(to));
		to.grown.size = size;
		assert_int_equal(tb_sized_check(&to, GROWN_FIRST), 0);
		tb_sized_give(&to, &from, sizeof(from));
		assert_int_equal(to.grown.size, size);
		assert_memory_equal(to.grown.first, from.first, common - sizeof(size));
		for (size_t i = common; i < size; i++)
			assert_int_equal(((char *)&to)[i], 0);
		for (size_t i = size; i < sizeof(to); i++)
			assert_int_equal(((char *)&to)[i], (char)0xff);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BROKER_TEST(test_networks),
		BROKER_TEST(test_leases),
		BROKER_TEST(test_watch),
		BROKER_TEST(test_refused),
		BROKER_TEST(test_release),
		TALK_TEST(test_open),
		cmocka_unit_test(test_every_older_size_is_taken),
		cmocka_unit_test(test_nothing_is_refused),
		cmocka_unit_test(test_newer_sizes_are_taken_if_the_rest_is_zero),
		cmocka_unit_test(test_every_size_is_given),
	};

	become_root();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("client_later", tests, NULL, NULL);
}
