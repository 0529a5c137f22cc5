/* libtapbroker and leases: a device that is opened by name, the list of leases, their end, and the watch. The broker is
 * a thread of this test behind a socket of its own.
 */
#include "tests/unit/client_broker.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define ID "0102030000000000000000000000000f"

static const uint8_t id[TB_ID_SIZE] = {1, 2, 3, [15] = 15};

/* ---- tap_reserve() ---- */

static void test_reserve(void **state)
{
	struct tap_request request = TAP_REQUEST_INIT;
	struct broker *broker = *state;
	struct tb_answer answer = good_answer();
	int before = count_fds();
	struct tap *tap;

	answer.queues = 0;
	add_answer(broker, answer);
	request.network = "lan";
	start(broker);
	assert_int_equal(tapbroker_reserve(&request, &tap), 0);
	stop(broker);
	assert_int_equal(broker->request.lifetime, TB_LIFETIME_PERSISTENT);
	assert_int_equal(tapbroker_queues(tap), 0);
	assert_int_equal(tapbroker_fd(tap, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(tapbroker_name(tap), "lan-1a2b3c");
	tapbroker_close(tap);
	assert_int_equal(count_fds(), before);
}

/* Who asks for a device to open by name is given an fd. */
static void test_reserve_brings_no_fd(void **state)
{
	struct tap_request request = TAP_REQUEST_INIT;
	struct broker *broker = *state;
	int before = count_fds();
	struct tap *tap;

	add_answer(broker, good_answer());
	request.network = "lan";
	start(broker);
	assert_int_equal(tapbroker_reserve(&request, &tap), -1);
	assert_int_equal(errno, EPROTO);
	assert_null(tap);
	stop(broker);
	assert_int_equal(count_fds(), before);
}

/* ---- tap_leases() ---- */

static struct tb_lease *add_lease(struct broker *broker, const char *name, uint32_t left, uint32_t count)
{
	struct tb_lease *lease = &broker->messages[broker->count].lease;

	*lease = (struct tb_lease){
		.left = left,
		.count = count,
		.ifindex = 7,
		.uid = 1000,
		.pid = 99,
		.since = 1700000000,
		.rx_bytes = UINT64_MAX,
		.tx_bytes = 2,
		.rx_packets = 3,
		.tx_packets = 4,
		.kind = TB_KIND_TAP,
		.lifetime = TB_LIFETIME_FD,
		.mtu = 1500,
		.network = "lan",
		.mac = {2, 1, 2, 3, 4, 5},
	};
	strcpy(lease->name, name);
	memcpy(lease->lease, id, sizeof(id));
	tb_header_set(&lease->header, TB_ANS_LEASE, sizeof(*lease));
	broker->sizes[broker->count++] = sizeof(*lease);
	return lease;
}

/* Counts the leases; stops at the one that has no place. */
static int note(const struct tap_lease *lease, void *arg)
{
	static const uint8_t mac[6] = {2, 1, 2, 3, 4, 5};
	int *seen = arg;

	assert_int_equal(lease->size, sizeof(*lease));
	assert_string_equal(lease->id, ID);
	assert_string_equal(lease->network, "lan");
	assert_int_equal(lease->kind, TAP_KIND_TAP);
	assert_int_equal(lease->lifetime, TAP_LIFETIME_FD);
	assert_int_equal(lease->ifindex, 7);
	assert_int_equal(lease->mtu, 1500);
	assert_int_equal(lease->uid, 1000);
	assert_int_equal(lease->pid, 99);
	assert_int_equal(lease->since, 1700000000);
	assert_memory_equal(lease->mac, mac, sizeof(mac));
	assert_int_equal(lease->rx_bytes, UINT64_MAX);
	assert_int_equal(lease->tx_bytes, 2);
	assert_int_equal(lease->rx_packets, 3);
	assert_int_equal(lease->tx_packets, 4);
	if (strcmp(lease->name, "stop") == 0)
		return 17;
	(*seen)++;
	return 0;
}

/* Asks for the leases; returns how many came. */
static int list_leases(struct broker *broker, unsigned int flags, int expected)
{
	int before = count_fds();
	int seen = 0;

	start(broker);
	assert_int_equal(tapbroker_leases(flags, 2000, NULL, note, &seen), expected);
	stop(broker);
	assert_int_equal(count_fds(), before);
	assert_int_equal(broker->request.header.type, TB_REQ_LIST);
	assert_int_equal(broker->request.flags, flags);
	return seen;
}

static void test_leases(void **state)
{
	struct broker *broker = *state;

	add_lease(broker, "vm0", 2, 3);
	add_lease(broker, "vm1", 1, 3);
	add_lease(broker, "vm2", 0, 3);
	assert_int_equal(list_leases(broker, TAP_ALL | TAP_INTERACTIVE, 0), 3);
}

static void test_leases_stop(void **state)
{
	struct broker *broker = *state;

	add_lease(broker, "vm0", 2, 3);
	add_lease(broker, "stop", 1, 3);
	add_lease(broker, "vm2", 0, 3);
	assert_int_equal(list_leases(broker, 0, 17), 1);
}

static void test_no_leases(void **state)
{
	struct broker *broker = *state;
	struct tb_lease *lease = add_lease(broker, "", 0, 0);

	memset((char *)lease + sizeof(lease->header), 0, sizeof(*lease) - sizeof(lease->header));
	assert_int_equal(list_leases(broker, 0, 0), 0);
}

/* In the message of the list, or, if the request was not read, in that of a device. */
static void test_leases_refused(void **state)
{
	struct broker *broker = *state;
	struct tb_lease *lease = add_lease(broker, "", 0, 0);

	memset((char *)lease + sizeof(lease->header), 0, sizeof(*lease) - sizeof(lease->header));
	lease->status = TB_DENIED;
	list_leases(broker, TAP_ALL, -1);
	assert_int_equal(errno, EACCES);
	broker->count = 0;
	add_answer(broker, refusal(TB_BUSY));
	list_leases(broker, TAP_ALL, -1);
	assert_int_equal(errno, EAGAIN);
}

static void test_leases_break_off(void **state)
{
	struct broker *broker = *state;

	add_lease(broker, "vm0", 1, 2);
	assert_int_equal(list_leases(broker, 0, -1), 1);
	assert_int_equal(errno, ECONNRESET);
}

#define FIELD(type, name, value)                                                     \
	{                                                                            \
		offsetof(struct type, name), sizeof(((struct type *)0)->name), value \
	}

/* One field of a message that would be right otherwise. */
struct wrong {
	size_t offset;
	size_t size;
	uint32_t value;
};

static struct tb_answer restart(void)
{
	struct tb_answer answer = refusal(TB_BUSY);

	answer.check = TB_CHECK_RESTART;
	return answer;
}

/* A list of which the caller has been told something already is not begun anew. */
static void test_leases_restart(void **state)
{
	struct broker *broker = *state;

	add_lease(broker, "vm0", 1, 2);
	add_answer(broker, restart());
	assert_int_equal(list_leases(broker, 0, -1), 1);
	assert_int_equal(errno, ECONNRESET);
}

/* The second of two leases, wrong in one field. */
static void test_leases_wrong(void **state)
{
	static const struct wrong wrong[] = {
		FIELD(tb_lease, left, 1),          FIELD(tb_lease, count, 3),       FIELD(tb_lease, network[1], ' '),
		FIELD(tb_lease, network[31], 'x'), FIELD(tb_lease, name[0], 'A'),   FIELD(tb_lease, kind, 0),
		FIELD(tb_lease, ifindex, 0),       FIELD(tb_lease, header.size, 1),
	};
	struct broker *broker = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct tb_lease *lease;

		broker->count = 0;
		add_lease(broker, "vm0", 1, 2);
		lease = add_lease(broker, "vm1", 0, 2);
		memcpy((char *)lease + wrong[i].offset, &wrong[i].value, wrong[i].size);
		assert_int_equal(list_leases(broker, 0, -1), 1);
		assert_int_equal(errno, EPROTO);
	}
	broker->count = 0;
	memset(add_lease(broker, "vm0", 0, 1)->lease, 0, TB_ID_SIZE);
	assert_int_equal(list_leases(broker, 0, -1), 0);
	assert_int_equal(errno, EPROTO);
}

/* ---- tap_release() and tap_revoke() ---- */

static void add_done(struct broker *broker, enum tb_type type, uint32_t status)
{
	struct tb_done *done = &broker->messages[0].done;

	*done = (struct tb_done){.status = status};
	tb_header_set(&done->header, type, sizeof(*done));
	broker->sizes[0] = sizeof(*done);
	broker->count = 1;
}

static void test_release(void **state)
{
	static const int errors[] = {[TB_DENIED] = EACCES, [TB_BUSY] = EAGAIN, [TB_NO_LEASE] = ENXIO};
	struct broker *broker = *state;
	int before = count_fds();

	add_done(broker, TB_ANS_RELEASE, TB_OK);
	start(broker);
	assert_int_equal(tapbroker_release("vm0", 0, 2000, NULL), 0);
	stop(broker);
	assert_int_equal(broker->request.header.type, TB_REQ_RELEASE);
	assert_string_equal(broker->request.name, "vm0");
	start(broker);
	assert_int_equal(tapbroker_release(ID, 0, 2000, NULL), 0);
	stop(broker);
	assert_string_equal(broker->request.name, "");
	assert_memory_equal(broker->request.lease, id, sizeof(id));
	for (uint32_t status = 1; status < sizeof(errors) / sizeof(errors[0]); status++) {
		if (errors[status] == 0)
			continue;
		add_done(broker, TB_ANS_RELEASE, status);
		start(broker);
		assert_int_equal(tapbroker_release("vm0", 0, 2000, NULL), -1);
		assert_int_equal(errno, errors[status]);
		stop(broker);
	}
	assert_int_equal(count_fds(), before);
}

static void test_revoke(void **state)
{
	struct broker *broker = *state;

	add_done(broker, TB_ANS_REVOKE, TB_OK);
	start(broker);
	assert_int_equal(tapbroker_revoke(ID, TAP_INTERACTIVE, 2000, NULL), 0);
	stop(broker);
	assert_int_equal(broker->request.header.type, TB_REQ_REVOKE);
	assert_int_equal(broker->request.flags, TB_REQUEST_INTERACTIVE);
	assert_memory_equal(broker->request.lease, id, sizeof(id));
	/* The answer to something else. */
	add_done(broker, TB_ANS_RELEASE, TB_OK);
	start(broker);
	assert_int_equal(tapbroker_revoke(ID, 0, 2000, NULL), -1);
	assert_int_equal(errno, EPROTO);
	stop(broker);
}

/* ---- tap_drops() ---- */

static struct tb_drops *add_drops(struct broker *broker, uint32_t count)
{
	struct tb_drops *drops = (struct tb_drops *)&broker->messages[broker->count];

	memset(drops, 0, sizeof(*drops));
	tb_header_set(&drops->header, TB_ANS_DROPS, sizeof(*drops));
	drops->count = count;
	for (uint32_t i = 0; i < count && i < TB_DROPS_MAX; i++)
		drops->drops[i] = (struct tb_drop){.reason = "mac", .packets = i, .bytes = 100 * i};
	broker->sizes[broker->count++] = sizeof(*drops);
	return drops;
}

static int note_drop(const struct tap_drop *drop, void *arg)
{
	uint32_t *seen = arg;

	assert_int_equal(drop->size, sizeof(*drop));
	assert_string_equal(drop->reason, "mac");
	assert_int_equal(drop->packets, *seen);
	assert_int_equal(drop->bytes, 100 * *seen);
	return ++*seen == 5 ? 17 : 0;
}

static uint32_t ask_for_drops(struct broker *broker, const char *lease, unsigned int flags, int expected)
{
	uint32_t seen = 0;

	start(broker);
	assert_int_equal(tapbroker_drops(lease, flags, 2000, NULL, note_drop, &seen), expected);
	stop(broker);
	return seen;
}

static void test_drops(void **state)
{
	struct broker *broker = *state;

	add_drops(broker, 3);
	assert_int_equal(ask_for_drops(broker, ID, TAP_ALL, 0), 3);
	assert_int_equal(broker->request.header.type, TB_REQ_DROPS);
	assert_int_equal(broker->request.flags, TB_REQUEST_ALL);
	assert_memory_equal(broker->request.lease, id, sizeof(id));
	broker->count = 0;
	add_drops(broker, TB_DROPS_MAX);
	assert_int_equal(ask_for_drops(broker, ID, 0, 17), 5);
	broker->count = 0;
	add_drops(broker, 0);
	assert_int_equal(ask_for_drops(broker, ID, 0, 0), 0);
}

/* Nothing of an answer is told that no broker gives. */
static void test_drops_wrong(void **state)
{
	struct broker *broker = *state;
	struct tb_drops *drops = add_drops(broker, TB_DROPS_MAX + 1);

	assert_int_equal(ask_for_drops(broker, ID, 0, -1), 0);
	assert_int_equal(errno, EPROTO);
	drops->count = 2;
	memset(drops->drops[1].reason, 'x', sizeof(drops->drops[1].reason));
	assert_int_equal(ask_for_drops(broker, ID, 0, -1), 0);
	assert_int_equal(errno, EPROTO);
	strcpy(drops->drops[1].reason, "a\033");
	assert_int_equal(ask_for_drops(broker, ID, 0, -1), 0);
	memset(drops->drops[1].reason, 0, sizeof(drops->drops[1].reason));
	assert_int_equal(ask_for_drops(broker, ID, 0, -1), 0);
	drops->count = 0;
	drops->status = TB_NO_LEASE;
	assert_int_equal(ask_for_drops(broker, ID, 0, -1), 0);
	assert_int_equal(errno, ENXIO);
	assert_int_equal(tapbroker_drops("vm0", 0, 2000, NULL, note_drop, NULL), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(tapbroker_drops(ID, TAP_NETNS, 2000, NULL, note_drop, NULL), -1);
	assert_int_equal(errno, E2BIG);
}

static struct tb_event *add_event(struct broker *broker, enum tb_event_what what)
{
	struct tb_event *event = &broker->messages[broker->count].event;

	*event = (struct tb_event){.what = what, .when = 1700000000};
	if (what != TB_EVENT_WATCHING) {
		event->reason = what == TB_EVENT_ENDED ? TB_REASON_REVOKED : 0;
		event->lost = 3;
		event->uid = 1000;
		event->pid = 99;
		event->kind = TB_KIND_TUN;
		event->lifetime = TB_LIFETIME_PERSISTENT;
		strcpy(event->network, "lan");
		strcpy(event->name, "vm0");
		memcpy(event->lease, id, sizeof(id));
	}
	tb_header_set(&event->header, TB_ANS_EVENT, sizeof(*event));
	broker->sizes[broker->count++] = sizeof(*event);
	return event;
}

/* What errno does not say: a status and a check, in a struct of the caller's. */
static void test_failures(void **state)
{
	struct tap_failure failure = TAP_FAILURE_INIT;
	struct broker *broker = *state;
	struct tap_watcher *watch;
	int seen = 0;

	failure.held = 7;
	add_done(broker, TB_ANS_REVOKE, TB_DENIED);
	broker->messages[0].done.check = TB_CHECK_POLKIT_CHALLENGE;
	start(broker);
	assert_int_equal(tapbroker_revoke(ID, 0, 2000, &failure), -1);
	stop(broker);
	assert_int_equal(failure.status, TAP_STATUS_DENIED);
	assert_int_equal(failure.check, TAP_CHECK_POLKIT_CHALLENGE);
	assert_int_equal(failure.held, 0);
	broker->count = 0;
	add_event(broker, TB_EVENT_WATCHING)->status = TB_BUSY;
	broker->messages[0].event.check = TB_CHECK_WATCHES;
	start(broker);
	assert_int_equal(tapbroker_watch(0, 2000, &failure, &watch), -1);
	stop(broker);
	assert_int_equal(failure.status, TAP_STATUS_BUSY);
	assert_int_equal(failure.check, TAP_CHECK_WATCHES);
	broker->count = 0;
	add_answer(broker, refusal(TB_CONNECTIONS));
	start(broker);
	assert_int_equal(tapbroker_leases(0, 2000, &failure, note, &seen), -1);
	stop(broker);
	assert_int_equal(errno, EUSERS);
	assert_int_equal(failure.status, TAP_STATUS_CONNECTIONS);
	broker->count = 0;
	add_done(broker, TB_ANS_RELEASE, TB_OK);
	start(broker);
	assert_int_equal(tapbroker_release("vm0", 0, 2000, &failure), 0);
	stop(broker);
	assert_int_equal(failure.status, TAP_STATUS_NONE);
	assert_int_equal(failure.check, TAP_CHECK_NONE);
	failure.size = 4;
	assert_int_equal(tapbroker_release("vm0", 0, 2000, &failure), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(tapbroker_release("vm0", TAP_ALL, 2000, NULL), -1);
	assert_int_equal(errno, E2BIG);
}

/* Nobody is asked, so that no broker is needed. */
static void test_bad_leases(void **state)
{
	static const char *const bad[] = {"",
					  "VM0",
					  "a123456789012345",
					  "0102030000000000000000000000000F",
					  "0102030000000000000000000000000g",
					  "0102030000000000000000000000000f0"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(tapbroker_release(bad[i], 0, 2000, NULL), -1);
		assert_int_equal(errno, EINVAL);
		assert_int_equal(tapbroker_revoke(bad[i], 0, 2000, NULL), -1);
		assert_int_equal(errno, EINVAL);
	}
	/* It could be an id, and nobody has it. */
	assert_int_equal(tapbroker_release("00000000000000000000000000000000", 0, 2000, NULL), -1);
	assert_int_equal(errno, ENXIO);
	assert_int_equal(tapbroker_revoke("00000000000000000000000000000000", 0, 2000, NULL), -1);
	assert_int_equal(errno, ENXIO);
	assert_int_equal(tapbroker_revoke("vm0", 0, 2000, NULL), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(tapbroker_revoke(ID, TAP_ALL, 2000, NULL), -1);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(tapbroker_leases(TAP_VNET_HDR, 2000, NULL, note, NULL), -1);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(tapbroker_leases(0, -2, NULL, note, NULL), -1);
	assert_int_equal(errno, EINVAL);
}

/* ---- tap_watch() ---- */

static void test_watch(void **state)
{
	const struct tap_event *event;
	struct broker *broker = *state;
	int before = count_fds();
	struct tap_watcher *watch;
	int fd;

	add_event(broker, TB_EVENT_WATCHING);
	add_event(broker, TB_EVENT_OPENED);
	add_event(broker, TB_EVENT_ENDED);
	start(broker);
	fd = tapbroker_watch(TAP_ALL, 2000, NULL, &watch);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	stop(broker);
	assert_int_equal(broker->request.header.type, TB_REQ_WATCH);
	assert_int_equal(broker->request.flags, TB_REQUEST_ALL);
	assert_int_equal(tapbroker_watch_next(watch, &event), 1);
	assert_int_equal(event->what, TAP_EVENT_OPENED);
	assert_int_equal(event->reason, 0);
	assert_int_equal(event->size, sizeof(*event));
	assert_int_equal(event->lost, 3);
	assert_int_equal(event->when, 1700000000);
	assert_string_equal(event->id, ID);
	assert_string_equal(event->network, "lan");
	assert_string_equal(event->name, "vm0");
	assert_int_equal(event->kind, TAP_KIND_TUN);
	assert_int_equal(event->lifetime, TAP_LIFETIME_PERSISTENT);
	assert_int_equal(event->uid, 1000);
	assert_int_equal(event->pid, 99);
	assert_int_equal(tapbroker_watch_next(watch, &event), 1);
	assert_int_equal(event->what, TAP_EVENT_ENDED);
	assert_int_equal(event->reason, TAP_ENDED_REVOKED);
	assert_int_equal(tapbroker_watch_next(watch, &event), -1);
	assert_int_equal(errno, ECONNRESET);
	errno = 42;
	tapbroker_watch_close(watch);
	tapbroker_watch_close(NULL);
	assert_int_equal(errno, 42);
	assert_int_equal(count_fds(), before);
}

static void expect_no_watch(struct broker *broker, int error)
{
	int before = count_fds();
	struct tap_watcher *watch;

	start(broker);
	assert_int_equal(tapbroker_watch(0, 2000, NULL, &watch), -1);
	assert_int_equal(errno, error);
	assert_null(watch);
	stop(broker);
	assert_int_equal(count_fds(), before);
}

static void test_watch_refused(void **state)
{
	struct broker *broker = *state;
	struct tb_event *event = add_event(broker, TB_EVENT_WATCHING);

	*event = (struct tb_event){.header = event->header, .status = TB_DENIED};
	expect_no_watch(broker, EACCES);
	broker->count = 0;
	add_answer(broker, refusal(TB_BUSY));
	expect_no_watch(broker, EAGAIN);
	broker->count = 0;
	add_event(broker, TB_EVENT_OPENED); /* comes first */
	expect_no_watch(broker, EPROTO);
	broker->count = 0;
	expect_no_watch(broker, ECONNRESET);
}

/* It is over as if the broker were gone, which it is in a moment. */
static void test_watch_restart(void **state)
{
	const struct tap_event *event;
	struct broker *broker = *state;
	struct tap_watcher *watch;

	add_event(broker, TB_EVENT_WATCHING);
	add_answer(broker, restart());
	start(broker);
	assert_true(tapbroker_watch(0, 2000, NULL, &watch) >= 0);
	stop(broker);
	assert_int_equal(tapbroker_watch_next(watch, &event), -1);
	assert_int_equal(errno, ECONNRESET);
	tapbroker_watch_close(watch);
}

static void test_watch_wrong(void **state)
{
	static const struct wrong wrong[] = {
		FIELD(tb_event, what, 0),        FIELD(tb_event, reason, 0), FIELD(tb_event, network[0], ' '),
		FIELD(tb_event, name[15], 'x'),  FIELD(tb_event, kind, 0),   FIELD(tb_event, header.type, 9),
		FIELD(tb_event, header.size, 1),
	};
	const struct tap_event *event;
	struct broker *broker = *state;
	struct tap_watcher *watch;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct tb_event *last;

		broker->count = 0;
		add_event(broker, TB_EVENT_WATCHING);
		last = add_event(broker, TB_EVENT_ENDED);
		memcpy((char *)last + wrong[i].offset, &wrong[i].value, wrong[i].size);
		start(broker);
		assert_true(tapbroker_watch(0, 2000, NULL, &watch) >= 0);
		stop(broker);
		assert_int_equal(tapbroker_watch_next(watch, &event), -1);
		assert_int_equal(errno, EPROTO);
		tapbroker_watch_close(watch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BROKER_TEST(test_reserve),
		BROKER_TEST(test_reserve_brings_no_fd),
		BROKER_TEST(test_leases),
		BROKER_TEST(test_leases_stop),
		BROKER_TEST(test_no_leases),
		BROKER_TEST(test_leases_refused),
		BROKER_TEST(test_leases_break_off),
		BROKER_TEST(test_leases_wrong),
		BROKER_TEST(test_release),
		BROKER_TEST(test_revoke),
		BROKER_TEST(test_drops),
		BROKER_TEST(test_drops_wrong),
		BROKER_TEST(test_failures),
		BROKER_TEST(test_bad_leases),
		BROKER_TEST(test_watch),
		BROKER_TEST(test_leases_restart),
		BROKER_TEST(test_watch_restart),
		BROKER_TEST(test_watch_refused),
		BROKER_TEST(test_watch_wrong),
	};

	become_root();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("client_leases", tests, NULL, NULL);
}
