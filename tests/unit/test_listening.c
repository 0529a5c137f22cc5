/* Unit test of the listening socket, made here or passed by a supervisor: broker/monitor/listening.c. */
#include "broker/monitor/listening.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* Linux 6.16 */
#endif

static char path[64];
static int backlog;    /* of the last listen() */
static bool takes_fds; /* the socket's clients may send fds, as far as a kernel can refuse them */

/* These take the place of the C library's, and remember what was said. */
int listen(int sock, int length)
{
	backlog = length;
	return (int)syscall(SYS_listen, sock, length);
}

int setsockopt(int sock, int level, int name, const void *value, socklen_t size)
{
	if (level == SOL_SOCKET && name == SO_PASSRIGHTS)
		takes_fds = *(const int *)value != 0;
	return (int)syscall(SYS_setsockopt, sock, level, name, value, size);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/test_listening.%d/socket", (int)getpid());
	backlog = -1;
	takes_fds = true;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	return 0;
}

static int connects(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int ret;

	strcpy(address.sun_path, path);
	ret = connect(sock, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	if (ret < 0)
		close(sock);
	return ret < 0 ? ret : sock;
}

/* First in, first out: with a long queue one user would take everybody's time. */
static void assert_short_queue(int listening)
{
	int clients[100];
	int count = 0;

	while (count < 100 && (clients[count] = connects()) >= 0)
		count++;
	assert_int_equal(clients[count], -EAGAIN);
	assert_in_range(count, 32, 66);
	while (count > 0) {
		close(clients[--count]);
		close(accept(listening, NULL, NULL));
	}
	assert_int_equal(backlog, 64);
	assert_false(takes_fds);
	assert_true((fcntl(listening, F_GETFD) & FD_CLOEXEC) != 0);
}

static void test_a_socket_of_our_own(void **state)
{
	struct stat status;
	int listening = listening_socket(path);

	(void)state;
	assert_true(listening >= 0);
	assert_short_queue(listening);
	/* Everybody may connect: polkit decides who gets anything. */
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0666);
	/* While it is served nobody takes its place; and then it is no hindrance. */
	assert_int_equal(listening_socket(path), -EADDRINUSE);
	close(listening);
	listening = listening_socket(path);
	assert_true(listening >= 0);
	close(listening);
}

/* A supervisor's is the only fd from 3 on that listens: the others are what it has stored. */
static void pass(int sock, int other)
{
	char pid[16];

	assert_int_equal(dup2(other, 3), 3);
	assert_int_equal(dup2(sock, 4), 4);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "2", 1);
}

static void test_a_socket_of_a_supervisor(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int passed = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	int stream = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	strcpy(address.sun_path, path);
	*strrchr(path, '/') = '\0';
	assert_int_equal(mkdir(path, 0700), 0);
	path[strlen(path)] = '/';
	assert_int_equal(bind(passed, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(syscall(SYS_listen, passed, 4096), 0);
	pass(passed, STDERR_FILENO);
	assert_int_equal(listening_socket(path), 4);
	assert_short_queue(4);
	/* Nothing else is taken for one. */
	pass(stream, STDERR_FILENO);
	assert_int_equal(listening_socket(path), -EPROTOTYPE);
	pass(socket(AF_UNIX, SOCK_SEQPACKET, 0), STDERR_FILENO);
	assert_int_equal(listening_socket(path), -EPROTOTYPE);
	unsetenv("LISTEN_FDS");
	close(passed);
	close(stream);
	close(4);
	close(3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(test_a_socket_of_our_own),
		TEST(test_a_socket_of_a_supervisor),
	};

	/* 3 and 4 are for what a supervisor passes. */
	if (dup2(STDERR_FILENO, 3) < 0 || dup2(STDERR_FILENO, 4) < 0)
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
