/* Giving rights up: seccomp, Landlock, and the proof that nothing is left. Linked into all of the broker's processes.
 *
 * Each process has its own table of rules beside its own code; what stands here only loads them.
 */
#ifndef TB_LOCKDOWN_H
#define TB_LOCKDOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One system call that does not kill. argument is -1: with any arguments; else only if (that argument & mask) == value,
 * and all 64 bits count. error is 0: it is permitted; else it does nothing, and fails with this errno. */
struct tb_rule {
	int syscall;
	int argument;
	uint64_t mask;
	uint64_t value;
	uint16_t error;
};

/* Rows of a filter: SCMP_SYS(name) comes from <seccomp.h>. */
/* clang-format off */
#define TB_ALLOW(name) { SCMP_SYS(name), -1, 0, 0, 0 }
#define TB_ALLOW_IF(name, argument, value) { SCMP_SYS(name), argument, UINT64_MAX, value, 0 }
#define TB_ALLOW_MASKED(name, argument, mask, value) { SCMP_SYS(name), argument, mask, value, 0 }
#define TB_FAIL(name, error) { SCMP_SYS(name), -1, 0, 0, error }
/* clang-format on */

/* From now on every system call that no rule permits kills the process. The calls that the vDSO answers on most
 * machines are permitted to every process, and need no row. every_thread: the filter is put on all threads that run
 * already. Needs no_new_privs, which it does not set. Returns 0 or a negative errno. */
int tb_filter_load(const struct tb_rule *rules, size_t count, bool every_thread);

/* What a process may still do below a path: LANDLOCK_ACCESS_FS_* bits of broker/shared/landlock.h. Bits that the
 * kernel's Landlock does not know are left out. */
struct tb_path {
	const char *path;
	uint64_t access;
	bool optional; /* no error if the path does not exist */
};

/* From now on the calling thread, and what it starts, may use the file system only as the paths say, may open no TCP
 * port, and reaches no abstract unix socket and no foreign process by signal: each as far as this kernel's Landlock
 * goes. Needs no_new_privs, which it does not set.
 * Returns the ABI version that was used, 0 if the kernel has no Landlock, or a negative errno. */
int tb_landlock_restrict(const struct tb_path *paths, size_t count);

/* Checks that this process has no capability in any set, an empty bounding set, and no_new_privs.
 * Returns 0, or -EPERM. */
int tb_no_rights(void);

/* Makes the process unreadable for its own uid: no core, no ptrace, /proc/PID owned by root. Returns 0 or a negative
 * errno. */
int tb_not_dumpable(void);

#endif
