/* libtapbroker against the answers that this test writes: every refusal, and everything that is not an answer; and that
 * no fd stays open after either.
 */
#include "tests/unit/client.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static void test_refusals(void **state)
{
	static const int errors[TB_STATUS_COUNT] = {0,      EACCES,     EBADMSG, EAGAIN, EDQUOT,
						    ENOSPC, EEXIST,     ENODEV,  ESTALE, EIO,
						    ENXIO,  EOPNOTSUPP, EXDEV,   EUSERS, EADDRINUSE};
	struct talk *talk = *state;

	for (uint32_t status = 1; status < TB_STATUS_COUNT; status++) {
		struct tb_answer answer = refusal(status);

		send_answer(talk, &answer, sizeof(answer), 0);
		expect_error(talk, errors[status]);
	}
}

/* What else a refusal says. */
static void test_failures(void **state)
{
	struct talk *talk = *state;
	struct tb_answer answer = refusal(TB_QUOTA_USER);
	struct tap_failure failure;

	memset(&failure, 0xff, sizeof(failure));
	failure.size = sizeof(failure);
	answer.check = TB_CHECK_MAX_PER_USER;
	talk->request.failure = &failure;
	send_answer(talk, &answer, sizeof(answer), 0);
	expect_error(talk, EDQUOT);
	assert_int_equal(failure.held, 4);
	assert_int_equal(failure.limit, 4);
	assert_int_equal(failure.stage, 0);
	assert_int_equal(failure.error, 0);
	assert_int_equal(failure.quota, TAP_QUOTA_NETWORK);
	assert_int_equal(failure.status, TB_QUOTA_USER);
	assert_int_equal(failure.check, TAP_CHECK_MAX_PER_USER);
	assert_int_equal(failure.reserved, 0);
	assert_int_equal(failure.size, sizeof(failure));

	answer = refusal(TB_KERNEL);
	send_answer(talk, &answer, sizeof(answer), 0);
	expect_error(talk, EIO);
	assert_int_equal(failure.held, 0);
	assert_int_equal(failure.limit, 0);
	assert_int_equal(failure.stage, TB_STAGE_LINK);
	assert_int_equal(failure.error, EBUSY);
	assert_int_equal(failure.status, TB_KERNEL);
	assert_int_equal(failure.check, TAP_CHECK_NONE);

	answer.header.size++; /* not a refusal, so it says nothing */
	send_answer(talk, &answer, sizeof(answer), 0);
	expect_error(talk, EPROTO);
	assert_int_equal(failure.status, 0);
	assert_int_equal(failure.stage, 0);
	assert_int_equal(failure.error, 0);

	failure.size--;
	expect_error(talk, EINVAL);
}

/* One field of an answer that would be right otherwise. */
struct wrong {
	const char *what;
	size_t offset;
	size_t size;
	uint32_t value;
	int error;
};

#define FIELD(name, value)                                                                                    \
	{                                                                                                     \
#name, offsetof(struct tb_answer, name), sizeof(((struct tb_answer *)0)->name), value, EPROTO \
	}

