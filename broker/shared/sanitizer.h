/* What a build with -fsanitize=address,undefined needs besides its own filter. Nothing in every other build.
 *
 * A process puts TB_SANITIZER_RULES as the last row of its table of struct tb_rule, and includes this file there and
 * nowhere else, because it defines functions that the sanitizer looks for. The rows let the sanitizer keep its shadow
 * memory and print its report, also in a process with threads (clone is for the process's own table to permit). They
 * open no way to sockets, programs or devices, and Landlock goes on forbidding what open could reach.
 */
#ifndef TB_SANITIZER_H
#define TB_SANITIZER_H

#include "broker/shared/lockdown.h"

#include <fcntl.h>
#include <seccomp.h>

#if defined(__SANITIZE_ADDRESS__)
#define TB_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define TB_SANITIZED 1
#endif
#endif

#ifdef TB_SANITIZED

/* In the flags of open and openat. */
#define TB_WRITING (O_ACCMODE | O_CREAT | O_TRUNC)

#define TB_SANITIZER_RULES                                                                                    \
	TB_ALLOW(mmap),                      /* shadow and redzone memory, stacks of threads */               \
		TB_ALLOW(munmap),            /* the same, given back */                                       \
		TB_ALLOW(mprotect),          /* guard pages, arenas of threads */                             \
		TB_ALLOW(madvise),           /* shadow pages that are not used any more */                    \
		TB_ALLOW(futex),             /* the allocator's locks, and waiting for threads */             \
		TB_ALLOW(sched_yield),       /* the sanitizer's spin locks */                                 \
		TB_ALLOW(sched_getaffinity), /* a new thread asks where its stack is */                       \
		TB_ALLOW(rt_sigprocmask),    /* signals are blocked while a thread starts or ends */          \
		TB_ALLOW(sigaltstack),       /* each thread has its own stack for the handler of SIGSEGV */   \
		TB_ALLOW(rt_sigreturn),      /* the way back from that handler */                             \
		TB_ALLOW(rt_sigaction),      /* with abort_on_error=1: SIGABRT gets its default action */     \
		TB_ALLOW(tgkill),            /* and is raised */                                              \
		TB_ALLOW(getpid),            /* a report names the process */                                 \
		TB_ALLOW(gettid),            /* and the thread */                                             \
		TB_ALLOW_MASKED(open, 1, TB_WRITING, O_RDONLY),   /* and the mapped files */                  \
		TB_ALLOW_MASKED(openat, 2, TB_WRITING, O_RDONLY), /* the same on machines without open */     \
		TB_ALLOW(read),                                   /* the same */                              \
		TB_ALLOW(close),                                  /* the same */                              \
		TB_ALLOW(readlink),                               /* and the program */                       \
		TB_ALLOW(readlinkat),                             /* the same on machines without readlink */ \
		TB_ALLOW(write),                                  /* the report itself */                     \
		TB_ALLOW(exit),                                   /* the end of a thread */                   \
		TB_ALLOW(exit_group)                              /* the end of the process */

/* Leaks: the search at the end stops the process with ptrace from a clone of it. Symbols: they are looked up by another
 * program. Colour: the terminal is asked with an ioctl. No filter of ours permits these. A report still names object
 * and offset of each frame, which addr2line(1) understands.
 * ASAN_OPTIONS and UBSAN_OPTIONS in the environment win over this. */
#define TB_SANITIZER_OPTIONS "detect_leaks=0:symbolize=0:color=never"

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

__attribute__((visibility("default"), no_sanitize_address)) const char *__asan_default_options(void)
{
	return TB_SANITIZER_OPTIONS;
}

__attribute__((visibility("default"), no_sanitize_address)) const char *__ubsan_default_options(void)
{
	return TB_SANITIZER_OPTIONS;
}

#else

/* Nothing, said by a row that every process has anyway. */
#define TB_SANITIZER_RULES TB_ALLOW(exit_group)

#endif
#endif
