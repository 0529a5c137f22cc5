/* The authority's real lock-down: broker/authority/authority_lockdown.c. Each attempt runs in a process of its own.
 * Needs root; fails if the filter lets a call pass that it should not, or kills for one that the libraries need.
 */
#include "tests/unit/filters.h"

#include "broker/authority/authority_lockdown.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* A uid that owns nothing. */
#define SOME_UID 61234

/* As tapbrokerd starts it. */
static void lock_down(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_change_id(SOME_UID, SOME_UID, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT) !=
		    0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		_exit(FILTER_FAILED);
	authority_lock_down();
}

/* It ends with code 1, before it does anything else. */
static void it_does_not_run_with_rights(void **state)
{
	(void)state;
	assert_int_equal(below_filter(authority_lock_down, attempt_vdso_call, SYS_clock_gettime), 1);
}

static void *thread_body(void *argument)
{
	return argument;
}

/* The C library tries clone3 first. */
static int attempt_thread(uintptr_t unused)
{
	pthread_t thread;

	(void)unused;
	errno = pthread_create(&thread, NULL, thread_body, NULL);
	return errno == 0 && pthread_join(thread, NULL) == 0 ? 0 : -1;
}

static int attempt_socket(uintptr_t family)
{
	return socket((int)family, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int attempt_program(uintptr_t unused)
{
	(void)unused;
	return execl("/bin/true", "true", (char *)NULL);
}

static int attempt_open(uintptr_t path)
{
	return open((const char *)path, O_RDONLY | O_CLOEXEC);
}

static void it_can_tell_the_time_without_the_vdso(void **state)
{
	(void)state;
	expect_vdso_calls_work(lock_down);
}

static void it_makes_no_process_and_no_namespace(void **state)
{
	(void)state;
	expect_no_process_and_no_namespace(lock_down);
}

static void it_makes_threads(void **state)
{
	(void)state;
	assert_int_equal(below_filter(lock_down, attempt_thread, 0), FILTER_FINE);
	assert_int_equal(below_filter(lock_down, attempt_clone3, 0), FILTER_NO_CALL);
}

static void it_reaches_the_bus_and_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(below_filter(lock_down, attempt_socket, AF_UNIX), FILTER_FINE);
	assert_int_equal(below_filter(lock_down, attempt_socket, AF_INET), FILTER_KILLED);
	assert_int_equal(below_filter(lock_down, attempt_socket, AF_NETLINK), FILTER_KILLED);
	assert_int_equal(below_filter(lock_down, attempt_program, 0), FILTER_KILLED);
}

/* The libraries try to, and must live on. */
static void it_opens_no_file(void **state)
{
	static const char *const paths[] = {"/etc/passwd", "/proc/self/status", "/dev/null", "/"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(below_filter(lock_down, attempt_open, (uintptr_t)paths[i]), FILTER_DENIED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_does_not_run_with_rights),
		cmocka_unit_test(it_can_tell_the_time_without_the_vdso),
		cmocka_unit_test(it_makes_no_process_and_no_namespace),
		cmocka_unit_test(it_makes_threads),
		cmocka_unit_test(it_reaches_the_bus_and_nothing_else),
		cmocka_unit_test(it_opens_no_file),
	};

	if (geteuid() != 0) {
		puts("1..0 # SKIP the lock-down begins as root");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