static const struct wrong wrong_devices[] = {
	FIELD(header.magic, 1),
	{"version", offsetof(struct tb_answer, header.version), 2, TB_VERSION + 1, EBADMSG},
	FIELD(header.type, TB_REQ_OPEN),
	FIELD(header.type, TB_ANS_NETWORK),
	FIELD(header.size, 159),
	FIELD(header.reserved, 1),
	FIELD(status, TB_DENIED), /* with an fd */
	FIELD(status, TB_STATUS_COUNT),
	FIELD(status, UINT32_MAX),
	FIELD(check, 1),
	FIELD(error, 1),
	FIELD(stage, 1),
	FIELD(held, 1),
	FIELD(limit, 1),
	FIELD(quota, 1),
	FIELD(kind, TB_KIND_ANY),
	FIELD(kind, TB_KIND_TUN),     /* with an address */
	FIELD(kind, TB_KIND_MACVTAP), /* is not what was asked for */
	FIELD(kind, 4),
	FIELD(flags, TB_REQUEST_VNET_HDR), /* was not asked for */
	FIELD(flags, TB_REQUEST_NETNS),    /* neither */
	FIELD(flags, TB_REQUEST_INTERACTIVE),
	FIELD(flags, 1u << 31),
	FIELD(ifindex, 0),
	FIELD(ifindex, 1u << 31),
	FIELD(mtu, 0),
	FIELD(mtu, 67),
	FIELD(mtu, 65536),
	FIELD(mtu, 1501), /* is more than was asked for */
	FIELD(queues, 0),
	FIELD(queues, 2),
	FIELD(queues, 17),
	FIELD(queues, UINT32_MAX),
	FIELD(name[0], 0),
	FIELD(name[0], '-'),
	FIELD(name[1], '\n'),
	FIELD(name[0], 'x'), /* is not what was asked for */
	FIELD(name[15], 'x'),
	FIELD(mac[0], 3), /* a group's */
	FIELD(reserved_mac[0], 1),
	FIELD(reserved_mac[1], 1),
	FIELD(reserved[0], 1),
	FIELD(reserved[3], 1),
	FIELD(traits, TB_NETWORK_NO_QEMU_MACS), /* were not asked for */
	FIELD(guest.reserved[0], 1),
	FIELD(guest.ipv4[3], 1), /* without a prefix length */
	FIELD(guest.ipv4_prefix, 24),
	FIELD(guest.ipv6_prefix, 64),
	FIELD(guest.gateway4[0], 10), /* without an address */
	FIELD(guest.gateway6[0], 0xfd),
	FIELD(vhosts, 1), /* was not asked for, and is not there */
};

static void test_wrong_devices(void **state)
{
	struct talk *talk = *state;

	talk->request.kind = TAP_KIND_TAP;
	talk->request.mtu = 1500;
	talk->request.name = "lan-1a2b3c";
	for (size_t i = 0; i < sizeof(wrong_devices) / sizeof(wrong_devices[0]); i++) {
		const struct wrong *wrong = &wrong_devices[i];
		struct tb_answer answer = good_answer();

		memcpy((char *)&answer + wrong->offset, &wrong->value, wrong->size);
		print_message("# %s = %u\n", wrong->what, wrong->value);
		send_answer(talk, &answer, sizeof(answer), 1);
		expect_error(talk, wrong->error);
	}
}

static void test_wrong_addresses(void **state)
{
	struct talk *talk = *state;
	struct tb_answer answer = good_answer();
	struct tap *tap;

	memset(answer.mac, 0, sizeof(answer.mac));
	send_answer(talk, &answer, sizeof(answer), 1);
	expect_error(talk, EPROTO);

	answer = good_answer();
	memset(answer.lease, 0, sizeof(answer.lease));
	send_answer(talk, &answer, sizeof(answer), 1);
	expect_error(talk, EPROTO);

	answer = good_answer();
	answer.kind = TB_KIND_TUN;
	memset(answer.mac, 0, sizeof(answer.mac));
	tap = open_device(talk, &answer);
	tapbroker_close(tap);
}

/* A device with vnet_hdr was asked for, and comes without. */
static void test_missing_vnet_hdr(void **state)
{
	struct talk *talk = *state;
	struct tb_answer answer = good_answer();

	talk->request.flags = TAP_VNET_HDR;
	send_answer(talk, &answer, sizeof(answer), 1);
	expect_error(talk, EPROTO);
}

