/* What the opener may still do: see opener_lockdown.h.
 *
 * Runs as uid 0 without a capability. It must never do an ioctl, nor open anything but device nodes and what sysfs says
 * of interfaces.
 *
 * The nodes of tun and vhost-net are there from the start, and Landlock opens them and nothing else. The node of a
 * macvtap appears only with its device, straight below /dev, and a rule of Landlock's holds for all that is below a
 * folder. So with macvtap Landlock opens all of /dev, and the filter takes a part of that back: whatever is opened for
 * writing is opened with O_TRUNC. A device pays no attention to it. A regular file, as in /dev/shm, would have to be
 * truncated, and Landlock gives no right to that (since ABI 3, Linux 6.2; on older kernels it is truncated and opened).
 * The unit's DevicePolicy= keeps disks and other devices away.
 */
#include "broker/opener/opener_lockdown.h"

#include "broker/opener/device_node.h"
#include "broker/shared/landlock.h"
#include "broker/shared/lockdown.h"
#include "broker/shared/log.h"
#include "broker/shared/sanitizer.h"

#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <unistd.h>

/* The flags that a file is read or looked at with, all of them optional. */
#define LOOK_FLAGS ((uint64_t)(O_PATH | O_NOFOLLOW | O_CLOEXEC))

/* clang-format off */
static const struct tb_rule rules[] = {
	TB_ALLOW(poll),                               /* waits */
	TB_ALLOW(ppoll),                              /* the same on machines without poll */
	TB_ALLOW(restart_syscall),                    /* goes on waiting after SIGSTOP and SIGCONT */
	TB_ALLOW_IF(recvmsg, 0, OPENER_CHANNEL_FD),   /* takes a request */
	TB_ALLOW_MASKED(openat, 2, ~LOOK_FLAGS, 0),   /* looks at a node, or reads what sysfs says of it */
	TB_ALLOW_IF(openat, 2, DEVICE_NODE_FLAGS),    /* opens a node; see above */
	TB_ALLOW(read),                               /* reads what sysfs says of it */
	TB_ALLOW(fstat),                              /* compares the device numbers */
	TB_ALLOW(newfstatat),                         /* the same, as some C libraries do it */
	TB_ALLOW(fsetxattr),                          /* lets a user open a node */
	TB_ALLOW_IF(sendmsg, 0, OPENER_CHANNEL_FD),   /* answers */
	TB_ALLOW(close),                              /* keeps nothing */
	TB_ALLOW_IF(write, 0, STDERR_FILENO),         /* the log */
	TB_ALLOW(exit_group),                         /* the end */
	TB_SANITIZER_RULES,
};
/* clang-format on */

/* The right to do ioctls stays with an open file: without it here, nobody could set up the device later. */
#define NODE_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_IOCTL_DEV)

/* How many of the rows below are for what the process will open. */
static const size_t paths_for[] = {[OPENER_TUN_ALONE] = 1, [OPENER_FIXED_NODES] = 2, [OPENER_ALL_NODES] = 4};
static const struct tb_path paths[] = {
	{OPENER_DEV "/net/tun", NODE_RIGHTS, true},
	{OPENER_DEV "/vhost-net", NODE_RIGHTS, true},
	{OPENER_DEV, NODE_RIGHTS, false},
	{OPENER_NET, LANDLOCK_ACCESS_FS_READ_FILE, false},
};

void opener_lock_down(enum opener_nodes nodes, bool without_landlock)
{
	int ret;

	ret = tb_not_dumpable();
	if (ret < 0)
		tb_die("opener: cannot become undumpable: %s", strerror(-ret));
	ret = tb_landlock_restrict(paths, paths_for[nodes]);
	if (ret < 0)
		tb_die("opener: Landlock: %s", strerror(-ret));
	if (ret == 0 && !without_landlock)
		tb_die("opener: this kernel has no Landlock, which would keep it, a process of root's, to the device nodes that it opens. Enable it (lsm= on the kernel's command line), or start tapbrokerd with --opener-without-landlock: it could then, if taken over, open any file that root may");
	if (ret == 0)
		tb_log(TB_LOG_WARNING,
		       "opener: runs without Landlock, as --opener-without-landlock says: if taken over, it could open any file that root may");
	ret = tb_filter_load(rules, sizeof(rules) / sizeof(rules[0]), false);
	if (ret < 0)
		tb_die("opener: seccomp: %s", strerror(-ret));
}
