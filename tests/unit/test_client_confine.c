/* tap_confine(): which ioctls it refuses, in which threads, and what else it takes away. The fds are of /dev/null,
 * which knows no ioctl: what the filter lets pass ends with ENOTTY. tests/system has it with devices. */
#include "client/tapbroker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const unsigned int denied[] = {
	TUNSETPERSIST, TUNSETOWNER, TUNSETGROUP, SIOCSIFHWADDR, TUNSETLINK, TUNSETCARRIER, TUNSETDEBUG,
};

static const unsigned int allowed[] = {
	TUNSETIFF,       TUNGETIFF,       TUNGETFEATURES,     TUNSETOFFLOAD,  TUNSETVNETHDRSZ,
	TUNGETVNETHDRSZ, TUNSETVNETLE,    TUNSETSNDBUF,       TUNGETSNDBUF,   SIOCGIFHWADDR,
	TUNATTACHFILTER, TUNDETACHFILTER, TUNSETSTEERINGEBPF, TUNSETTXFILTER, TUNSETNOCSUM,
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* What the process that was confined ends with, if all was as it should be. */
#define GOOD 42

/* Confinement is for good, so it happens in a child. Returns how that ended, as waitpid() tells. */
static int in_child(void (*function)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		function();
		_exit(GOOD);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void expect_good(void (*function)(void))
{
	int status = in_child(function);

	if (!WIFEXITED(status) || WEXITSTATUS(status) != GOOD)
		fail_msg("the child ended with status %#x", (unsigned int)status);
}

/* In the child, which has no cmocka: ends it with the line that was wrong. */
#define CHECK(condition)                                                                     \
	do {                                                                                 \
		if (!(condition)) {                                                          \
			fprintf(stderr, "# line %d: %s: %d\n", __LINE__, #condition, errno); \
			_exit(1);                                                            \
		}                                                                            \
	} while (false)

/* The errno of an ioctl with all 64 bits of that number. */
static int error_of(unsigned long number)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int error = syscall(SYS_ioctl, fd, number, 0) < 0 ? errno : 0;

	close(fd);
	return error;
}

static void check_denied(unsigned int number)
{
	CHECK(error_of(number) == EPERM);
#if ULONG_MAX > UINT_MAX
	/* The kernel does not look at the upper half, and so does not the filter. */
	CHECK(error_of(number | 1UL << 32) == EPERM);
	CHECK(error_of(number | 0xffffffffUL << 32) == EPERM);
#endif
}

static void confined_is_denied(void)
{
	for (size_t i = 0; i < COUNT(denied); i++)
		CHECK(error_of(denied[i]) == ENOTTY);
	CHECK(tap_confine(0) == 0);
	for (size_t i = 0; i < COUNT(denied); i++)
		check_denied(denied[i]);
	check_denied(TUNSETQUEUE);
}

static void test_what_is_denied(void **state)
{
	(void)state;
	expect_good(confined_is_denied);
}

static void confined_is_allowed(void)
{
	CHECK(tap_confine(0) == 0);
	for (size_t i = 0; i < COUNT(allowed); i++)
		CHECK(error_of(allowed[i]) == ENOTTY);
}

static void test_what_is_allowed(void **state)
{
	(void)state;
	expect_good(confined_is_allowed);
}

static void confined_with_queues(void)
{
	CHECK(tap_confine(TAP_CONFINE_QUEUES) == 0);
	CHECK(error_of(TUNSETQUEUE) == ENOTTY);
	for (size_t i = 0; i < COUNT(denied); i++)
		check_denied(denied[i]);
}

static void test_queues_may_be_allowed(void **state)
{
	(void)state;
	expect_good(confined_with_queues);
}

static void confined_twice(void)
{
	CHECK(tap_confine(TAP_CONFINE_QUEUES) == 0);
	CHECK(tap_confine(0) == 0);
	check_denied(TUNSETQUEUE);
	CHECK(tap_confine(TAP_CONFINE_QUEUES) == 0);
	check_denied(TUNSETQUEUE);
}

static void test_what_is_denied_stays_denied(void **state)
{
	(void)state;
	expect_good(confined_twice);
}

static void confined_privileges(void)
{
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
	CHECK(tap_confine(0) == 0);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
}

static void test_no_new_privileges(void **state)
{
	(void)state;
	expect_good(confined_privileges);
}

static void wrong_flag(void)
{
	CHECK(tap_confine(TAP_CONFINE_QUEUES << 1) == -1 && errno == E2BIG);
	CHECK(error_of(TUNSETPERSIST) == ENOTTY);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
}

static void test_unknown_flags(void **state)
{
	(void)state;
	expect_good(wrong_flag);
}

/* A thread that runs already when the process is confined. */
static pthread_barrier_t started, confined;

static void *other_thread(void *arg)
{
	pthread_barrier_wait(&started);
	pthread_barrier_wait(&confined);
	check_denied(TUNSETPERSIST);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	return arg;
}

static void confined_threads(void)
{
	pthread_t thread;

	pthread_barrier_init(&started, NULL, 2);
	pthread_barrier_init(&confined, NULL, 2);
	CHECK(pthread_create(&thread, NULL, other_thread, NULL) == 0);
	pthread_barrier_wait(&started);
	CHECK(tap_confine(0) == 0);
	pthread_barrier_wait(&confined);
	CHECK(pthread_join(thread, NULL) == 0);
}

static void test_all_threads(void **state)
{
	(void)state;
	expect_good(confined_threads);
}

/* With a filter of its own, a thread cannot be given this process's. */
static void *thread_with_a_filter(void *arg)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	CHECK(filter != NULL && seccomp_load(filter) == 0);
	seccomp_release(filter);
	pthread_barrier_wait(&started);
	pthread_barrier_wait(&confined);
	return arg;
}

static void confined_against_a_filter(void)
{
	pthread_t thread;

	pthread_barrier_init(&started, NULL, 2);
	pthread_barrier_init(&confined, NULL, 2);
	CHECK(pthread_create(&thread, NULL, thread_with_a_filter, NULL) == 0);
	pthread_barrier_wait(&started);
	CHECK(tap_confine(0) == -1 && errno == ESRCH);
	CHECK(error_of(TUNSETPERSIST) == ENOTTY);
	pthread_barrier_wait(&confined);
	CHECK(pthread_join(thread, NULL) == 0);
}

static void test_a_thread_with_a_filter_of_its_own(void **state)
{
	(void)state;
	expect_good(confined_against_a_filter);
}

static void confined_parent(void)
{
	int status = -1;
	pid_t pid;

	CHECK(tap_confine(0) == 0);
	pid = fork();
	if (pid == 0) {
		check_denied(TUNSETPERSIST);
		_exit(GOOD);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == GOOD);
}

static void test_children(void **state)
{
	(void)state;
	expect_good(confined_parent);
}

#if defined(__x86_64__) && !defined(__ILP32__)

#define GETPID_OF_I386 20
#define X32 0x40000000L

/* The same kernel by its 32-bit entry, which a 64-bit program can use too. */
static void call_as_i386(void)
{
	int result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(GETPID_OF_I386) : "memory", "cc");
	CHECK(result == getpid());
}

