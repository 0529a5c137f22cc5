/* What the tests of libtapbroker share: a broker's end to speak from, good messages to spoil, and being root.
 *
 * The library wants root at the other end, so an ordinary user's run of these tests is root in a user namespace.
 */
#ifndef TEST_CLIENT_H
#define TEST_CLIENT_H

#include "client/libtapbroker/internal.h"
#include "proto/channel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* The fds that these tests hand out are no devices, so that they need none. test_client_device.c, which has devices,
 * tests the library's own function of this name. */
#ifndef TEST_CLIENT_HAS_DEVICES
int tb_device_check(const struct tb_answer *answer, const int *fds)
{
	(void)answer, (void)fds;
	return 0;
}
#endif

static inline void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		printf("1..0 # SKIP needs root, or user namespaces\n");
		exit(0);
	}
	close(fd);
}

/* The library takes nobody but root for the broker. */
static inline void become_root(void)
{
	char map[64];

	if (geteuid() == 0)
		return;
	snprintf(map, sizeof(map), "0 %u 1", geteuid());
	if (unshare(CLONE_NEWUSER) < 0) {
		printf("1..0 # SKIP needs root, or user namespaces\n");
		exit(0);
	}
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", map);
}

static inline int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static inline int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The answer to a request that names nothing but the network "lan". */
static inline struct tb_answer good_answer(void)
{
	struct tb_answer answer = {
		.status = TB_OK,
		.kind = TB_KIND_TAP,
		.ifindex = 7,
		.mtu = 1500,
		.queues = 1,
		.name = "lan-1a2b3c",
		.mac = {0x02, 1, 2, 3, 4, 5},
		.lease = {1, 2, 3},
	};

	tb_header_set(&answer.header, TB_ANS_OPEN, sizeof(answer));
	return answer;
}

static inline struct tb_answer refusal(uint32_t status)
{
	struct tb_answer answer = {.status = status};

	tb_header_set(&answer.header, TB_ANS_OPEN, sizeof(answer));
	if (status == TB_KERNEL) {
		answer.error = EBUSY;
		answer.stage = TB_STAGE_LINK;
	}
	if (status == TB_QUOTA_USER)
		answer.held = answer.limit = 4;
	if (status == TB_QUOTA_USER || status == TB_QUOTA_NETWORK)
		answer.quota = TB_QUOTA_OF_NETWORK;
	return answer;
}

/* More fds in one message than tb_send() would send. */
static inline void send_many_fds(int sock, const void *message, size_t size, size_t nfds)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(253 * sizeof(int))];
	} control;
	struct iovec part = {.iov_base = (void *)message, .iov_len = size};
	struct msghdr msg = {.msg_iov = &part,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = CMSG_SPACE(nfds * sizeof(int))};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	memset(&control, 0, sizeof(control));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(nfds * sizeof(int));
	for (size_t i = 0; i < nfds; i++)
		memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &null, sizeof(int));
	if (sendmsg(sock, &msg, MSG_NOSIGNAL) != (ssize_t)size)
		abort();
	close(null);
}

/* A connection whose other end is the test, and a request for it. */
struct talk {
	int ours;
	int broker;
	struct tap_request request;
	int fds_before;
};

static inline int talk_begin(void **state)
{
	static struct talk talk;
	int pair[2];

	talk.fds_before = count_fds();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	talk.ours = pair[0];
	talk.broker = pair[1];
	talk.request = (struct tap_request)TAP_REQUEST_INIT;
	talk.request.network = "lan";
	talk.request.timeout = 2000;
	*state = &talk;
	return 0;
}

/* Every test ends with as many fds as it began with: whatever a failed call has left open shows here. */
static inline int talk_end(void **state)
{
	struct talk *talk = *state;

	if (talk->ours >= 0)
		close(talk->ours);
	if (talk->broker >= 0)
		close(talk->broker);
	assert_int_equal(count_fds(), talk->fds_before);
	return 0;
}

static inline void send_answer(const struct talk *talk, const void *answer, size_t size, size_t nfds)
{
	int fds[TB_FDS_MAX] = {-1};

	for (size_t i = 0; i < nfds; i++) {
		fds[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
		assert_true(fds[i] >= 0);
	}
	assert_int_equal(tb_send(talk->broker, answer, size, fds, nfds), 0);
	for (size_t i = 0; i < nfds; i++)
		close(fds[i]);
}

/* The call fails with this error, and gives no handle. */
static inline void expect_error(const struct talk *talk, int error)
{
	struct tap *tap = (struct tap *)talk;

	errno = 0;
	assert_int_equal(tapbroker_open_connected(talk->ours, &talk->request, &tap), -1);
	assert_int_equal(errno, error);
	assert_null(tap);
}

static inline struct tap *open_device(struct talk *talk, const struct tb_answer *answer)
{
	struct tap *tap;
	int fd;

	send_answer(talk, answer, sizeof(*answer), answer->queues + answer->vhosts);
	fd = tapbroker_open_connected(talk->ours, &talk->request, &tap);
	assert_true(fd >= 0);
	assert_int_equal(fd, tapbroker_fd(tap, 0));
	talk->ours = -1;
	return tap;
}

#define TALK_TEST(function) cmocka_unit_test_setup_teardown(function, talk_begin, talk_end)

#endif
