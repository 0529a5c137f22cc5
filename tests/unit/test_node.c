/* Unit test of what the monitor takes from the opener: broker/monitor/kernel/node.c, with an opener that has answered
 * before it is asked. Nonsense ends the broker; what is late is dropped; what is opened is looked at.
 */
#include "broker/monitor/kernel/node.h"
#include "broker/shared/clock.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "proto/broker.h"
#include "proto/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct node_source source;
static int opener = -1; /* its end */
static int closed;      /* fds that went to the closer */
static uint64_t now;
static jmp_buf died;
static char folder[] = "/tmp/test_node.XXXXXX";

/* These take the place of the broker's. */
uint64_t monotonic_ms(void)
{
	return now += 100;
}

uint64_t realtime_seconds(void)
{
	return 1700000000;
}

/* Time passes by itself, see above. */
int poll(struct pollfd *items, nfds_t count, int timeout)
{
	static const struct timespec none;

	(void)timeout;
	return (int)syscall(SYS_ppoll, items, count, &none, NULL, 0);
}

void closer_give(struct closer *closer, int *fd)
{
	(void)closer;
	if (*fd < 0)
		return;
	tb_close(fd);
	closed++;
}

void tb_log(int level, const char *format, ...)
{
	(void)level, (void)format;
}

void tb_die(const char *format, ...)
{
	(void)format;
	longjmp(died, 1);
}

/* True if the broker ends of what the statement does. */
#define dies(statement) (setjmp(died) != 0 ? true : ((void)(statement), false))

/* The opener says something about the request with this serial, with an fd of this file. */
static void say(uint16_t type, uint32_t serial, int error, const char *path)
{
	struct tb_node_answer answer = {.error = error, .serial = serial};
	int fd TB_CLOSE = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	tb_header_set(&answer.header, type, sizeof(answer));
	assert_int_equal(tb_send(opener, &answer, sizeof(answer), &fd, path != NULL ? 1 : 0), 0);
}

static void bring(uint32_t serial, const char *path)
{
	say(TB_NODE_FD, serial, 0, path);
	say(TB_ANS_NODE, serial, 0, NULL);
}