static void confined_call_as_i386(void)
{
	CHECK(tap_confine(0) == 0);
	call_as_i386();
}

static void confined_call_as_x32(void)
{
	CHECK(tap_confine(0) == 0);
	syscall(X32 | SYS_getpid);
}

static void expect_killed(void (*function)(void))
{
	int status = in_child(function);

	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
		fail_msg("the child ended with status %#x", (unsigned int)status);
}

static void test_other_abis(void **state)
{
	(void)state;
	expect_killed(confined_call_as_x32);
	if (in_child(call_as_i386) == GOOD << 8)
		expect_killed(confined_call_as_i386);
	else
		printf("# this kernel has no 32-bit entry\n");
}

#else

static void test_other_abis(void **state)
{
	(void)state;
	printf("# no other ABI is known here\n");
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_denied),
		cmocka_unit_test(test_what_is_allowed),
		cmocka_unit_test(test_queues_may_be_allowed),
		cmocka_unit_test(test_what_is_denied_stays_denied),
		cmocka_unit_test(test_no_new_privileges),
		cmocka_unit_test(test_unknown_flags),
		cmocka_unit_test(test_all_threads),
		cmocka_unit_test(test_a_thread_with_a_filter_of_its_own),
		cmocka_unit_test(test_children),
		cmocka_unit_test(test_other_abis),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
