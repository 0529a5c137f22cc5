/* Unit test of who is at the other end of a client's socket. Real processes, and the kernel's own word. */
#include "broker/clerk/client/client.h"
#include "broker/clerk/client/client_socket.h"
#include "broker/shared/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct sockaddr_un address;
static socklen_t address_size;
static int listening = -1;
static struct client client;
static pid_t killed_when_read; /* this process ends while its start time is read; 0: none does */

/* Takes the place of the C library's. */
int open(const char *path, int flags, ...)
{
	siginfo_t ended;

	if (killed_when_read != 0) {
		kill(killed_when_read, SIGKILL);
		waitid(P_PID, (id_t)killed_when_read, &ended, WEXITED | WNOWAIT);
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}

static int set_up(void **state)
{
	struct sockaddr_un any = {.sun_family = AF_UNIX};

	(void)state;
	client = (struct client){.sock = -1, .pidfd = -1};
	listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	address_size = sizeof(address);
	if (listening < 0 || bind(listening, (struct sockaddr *)&any, sizeof(any.sun_family)) < 0 ||
	    getsockname(listening, (struct sockaddr *)&address, &address_size) < 0)
		return -1;
	return listen(listening, 8);
}

static int tear_down(void **state)
{
	(void)state;
	client_close(&client);
	tb_close(&listening);
	return 0;
}

/* A process that connects, and then ends or waits. */
static pid_t start_client(bool ends)
{
	pid_t child = fork();

	if (child != 0)
		return child;
	if (connect(socket(AF_UNIX, SOCK_SEQPACKET, 0), (struct sockaddr *)&address, address_size) < 0)
		_exit(1);
	if (!ends)
		pause();
	_exit(0);
}

static void stop_client(pid_t child)
{
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_a_process_that_runs(void **state)
{
	pid_t child = start_client(false);
	int pidfd;

	(void)state;
	assert_int_equal(client_identify(&client, accept(listening, NULL, NULL)), 0);
	assert_int_equal(client.pid, child);
	assert_int_equal(client.uid, geteuid());
	assert_int_equal(client.gid, getegid());
	assert_true(client.start_time > 0);
	assert_true(client_alive(&client));
	/* With its start time its number names one process for ever. */
	pidfd = process_open(child, client.start_time);
	assert_true(pidfd >= 0);
	close(pidfd);
	assert_int_equal(process_open(child, client.start_time + 1), -ESRCH);
	stop_client(child);
	assert_false(client_alive(&client));
	assert_int_equal(process_open(child, client.start_time), -ESRCH);
}

static void test_a_process_that_has_ended(void **state)
{
	pid_t child = start_client(true);
	int sock;

	(void)state;
	assert_int_equal(waitpid(child, NULL, 0), child);
	sock = accept(listening, NULL, NULL);
	assert_int_equal(client_identify(&client, sock), -ESRCH);
	/* The socket is still the caller's. */
	assert_int_equal(close(sock), 0);
}

/* What was read is a successor's then, for all that is known. */
static void test_a_process_that_ends_meanwhile(void **state)
{
	pid_t child = start_client(false);
	int sock = accept(listening, NULL, NULL);

	(void)state;
	killed_when_read = child;
	assert_int_equal(client_identify(&client, sock), -ESRCH);
	killed_when_read = 0;
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(sock);
}

static void test_no_socket(void **state)
{
	(void)state;
	assert_int_equal(client_identify(&client, -1), -ESRCH);
}

/* A program may call itself anything, even what looks like the fields behind its name. */
static void test_a_strange_name(void **state)
{
	int pair[2];
	struct client again = {.sock = -1, .pidfd = -1};

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(client_identify(&client, pair[0]), 0);
	assert_int_equal(prctl(PR_SET_NAME, ") R 1 2 3 4) (", 0, 0, 0), 0);
	assert_int_equal(client_identify(&again, pair[1]), 0);
	assert_int_equal(again.start_time, client.start_time);
	client_close(&again);
}

static void test_visible(void **state)
{
	(void)state;
	assert_true(process_visible(getppid()));
	assert_false(process_visible(0x7fffffff));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_process_that_runs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_process_that_has_ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_process_that_ends_meanwhile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_socket, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_strange_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_visible, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