/* What sysfs says of the macvtap's node. */
static void sysfs_says(const char *number)
{
	FILE *file;
	char path[64];

	snprintf(path, sizeof(path), "%s/vm0/macvtap/tap5/dev", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(number, file);
	fclose(file);
}

static int set_up(void **state)
{
	int pair[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	source = (struct node_source){.opener = pair[0], .serial = 9};
	source.sysfs = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	opener = pair[1];
	closed = 0;
	now = 0;
	return source.sysfs < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	tb_close(&source.opener);
	tb_close(&source.sysfs);
	tb_close(&opener);
	return 0;
}

static void test_the_right_node(void **state)
{
	struct tb_node_request request;
	size_t nfds = 0;
	int fd;

	(void)state;
	sysfs_says("1:3\n");
	bring(10, "/dev/null");
	fd = node_open_tap(&source, "vm0", 5, 1000);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(closed, 0);
	assert_true(tb_receive(opener, &request, sizeof(request), NULL, &nfds) > 0);
	assert_int_equal(request.serial, 10);
	assert_int_equal(request.node, TB_NODE_TAP);
	assert_int_equal(request.ifindex, 5);
	assert_int_equal(request.uid, 1000);
	assert_string_equal(request.name, "vm0");
}

static void test_the_node_of_another(void **state)
{
	static const char *const others[] = {"1:5\n", "1:3", "1:33\n", "", "11:3\n"};

	(void)state;
	for (uint32_t i = 0; i < 5; i++) {
		sysfs_says(others[i]);
		bring(10 + i, "/dev/null");
		assert_int_equal(node_open_tap(&source, "vm0", 5, 0), -ESTALE);
		assert_int_equal(closed, i + 1);
	}
	/* A file is no device, whatever its number is. */
	sysfs_says("0:0\n");
	bring(15, "/etc/passwd");
	assert_int_equal(node_open_tap(&source, "vm0", 5, 0), -ESTALE);
	/* Of an interface that is elsewhere sysfs says nothing. */
	bring(16, "/dev/null");
	assert_int_equal(node_open_tap(&source, "vm1", 5, 0), -ENOENT);
	assert_int_equal(closed, 7);
}

static void test_vhost_net_is_looked_at(void **state)
{
	(void)state;
	bring(10, "/dev/null");
	assert_int_equal(node_open_vhost(&source), -ENODEV);
	bring(11, "/");
	assert_int_equal(node_open_vhost(&source), -ENODEV);
	assert_int_equal(closed, 2);
}

static void test_errors(void **state)
{
	(void)state;
	say(TB_ANS_NODE, 10, ESTALE, NULL);
	assert_int_equal(node_open_tun(&source), -ESTALE);
	say(TB_ANS_NODE, 11, EPERM, NULL);
	assert_int_equal(node_open_tap(&source, "vm0", 5, 1000), -EPERM);
	/* What is the opener's word is not taken for "this kernel does not have it". */
	say(TB_ANS_NODE, 12, EPERM, NULL);
	assert_int_equal(node_open_vhost(&source), -EPERM);
}

/* What is late fails the request that waited for it, and no other. */
static void test_late(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(node_open_tun(&source), -ETIMEDOUT);
	/* It comes when the next one is asked for; an error of then is nothing either. */
	bring(10, "/dev/zero");
	say(TB_ANS_NODE, 9, EIO, NULL);
	bring(11, "/dev/null");
	fd = node_open_tun(&source);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(closed, 1);
	/* An fd that its opener has not closed yet is not used. */
	now = 0;
	say(TB_NODE_FD, 12, 0, "/dev/null");
	assert_int_equal(node_open_tun(&source), -ETIMEDOUT);
	assert_int_equal(closed, 2);
}

static void test_the_opener_is_gone(void **state)
{
	(void)state;
	tb_close(&opener);
	assert_true(node_open_tun(&source) < 0);
}

/* The request has the serial 10. */
static void test_nonsense(void **state)
{
	static const struct {
		uint16_t type;
		uint32_t serial;
		int error;
		const char *path;
	} nonsense[] = {
		{TB_NODE_FD, 0, 0, "/dev/null"},   /* to no request */
		{TB_NODE_FD, 11, 0, "/dev/null"},  /* to one that was not made yet */
		{TB_ANS_NODE, 11, EIO, NULL},      /* the same */
		{TB_ANS_NODE, 0, EIO, NULL},       /* to no request */
		{TB_ANS_NODE, 10, 0, NULL},        /* neither an fd nor an error */
		{TB_ANS_NODE, 10, -EIO, NULL},     /* an error that is none */
		{TB_NODE_FD, 10, 0, NULL},         /* without an fd */
		{TB_ANS_NODE, 10, 0, "/dev/null"}, /* with an fd */
		{TB_REQ_NODE, 10, 0, NULL},        /* a request */
	};

	for (volatile size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		tear_down(state);
		assert_int_equal(set_up(state), 0);
		say(nonsense[i].type, nonsense[i].serial, nonsense[i].error, nonsense[i].path);
		if (!dies(node_open_tun(&source)))
			fail_msg("nonsense %zu was taken", i);
	}
	/* Twice. */
	tear_down(state);
	assert_int_equal(set_up(state), 0);
	say(TB_NODE_FD, 10, 0, "/dev/null");
	say(TB_NODE_FD, 10, 0, "/dev/null");
	assert_true(dies(node_open_tun(&source)));
	/* An fd and an error. */
	tear_down(state);
	assert_int_equal(set_up(state), 0);
	say(TB_NODE_FD, 10, 0, "/dev/null");
	say(TB_ANS_NODE, 10, EIO, NULL);
	assert_true(dies(node_open_tun(&source)));
}

static int make_sysfs(void **state)
{
	char path[64];

	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	for (const char *const *below = (const char *const[]){"vm0", "vm0/macvtap", "vm0/macvtap/tap5", NULL};
	     *below != NULL; below++) {
		snprintf(path, sizeof(path), "%s/%s", folder, *below);
		if (mkdir(path, 0700) < 0)
			return -1;
	}
	return 0;
}

static int remove_sysfs(void **state)
{
	char path[64];

	(void)state;
	for (const char *const *below =
		     (const char *const[]){"vm0/macvtap/tap5/dev", "vm0/macvtap/tap5", "vm0/macvtap", "vm0", "", NULL};
	     *below != NULL; below++) {
		snprintf(path, sizeof(path), "%s/%s", folder, *below);
		if (remove(path) < 0)
			return -1;
	}
	return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(test_the_right_node),
		TEST(test_the_node_of_another),
		TEST(test_vhost_net_is_looked_at),
		TEST(test_errors),
		TEST(test_late),
		TEST(test_the_opener_is_gone),
		TEST(test_nonsense),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_sysfs, remove_sysfs);
}
