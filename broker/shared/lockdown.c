/* Giving rights up: see lockdown.h. */
#include "broker/shared/lockdown.h"

#include "broker/shared/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The vDSO answers these without the kernel on one machine; on another (vdso=0, a clock source that it cannot read)
 * they are system calls. They tell the time and the processor, and draw random numbers: that touches nothing, and
 * libraries call them where nobody expects it. */
/* clang-format off */
static const struct tb_rule vdso_rules[] = {
	TB_ALLOW(clock_gettime), /* deadlines; the C library's waits */
	TB_ALLOW(clock_getres),  /* how exact the above is */
	TB_ALLOW(gettimeofday),  /* GLib's clock */
	TB_ALLOW(time),          /* the clock of older code */
	TB_ALLOW(getcpu),        /* the C library's sched_getcpu(), by which allocators choose a heap */
	TB_ALLOW(getrandom),     /* ids and tickets; seeds of hash tables and of the heap */
};
/* clang-format on */

static int add_rules(scmp_filter_ctx filter, const struct tb_rule *rules, size_t count)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < count; i++) {
		const struct tb_rule *rule = &rules[i];
		uint32_t action = rule->error == 0 ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(rule->error);

		if (rule->argument < 0)
			ret = seccomp_rule_add(filter, action, rule->syscall, 0);
		else
			ret = seccomp_rule_add(filter, action, rule->syscall, 1,
					       SCMP_CMP((unsigned int)rule->argument, SCMP_CMP_MASKED_EQ, rule->mask,
							rule->value));
	}
	return ret;
}

int tb_filter_load(const struct tb_rule *rules, size_t count, bool every_thread)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret = -ENOMEM;

	if (filter == NULL)
		return ret;
	/* The caller has set no_new_privs where its reader sees it. */
	ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	if (ret == 0 && every_thread)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	/* A tree instead of a chain: the common calls are as cheap as the first. */
	if (ret == 0)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (ret == 0)
		ret = add_rules(filter, vdso_rules, sizeof(vdso_rules) / sizeof(vdso_rules[0]));
	if (ret == 0)
		ret = add_rules(filter, rules, count);
	if (ret == 0)
		ret = seccomp_load(filter);
	seccomp_release(filter);
	return ret;
}

/* The file system rights that each Landlock ABI added; index 0 is ABI 1. */
static const uint64_t rights_since[] = {
	(LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1, /* 1: EXECUTE to MAKE_SYM */
	LANDLOCK_ACCESS_FS_REFER,
	LANDLOCK_ACCESS_FS_TRUNCATE,
	0,
	LANDLOCK_ACCESS_FS_IOCTL_DEV,
};

/* Fills in everything that this ABI can forbid. Returns how much of the struct the kernel knows. */
static size_t forbid_all(struct tb_ruleset *ruleset, int abi)
{
	memset(ruleset, 0, sizeof(*ruleset));
	for (size_t i = 0; i < sizeof(rights_since) / sizeof(rights_since[0]) && (int)i < abi; i++)
		ruleset->handled_access_fs |= rights_since[i];
	if (abi >= 4)
		ruleset->handled_access_net = LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP;
	if (abi >= 6)
		ruleset->scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL;
	if (abi >= 6)
		return sizeof(*ruleset);
	return abi >= 4 ? offsetof(struct tb_ruleset, scoped) : offsetof(struct tb_ruleset, handled_access_net);
}

static int allow_path(int ruleset_fd, const struct tb_path *path, uint64_t handled)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = path->access & handled};
	int ret = 0;

	rule.parent_fd = open(path->path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return path->optional && errno == ENOENT ? 0 : -errno;
	if (syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		ret = -errno;
	close(rule.parent_fd);
	return ret;
}

int tb_landlock_restrict(const struct tb_path *paths, size_t count)
{
	struct tb_ruleset ruleset;
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int fd = -1;
	int ret;

	if (abi < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
	fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, forbid_all(&ruleset, abi), 0);
	if (fd < 0)
		return -errno;
	ret = 0;
	for (size_t i = 0; ret == 0 && i < count; i++)
		ret = allow_path(fd, &paths[i], ruleset.handled_access_fs);
	if (ret == 0 && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		ret = -errno;
	close(fd);
	return ret < 0 ? ret : abi;
}

int tb_no_rights(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2];

	if (syscall(SYS_capget, &header, sets) < 0)
		return -errno;
	for (size_t i = 0; i < 2; i++)
		if (sets[i].effective != 0 || sets[i].permitted != 0 || sets[i].inheritable != 0)
			return -EPERM;
	/* The first number that no capability has ends the list. */
	for (unsigned long cap = 0;; cap++) {
		int bounding = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);

		if (bounding < 0)
			break;
		if (bounding > 0)
			return -EPERM;
	}
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : -EPERM;
}

int tb_not_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}
