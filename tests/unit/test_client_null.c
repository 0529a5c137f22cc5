/* libtapbroker and NULL: every pointer of every function. What must not be NULL is EINVAL, before anything is asked of
 * the broker, and whatever else the caller has given is as after any other failure. tests/build/8-library demands a row
 * here for each function that the library exports.
 */
#include "tests/unit/client_broker.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define SOME_ID "0102030405060708090a0b0c0d0e0f10"

/* One row: the call fails with EINVAL. */
#define REFUSED(call)                                                                           \
	do {                                                                                    \
		errno = 0;                                                                      \
		if ((call) != -1 || errno != EINVAL)                                            \
			fail_msg("%s: it is not -1 and EINVAL, but errno is %d", #call, errno); \
	} while (0)

/* One row: the call returns what a device has that has nothing, and errno is EINVAL. */
#define NOTHING(call, is_nothing)                                                        \
	do {                                                                             \
		errno = 0;                                                               \
		if (!((call)is_nothing) || errno != EINVAL)                              \
			fail_msg("%s: it is not nothing, or errno is %d", #call, errno); \
	} while (0)

/* One row: the call takes NULL, returns this, and keeps errno. */
#define KEEPS_ERRNO(call)                                                  \
	do {                                                               \
		errno = 42;                                                \
		call;                                                      \
		if (errno != 42)                                           \
			fail_msg("%s: errno is %d, not 42", #call, errno); \
	} while (0)

static int note_network(const struct tap_network *network, void *arg)
{
	(void)network, (void)arg;
	return 0;
}

static int note_lease(const struct tap_lease *lease, void *arg)
{
	(void)lease, (void)arg;
	return 0;
}

static int note_drop(const struct tap_drop *drop, void *arg)
{
	(void)drop, (void)arg;
	return 0;
}

static int note_block(const struct tap_block *block, void *arg)
{
	(void)block, (void)arg;
	return 0;
}

static int note_configuration(const struct tap_configuration *configuration, void *arg)
{
	(void)configuration, (void)arg;
	return 0;
}

/* Nobody has connected to the broker. */
static void expect_nothing_asked(const struct broker *broker)
{
	assert_int_equal(poll(&(struct pollfd){.fd = broker->listening, .events = POLLIN}, 1, 0), 0);
}

/* Any address: a function that fails leaves NULL there. */
#define ANYTHING(type) ((struct type *)(void *)&anything)

static void test_devices(void **state)
{
	struct tap_request request = TAP_REQUEST_INIT;
	int before = count_fds();
	int anything = 0;
	struct tap *tap = ANYTHING(tap);

	request.network = "lan";
	REFUSED(tapbroker_open(NULL, &tap));
	assert_null(tap);
	REFUSED(tapbroker_open("lan", NULL));
	tap = ANYTHING(tap);
	REFUSED(tapbroker_open_request(NULL, &tap));
	assert_null(tap);
	REFUSED(tapbroker_open_request(&request, NULL));
	tap = ANYTHING(tap);
	REFUSED(tapbroker_open_connected(-1, NULL, &tap));
	assert_null(tap);
	REFUSED(tapbroker_open_connected(-1, &request, NULL));
	tap = ANYTHING(tap);
	REFUSED(tapbroker_reserve(NULL, &tap));
	assert_null(tap);
	REFUSED(tapbroker_reserve(&request, NULL));
	request.network = NULL;
	REFUSED(tapbroker_open_request(&request, &tap));
	REFUSED(tapbroker_reserve(&request, &tap));
	assert_int_equal(count_fds(), before);
	expect_nothing_asked(*state);
}

static void test_openings(void **state)
{
	struct tap_request request = TAP_REQUEST_INIT;
	struct broker *broker = *state;
	int before = count_fds();
	int anything = 0;
	struct tap_opening *opening = ANYTHING(tap_opening);
	struct tap *tap = ANYTHING(tap);

	request.network = "lan";
	REFUSED(tapbroker_open_begin(NULL, &opening));
	assert_null(opening);
	REFUSED(tapbroker_open_begin(&request, NULL));
	REFUSED(tapbroker_open_finish(NULL, &tap));
	assert_null(tap);
	KEEPS_ERRNO(tapbroker_open_cancel(NULL));
	assert_int_equal(count_fds(), before);
	expect_nothing_asked(broker);

	/* Without a place for the device the opening goes on. */
	add_answer(broker, good_answer());
	start(broker);
	assert_true(tapbroker_open_begin(&request, &opening) >= 0);
	stop(broker);
	REFUSED(tapbroker_open_finish(opening, NULL));
	assert_int_equal(tapbroker_open_finish(opening, &tap), 1);
	tapbroker_close(tap);
	assert_int_equal(count_fds(), before);
}

static void test_handles(void **state)
{
	static const uint8_t zeros[6];
	unsigned int reason = 99;
	int before = count_fds();

	REFUSED(tapbroker_fd(NULL, 0));
	REFUSED(tapbroker_take_fd(NULL, 0));
	REFUSED(tapbroker_vhost_fd(NULL, 0));
	REFUSED(tapbroker_lifeline(NULL));
	REFUSED(tapbroker_follow(NULL));
	REFUSED(tapbroker_wait(NULL, 0));
	REFUSED(tapbroker_wait(NULL, -1));
	REFUSED(tapbroker_ended(NULL, NULL));
	REFUSED(tapbroker_ended(NULL, &reason));
	assert_int_equal(reason, 99);
	NOTHING(tapbroker_queues(NULL), == 0);
	NOTHING(tapbroker_vhosts(NULL), == 0);
	NOTHING(tapbroker_ifindex(NULL), == 0);
	NOTHING(tapbroker_kind(NULL), == TAP_KIND_ANY);
	NOTHING(tapbroker_flags(NULL), == 0);
	NOTHING(tapbroker_mtu(NULL), == 0);
	NOTHING(tapbroker_traits(NULL), == 0);
	NOTHING(tapbroker_name(NULL)[0], == '\0');
	NOTHING(tapbroker_lease_id(NULL)[0], == '\0');
	NOTHING(tapbroker_address(NULL)[0], == '\0');
	NOTHING(tapbroker_address6(NULL)[0], == '\0');
	NOTHING(tapbroker_gateway(NULL)[0], == '\0');
	NOTHING(tapbroker_gateway6(NULL)[0], == '\0');
	NOTHING(memcmp(tapbroker_mac(NULL), zeros, sizeof(zeros)), == 0);
	KEEPS_ERRNO(tapbroker_close(NULL));
	KEEPS_ERRNO(tapbroker_detach(NULL));
	assert_int_equal(count_fds(), before);
	expect_nothing_asked(*state);
}

static void test_lists(void **state)
{
	int before = count_fds();

	REFUSED(tapbroker_networks(0, 0, NULL, NULL, NULL));
	REFUSED(tapbroker_leases(0, 0, NULL, NULL, NULL));
	REFUSED(tapbroker_blocks(0, 0, NULL, NULL, NULL));
	REFUSED(tapbroker_drops(NULL, 0, 0, NULL, note_drop, NULL));
	REFUSED(tapbroker_drops(SOME_ID, 0, 0, NULL, NULL, NULL));
	REFUSED(tapbroker_read_configuration(NULL, 0, 0, NULL, note_configuration, NULL));
	REFUSED(tapbroker_read_configuration(SOME_ID, 0, 0, NULL, NULL, NULL));
	assert_int_equal(count_fds(), before);
	expect_nothing_asked(*state);
}

static void test_deeds(void **state)
{
	struct tap_configuration configuration = TAP_CONFIGURATION_INIT;
	struct tap_entry entry = {.kind = TAP_ENTRY_ADDRESS};
	int before = count_fds();

	REFUSED(tapbroker_release(NULL, 0, 0, NULL));
	REFUSED(tapbroker_revoke(NULL, 0, 0, NULL));
	REFUSED(tapbroker_unblock(NULL, 0, 0, 0, NULL));
	REFUSED(tapbroker_configure(NULL));
	REFUSED(tapbroker_configure(&configuration)); /* no lease */
	configuration.lease = SOME_ID;
	configuration.entries_count = 1;
	REFUSED(tapbroker_configure(&configuration)); /* no entries */
	configuration.entries = &entry;
	REFUSED(tapbroker_configure(&configuration)); /* an entry without a prefix */
	assert_int_equal(count_fds(), before);
	expect_nothing_asked(*state);
}

static void test_explanations(void **state)
{
	struct tap_configuration_explanation told = TAP_CONFIGURATION_EXPLANATION_INIT;
	struct tap_configuration configuration = TAP_CONFIGURATION_INIT;
	struct tap_explanation explanation = TAP_EXPLANATION_INIT;
	struct tap_request request = TAP_REQUEST_INIT;
	int before = count_fds();

	REFUSED(tapbroker_explain(NULL, &explanation));
	REFUSED(tapbroker_explain(&request, &explanation)); /* no network */
	request.network = "lan";
	REFUSED(tapbroker_explain(&request, NULL));
	REFUSED(tapbroker_explain_configuration(NULL, &configuration, &told));
	REFUSED(tapbroker_explain_configuration("lan", NULL, &told));
	REFUSED(tapbroker_explain_configuration("lan", &configuration, NULL));
	REFUSED(tapbroker_about(0, 0, NULL, NULL));
	assert_int_equal(count_fds(), before);
	expect_nothing_asked(*state);
}

static void test_watches(void **state)
{
	const struct tap_event *event = NULL;
	struct broker *broker = *state;
	struct tap_watcher *watch;
	int before = count_fds();
	struct tb_event *begun = &broker->messages[0].event;

	REFUSED(tapbroker_watch(0, 0, NULL, NULL));
	REFUSED(tapbroker_watch_next(NULL, &event));
	KEEPS_ERRNO(tapbroker_watch_close(NULL));
	assert_int_equal(count_fds(), before);
	expect_nothing_asked(broker);

	begun->what = TB_EVENT_WATCHING;
	tb_header_set(&begun->header, TB_ANS_EVENT, sizeof(*begun));
	broker->sizes[broker->count++] = sizeof(*begun);
	start(broker);
	assert_true(tapbroker_watch(0, 2000, NULL, &watch) >= 0);
	stop(broker);
	REFUSED(tapbroker_watch_next(watch, NULL));
	tapbroker_watch_close(watch);
	assert_int_equal(count_fds(), before);
}

/* A size that no version of a struct had: nobody has begun it as the header says. */
static void test_unsized(void **state)
{
	struct tap_failure failure = {.size = 0};
	struct tap_configuration configuration = TAP_CONFIGURATION_INIT;
	struct tap_configuration_explanation told = {.size = 0};
	struct tap_explanation explanation = {.size = 0};
	struct tap_request request = TAP_REQUEST_INIT;
	struct tap_broker about = {.size = 0};
	size_t nothing_more = sizeof(size_t); /* of a request: to read a member behind it is a bug */
	struct tap_watcher *watch;
	struct tap *tap;

	request.network = "lan";
	REFUSED(tapbroker_explain(&request, &explanation));
	REFUSED(tapbroker_explain_configuration("lan", &configuration, &told));
	REFUSED(tapbroker_about(0, 0, NULL, &about));
	explanation.size = sizeof(explanation);
	REFUSED(tapbroker_explain((const struct tap_request *)(const void *)&nothing_more, &explanation));
	REFUSED(tapbroker_open_request((const struct tap_request *)(const void *)&nothing_more, &tap));
	REFUSED(tapbroker_configure((const struct tap_configuration *)(const void *)&nothing_more));
	request.failure = &failure;
	configuration.lease = SOME_ID;
	configuration.failure = &failure;
	REFUSED(tapbroker_open_request(&request, &tap));
	REFUSED(tapbroker_reserve(&request, &tap));
	REFUSED(tapbroker_explain(&request, &explanation));
	REFUSED(tapbroker_configure(&configuration));
	REFUSED(tapbroker_networks(0, 0, &failure, note_network, NULL));
	REFUSED(tapbroker_leases(0, 0, &failure, note_lease, NULL));
	REFUSED(tapbroker_blocks(0, 0, &failure, note_block, NULL));
	REFUSED(tapbroker_drops(SOME_ID, 0, 0, &failure, note_drop, NULL));
	REFUSED(tapbroker_read_configuration(SOME_ID, 0, 0, &failure, note_configuration, NULL));
	REFUSED(tapbroker_release(SOME_ID, 0, 0, &failure));
	REFUSED(tapbroker_revoke(SOME_ID, 0, 0, &failure));
	REFUSED(tapbroker_unblock("lan", 0, 0, 0, &failure));
	REFUSED(tapbroker_watch(0, 0, &failure, &watch));
	expect_nothing_asked(*state);
}

/* These have no pointer: tapbroker_confine(), tapbroker_version(), tapbroker_strerror(), tapbroker_stage(),
 * tapbroker_check(), tapbroker_reason(). */
int main(void)
{
	const struct CMUnitTest tests[] = {
		BROKER_TEST(test_devices), BROKER_TEST(test_openings), BROKER_TEST(test_handles),
		BROKER_TEST(test_lists),   BROKER_TEST(test_deeds),    BROKER_TEST(test_explanations),
		BROKER_TEST(test_watches), BROKER_TEST(test_unsized),
	};

	become_root();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("client_null", tests, NULL, NULL);
}