/* What a network is may be told in words of a later broker; what the device is may not. */
static void test_later_traits(void **state)
{
	struct talk *talk = *state;
	struct tb_answer answer = good_answer();
	struct tap *tap;

	talk->request.flags = TAP_TRAITS;
	answer.flags = TB_REQUEST_TRAITS;
	send_answer(talk, &answer, sizeof(answer), 1);
	expect_error(talk, EPROTO);
	answer.flags = 0;
	answer.traits = TB_NETWORK_NO_QEMU_MACS | 1u << 31;
	tap = open_device(talk, &answer);
	assert_int_equal(tapbroker_traits(tap), TAP_NETWORK_NO_QEMU_MACS | 1u << 31);
	tapbroker_close(tap);
}

/* A refusal may come from a later broker: it may say more, and be longer. But it brings no fd. */
static void test_later_refusals(void **state)
{
	static const struct wrong later[] = {
		FIELD(header.reserved, 1),
		FIELD(status, TB_STATUS_COUNT),
		FIELD(check, TB_CHECK_COUNT),
		FIELD(stage, 99),
		FIELD(quota, 99),
		FIELD(reserved[0], 1),
	};
	struct tap_failure failure = TAP_FAILURE_INIT;
	struct talk *talk = *state;
	struct tb_answer answer;
	char longer[sizeof(answer) + 40];

	talk->request.failure = &failure;
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		answer = refusal(TB_DENIED);
		memcpy((char *)&answer + later[i].offset, &later[i].value, later[i].size);
		send_answer(talk, &answer, sizeof(answer), 0);
		expect_error(talk, answer.status == TB_DENIED ? EACCES : EREMOTEIO);
		assert_int_equal(failure.status, answer.status);
		assert_int_equal(failure.check, answer.check);
		assert_int_equal(failure.stage, answer.stage);
		assert_int_equal(failure.quota, answer.quota);
	}
	answer = refusal(TB_DENIED);
	answer.header.size = sizeof(longer);
	memset(longer, 0xff, sizeof(longer));
	memcpy(longer, &answer, sizeof(answer));
	send_answer(talk, longer, sizeof(longer), 0);
	expect_error(talk, EACCES);
	answer = refusal(TB_DENIED);
	send_answer(talk, &answer, sizeof(answer), 1);
	expect_error(talk, EPROTO);
}

/* Over a connection that the caller has made there is no other to ask over once more. */
static void test_restart(void **state)
{
	struct tap_failure failure = TAP_FAILURE_INIT;
	struct tb_answer answer = refusal(TB_BUSY);
	struct talk *talk = *state;

	talk->request.failure = &failure;
	answer.check = TB_CHECK_RESTART;
	send_answer(talk, &answer, sizeof(answer), 0);
	expect_error(talk, EAGAIN);
	assert_int_equal(failure.check, TAP_CHECK_RESTART);
}

static void test_wrong_sizes(void **state)
{
	struct talk *talk = *state;
	struct tb_answer answer = good_answer();
	char longer[sizeof(answer) + 1];

	memcpy(longer, &answer, sizeof(answer));
	longer[sizeof(answer)] = 0;
	send_answer(talk, longer, sizeof(longer), 1);
	expect_error(talk, EPROTO);
	for (size_t size = 1; size < sizeof(answer); size += 53) {
		send_answer(talk, &answer, size, 1);
		expect_error(talk, EPROTO);
	}
	send_answer(talk, &answer, 0, 1);
	expect_error(talk, EPROTO);
	answer.header.version++; /* a later version may be longer */
	memcpy(longer, &answer, sizeof(answer));
	send_answer(talk, longer, sizeof(longer), 0);
	expect_error(talk, EBADMSG);
}

static void test_wrong_number_of_fds(void **state)
{
	struct talk *talk = *state;
	struct tb_answer answer = good_answer();

	for (size_t nfds = 0; nfds <= TB_FDS_MAX; nfds++) {
		if (nfds == 1)
			continue;
		send_answer(talk, &answer, sizeof(answer), nfds);
		expect_error(talk, EPROTO);
	}
	send_many_fds(talk->broker, &answer, sizeof(answer), TB_FDS_MAX + 1);
	expect_error(talk, EPROTO);
	send_many_fds(talk->broker, &answer, sizeof(answer), 253);
	expect_error(talk, EPROTO);
}

