/* libtapbroker and fds that are not the device that the answer names: a broker of which a process was taken over hands
 * them out. Everything here runs in a network namespace of its own.
 */
#define TEST_CLIENT_HAS_DEVICES
#include "tests/unit/client.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define NAME "lan-1a2b3c" /* of the device in good_answer() */

/* An open /dev/net/tun, and with a name the device of that name. */
static int open_tun(const char *name, short type)
{
	struct ifreq request = {.ifr_flags = (short)(type | IFF_NO_PI)};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	if (name == NULL)
		return fd;
	strcpy(request.ifr_name, name);
	assert_int_equal(ioctl(fd, TUNSETIFF, &request), 0);
	return fd;
}

/* Hands this fd out as the device of the answer, and closes it. Says if the library took it. */
static bool is_taken(struct talk *talk, struct tb_answer answer, int fd, int vhost)
{
	struct tap_failure failure = TAP_FAILURE_INIT;
	int fds[] = {fd, vhost};
	struct tap *tap;

	answer.vhosts = vhost >= 0;
	talk->request.failure = &failure;
	assert_int_equal(tb_send(talk->broker, &answer, sizeof(answer), fds, vhost >= 0 ? 2 : 1), 0);
	close(fd);
	if (tapbroker_open_connected(talk->ours, &talk->request, &tap) >= 0) {
		talk->ours = -1;
		tapbroker_close(tap);
		return true;
	}
	assert_int_equal(errno, EPROTO);
	assert_null(tap);
	assert_int_equal(failure.check, TAP_CHECK_DEVICE);
	return false;
}

static void test_the_device(void **state)
{
	assert_true(is_taken(*state, good_answer(), open_tun(NAME, IFF_TAP), -1));
}

static void test_a_tun(void **state)
{
	struct tb_answer answer = good_answer();

	answer.kind = TB_KIND_TUN;
	memset(answer.mac, 0, sizeof(answer.mac));
	assert_true(is_taken(*state, answer, open_tun(NAME, IFF_TUN), -1));
}

/* Whose other end is somebody else's, who would read this client's packets. */
static void test_a_socket(void **state)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_false(is_taken(*state, good_answer(), pair[0], -1));
	close(pair[1]);
}

static void test_a_pipe(void **state)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_false(is_taken(*state, good_answer(), ends[1], -1));
	close(ends[0]);
}

static void test_a_file(void **state)
{
	assert_false(is_taken(*state, good_answer(), open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), -1));
}

/* Character devices, but no devices of ours; nor is any of them a macvtap. */
static void test_another_character_device(void **state)
{
	static const char *const paths[] = {"/dev/null", "/dev/zero", "/dev/ptmx"};
	struct tb_answer answer = good_answer();

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		for (answer.kind = TB_KIND_TAP; answer.kind <= TB_KIND_MACVTAP; answer.kind += 2) {
			int fd = open(paths[i], O_RDWR | O_CLOEXEC | O_NOCTTY);

			assert_true(fd >= 0);
			assert_false(is_taken(*state, answer, fd, -1));
		}
	}
}

static void test_a_tap_of_another_name(void **state)
{
	assert_false(is_taken(*state, good_answer(), open_tun("lan-1a2b3d", IFF_TAP), -1));
}

/* The node without a device: somebody else could attach it to one of theirs. */
static void test_no_tap_at_all(void **state)
{
	assert_false(is_taken(*state, good_answer(), open_tun(NULL, 0), -1));
}

static void test_another_kind(void **state)
{
	struct tb_answer answer = good_answer();

	assert_false(is_taken(*state, answer, open_tun(NAME, IFF_TUN), -1));
	answer.kind = TB_KIND_MACVTAP;
	assert_false(is_taken(*state, answer, open_tun(NAME, IFF_TAP), -1));
}

/* The second fd of a device with vhost-net is checked too. */
static void test_no_vhost(void **state)
{
	struct tb_answer answer = good_answer();
	struct talk *talk = *state;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	answer.flags = TB_REQUEST_VNET_HDR;
	talk->request.flags = TAP_VNET_HDR | TAP_VHOST;
	assert_false(is_taken(talk, answer, open_tun(NAME, IFF_TAP | IFF_VNET_HDR), null));
	close(null);
}

/* The name of each queue counts. */
static void test_a_second_queue_of_another_device(void **state)
{
	struct tb_answer answer = good_answer();
	struct talk *talk = *state;
	int fds[] = {open_tun(NAME, IFF_TAP | IFF_MULTI_QUEUE), open_tun("other", IFF_TAP | IFF_MULTI_QUEUE)};
	struct tap *tap;

	answer.queues = talk->request.queues = 2;
	assert_int_equal(tb_send(talk->broker, &answer, sizeof(answer), fds, 2), 0);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(tapbroker_open_connected(talk->ours, &talk->request, &tap), -1);
	assert_int_equal(errno, EPROTO);
}

/* From now on this process can look at nothing, as under a profile of AppArmor without attach_disconnected. */
static void forbid_to_look(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	assert_non_null(filter);
	assert_int_equal(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(fstat), 0), 0);
	assert_int_equal(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(newfstatat), 0), 0);
	assert_int_equal(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(statx), 0), 0);
	assert_int_equal(seccomp_load(filter), 0);
	seccomp_release(filter);
}

/* Then the device's own word counts, and nobody else's. */
static bool takes_the_device_and_nothing_else(struct talk *talk)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct tb_answer with_vhost = good_answer();
	int pair[2];

	forbid_to_look();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ||
	    is_taken(talk, good_answer(), pair[0], -1) || is_taken(talk, good_answer(), dup(null), -1) ||
	    is_taken(talk, good_answer(), open_tun("lan-1a2b3d", IFF_TAP), -1) ||
	    is_taken(talk, good_answer(), open_tun(NULL, 0), -1))
		return false;
	with_vhost.flags = TB_REQUEST_VNET_HDR;
	talk->request.flags = TAP_VNET_HDR | TAP_VHOST;
	if (is_taken(talk, with_vhost, open_tun(NAME, IFF_TAP | IFF_VNET_HDR), null))
		return false;
	talk->request.flags = 0;
	return is_taken(talk, good_answer(), open_tun(NAME, IFF_TAP), -1);
}

static void test_a_device_that_may_not_be_looked_at(void **state)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(takes_the_device_and_nothing_else(*state) ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TALK_TEST(test_the_device),
		TALK_TEST(test_a_tun),
		TALK_TEST(test_a_socket),
		TALK_TEST(test_a_pipe),
		TALK_TEST(test_a_file),
		TALK_TEST(test_another_character_device),
		TALK_TEST(test_a_tap_of_another_name),
		TALK_TEST(test_no_tap_at_all),
		TALK_TEST(test_another_kind),
		TALK_TEST(test_no_vhost),
		TALK_TEST(test_a_second_queue_of_another_device),
		TALK_TEST(test_a_device_that_may_not_be_looked_at),
	};
	int tun;

	become_root();
	tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (tun < 0 || unshare(CLONE_NEWNET) < 0) {
		printf("1..0 # SKIP needs /dev/net/tun and network namespaces\n");
		return 0;
	}
	close(tun);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("client_device", tests, NULL, NULL);
}
