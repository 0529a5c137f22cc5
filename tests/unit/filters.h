/* For the tests of each process's real lock-down: one attempt in a process of its own, which locks itself down first,
 * and the attempts that every process of the broker must stand. Included by one test program of each process.
 */
#ifndef TB_TEST_FILTERS_H
#define TB_TEST_FILTERS_H

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* What became of an attempt. */
#define FILTER_FINE 0
#define FILTER_DENIED 1  /* it failed with EACCES or EPERM */
#define FILTER_NO_CALL 2 /* it failed with ENOSYS */
#define FILTER_FAILED 3  /* it failed with another errno */
#define FILTER_KILLED (-SIGSYS)

/* Returns what the process ended with: one of the above, or another negative signal. The attempt returns a negative
 * number and sets errno if it fails. */
static inline int below_filter(void (*lock_down)(void), int (*attempt)(uintptr_t), uintptr_t argument)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		const struct rlimit none = {0, 0};

		setrlimit(RLIMIT_CORE, &none);
		lock_down();
		if (attempt(argument) >= 0)
			_exit(FILTER_FINE);
		_exit(errno == EACCES || errno == EPERM ? FILTER_DENIED
		      : errno == ENOSYS                 ? FILTER_NO_CALL
							: FILTER_FAILED);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* The calls that the vDSO answers on most machines, made as the C library makes them where it does not. */
static inline int attempt_vdso_call(uintptr_t number)
{
	union {
		struct timespec time;
		struct timeval value;
		time_t seconds;
		unsigned int cpu;
		char bytes[16];
	} result;

	switch (number) {
	case SYS_clock_gettime:
	case SYS_clock_getres:
		return (int)syscall((long)number, CLOCK_MONOTONIC, &result.time);
	case SYS_getrandom:
		return (int)syscall(SYS_getrandom, result.bytes, sizeof(result.bytes), 0);
	case SYS_getcpu:
		return (int)syscall(SYS_getcpu, &result.cpu, NULL, NULL);
	default: /* gettimeofday, time */
		return syscall((long)number, &result, NULL) < 0 ? -1 : 0;
	}
}

static inline void expect_vdso_calls_work(void (*lock_down)(void))
{
	static const long numbers[] = {
		SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_getcpu, SYS_getrandom,
#ifdef SYS_time
		SYS_time,
#endif
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		print_message("# system call %ld\n", numbers[i]);
		assert_int_equal(below_filter(lock_down, attempt_vdso_call, (uintptr_t)numbers[i]), FILTER_FINE);
	}
}

/* The child of a clone that was permitted must not go on as the test. */
static inline int end_if_child(long pid)
{
	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

static inline int attempt_clone(uintptr_t flags)
{
	return end_if_child(syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL));
}

/* The kernel refuses most of these, but the filter must not depend on that. */
static inline int attempt_clone_of_thread(uintptr_t flags)
{
	return end_if_child(
		syscall(SYS_clone, flags | CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, NULL, NULL, NULL, NULL));
}

static inline int attempt_clone3(uintptr_t flags)
{
	const struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	} arguments = {.flags = flags, .exit_signal = SIGCHLD};

	return end_if_child(syscall(SYS_clone3, &arguments, sizeof(arguments)));
}

/* No process, and no namespace, by either call: clone kills, and clone3 kills or is not there. */
static inline void expect_no_process_and_no_namespace(void (*lock_down)(void))
{
	static const uintptr_t flags[] = {
		0,
		CLONE_NEWNS,
		CLONE_NEWCGROUP,
		CLONE_NEWUTS,
		CLONE_NEWIPC,
		CLONE_NEWPID,
		CLONE_NEWNET,
		CLONE_NEWUSER,
		CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS,
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		int by_clone3 = below_filter(lock_down, attempt_clone3, flags[i]);

		print_message("# flags %#lx\n", (unsigned long)flags[i]);
		assert_int_equal(below_filter(lock_down, attempt_clone, flags[i]), FILTER_KILLED);
		assert_true(by_clone3 == FILTER_KILLED || by_clone3 == FILTER_NO_CALL);
		if (flags[i] != 0)
			assert_int_equal(below_filter(lock_down, attempt_clone_of_thread, flags[i]), FILTER_KILLED);
	}
}

#endif