static void test_all_queues(void **state)
{
	struct talk *talk = *state;
	struct tb_answer answer = good_answer();

	talk->request.queues = TB_QUEUES_MAX;
	answer.queues = TB_QUEUES_MAX;
	tapbroker_close(open_device(talk, &answer));
}

static void ask_for_vhost(struct talk *talk, uint32_t queues)
{
	talk->request.queues = queues;
	talk->request.flags = TAP_VNET_HDR | TAP_VHOST;
}

static struct tb_answer answer_with_vhost(uint32_t queues)
{
	struct tb_answer answer = good_answer();

	answer.flags = TB_REQUEST_VNET_HDR;
	answer.queues = answer.vhosts = queues;
	return answer;
}

/* An fd for each queue and one more for each; tap_close() closes them all. */
static void test_vhost(void **state)
{
	struct tb_answer answer = answer_with_vhost(TB_QUEUES_MAX);
	struct talk *talk = *state;
	struct tap *tap;

	ask_for_vhost(talk, TB_QUEUES_MAX);
	tap = open_device(talk, &answer);
	assert_int_equal(tapbroker_queues(tap), TB_QUEUES_MAX);
	assert_int_equal(tapbroker_vhosts(tap), TB_QUEUES_MAX);
	for (unsigned int i = 0; i < TB_QUEUES_MAX; i++) {
		assert_int_equal(fcntl(tapbroker_vhost_fd(tap, i), F_GETFD), FD_CLOEXEC);
		for (unsigned int j = 0; j < TB_QUEUES_MAX; j++)
			assert_int_not_equal(tapbroker_vhost_fd(tap, i), tapbroker_fd(tap, j));
	}
	errno = 0;
	assert_int_equal(tapbroker_vhost_fd(tap, TB_QUEUES_MAX), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(tapbroker_fd(tap, TB_QUEUES_MAX), -1);
	tapbroker_close(tap);
}

static void test_no_vhost(void **state)
{
	struct tb_answer answer = good_answer();
	struct talk *talk = *state;
	struct tap *tap = open_device(talk, &answer);

	assert_int_equal(tapbroker_vhosts(tap), 0);
	errno = 0;
	assert_int_equal(tapbroker_vhost_fd(tap, 0), -1);
	assert_int_equal(errno, EINVAL);
	tapbroker_close(tap);
}

/* One for each queue: not fewer, not more, and not said but missing. */
static void test_wrong_vhosts(void **state)
{
	static const struct {
		uint32_t said;
		size_t sent;
	} wrong[] = {{0, 2}, {1, 3}, {3, 5}, {2, 2}, {2, 3}, {2, 5}, {0, 4}, {UINT32_MAX, 4}};
	struct talk *talk = *state;

	ask_for_vhost(talk, 2);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct tb_answer answer = answer_with_vhost(2);

		answer.vhosts = wrong[i].said;
		send_answer(talk, &answer, sizeof(answer), wrong[i].sent);
		expect_error(talk, EPROTO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TALK_TEST(test_refusals),         TALK_TEST(test_failures),
		TALK_TEST(test_wrong_devices),    TALK_TEST(test_wrong_addresses),
		TALK_TEST(test_missing_vnet_hdr), TALK_TEST(test_later_refusals),
		TALK_TEST(test_wrong_sizes),      TALK_TEST(test_wrong_number_of_fds),
		TALK_TEST(test_all_queues),       TALK_TEST(test_vhost),
		TALK_TEST(test_no_vhost),         TALK_TEST(test_wrong_vhosts),
		TALK_TEST(test_restart),          TALK_TEST(test_later_traits),
	};

	become_root();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("client_answer", tests, NULL, NULL);
}
