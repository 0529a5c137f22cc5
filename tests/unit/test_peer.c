/* Unit test of who is at the other end of a socket: broker/monitor/peer.c. Needs CAP_NET_ADMIN, for the origin
 * of a socket. */
#include "broker/monitor/peer.h"
#include "broker/monitor/listening.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static struct origin origin;
static int listening;
static int ours; /* the client's end */
static int theirs;

static int set_up(void **state)
{
	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/test_peer.%d", (int)getpid());
	unlink(address.sun_path);
	listening = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	ours = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	if (bind(listening, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(listening, 8) < 0 ||
	    connect(ours, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	theirs = accept(listening, NULL, NULL);
	return listening_origin(listening, &origin);
}

static int tear_down(void **state)
{
	(void)state;
	close(listening);
	close(ours);
	close(theirs);
	close(origin.path_fd);
	unlink(address.sun_path);
	return 0;
}

static int check_self(int sock)
{
	return peer_check(sock, geteuid(), getegid(), getpid());
}

static void test_an_accepted_socket_is_ours(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(peer_check_origin(theirs, &origin), 0);
	assert_int_equal(peer_check_origin(ours, &origin), -EPROTOTYPE);
	assert_int_equal(peer_check_origin(listening, &origin), -EPROTOTYPE);
	assert_int_equal(peer_check_origin(STDERR_FILENO, &origin), -EPROTOTYPE);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(peer_check_origin(pair[0], &origin), -EPROTOTYPE);
	close(pair[0]);
	close(pair[1]);
}

/* Whoever starts the broker without its first descriptors lets the kernel give out number 0. */
static void test_the_first_descriptor_is_one(void **state)
{
	int input = dup(STDIN_FILENO);
	int ret;

	(void)state;
	close(STDIN_FILENO);
	ret = peer_check_origin(theirs, &origin);
	if (ret == 0)
		ret = check_self(theirs);
	if (input >= 0)
		dup2(input, STDIN_FILENO);
	close(input);
	assert_int_equal(ret, 0);
}

/* A socket of another service's is a SEQPACKET socket that was accepted, too. */
static void test_another_service(void **state)
{
	struct sockaddr_un elsewhere = {.sun_family = AF_UNIX};
	int other = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	int client = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	int accepted;

	(void)state;
	snprintf(elsewhere.sun_path, sizeof(elsewhere.sun_path), "/tmp/test_peer.%d.other", (int)getpid());
	unlink(elsewhere.sun_path);
	assert_int_equal(bind(other, (struct sockaddr *)&elsewhere, sizeof(elsewhere)), 0);
	assert_int_equal(listen(other, 8), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&elsewhere, sizeof(elsewhere)), 0);
	accepted = accept(other, NULL, NULL);
	assert_int_equal(peer_check_origin(accepted, &origin), -EPROTOTYPE);
	unlink(elsewhere.sun_path);
	close(accepted);
	close(client);
	close(other);
}

static void test_the_kernel_says_who_it_is(void **state)
{
	(void)state;
	assert_int_equal(check_self(theirs), 0);
	assert_int_equal(peer_check(theirs, geteuid() + 1, getegid(), getpid()), -EPERM);
	assert_int_equal(peer_check(theirs, geteuid(), getegid() + 1, getpid()), -EPERM);
	assert_int_equal(peer_check(theirs, geteuid(), getegid(), getppid()), -EPERM);
}

/* As the clerk does it, before it passes the socket on. */
static void test_reading_that_is_shut_down_is_no_end(void **state)
{
	(void)state;
	assert_int_equal(shutdown(theirs, SHUT_RD), 0);
	assert_int_equal(check_self(theirs), 0);
	close(ours);
	ours = -1;
	assert_int_equal(check_self(theirs), -ESRCH);
}

/* Somebody else holds its connection. Its number is not free before it is waited for, and then names nobody. */
static void test_the_process_has_ended(void **state)
{
	int sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	pid_t pid = fork();
	siginfo_t ended;
	int accepted;

	(void)state;
	if (pid == 0)
		_exit(connect(sock, (struct sockaddr *)&address, sizeof(address)) < 0);
	accepted = accept(listening, NULL, NULL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT), 0);
	assert_int_equal(peer_check_origin(accepted, &origin), 0);
	assert_int_equal(peer_check(accepted, geteuid(), getegid(), pid), -ESRCH);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(peer_check(accepted, geteuid(), getegid(), pid), -ESRCH);
	close(accepted);
	close(sock);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(test_an_accepted_socket_is_ours), TEST(test_another_service),
		TEST(test_the_kernel_says_who_it_is),  TEST(test_reading_that_is_shut_down_is_no_end),
		TEST(test_the_process_has_ended),      TEST(test_the_first_descriptor_is_one),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
