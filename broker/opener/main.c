/* tapbroker-opener: gives its rights up, then answers the monitor for ever.
 *
 * Runs as uid 0 without a capability, started by tapbrokerd. It is root only in that it owns the device nodes. It must
 * never do an ioctl, nor open anything but device nodes and what sysfs says of interfaces: its filter and Landlock
 * forbid both.
 */
#include "broker/opener/opener.h"
#include "broker/shared/landlock.h"
#include "broker/shared/lockdown.h"
#include "broker/shared/log.h"
#include "broker/shared/sanitizer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHANNEL_FD 3 /* to the monitor */
#define DEV "/dev"
#define NET "/sys/devices/virtual/net"

/* The flags that node.c opens files with. Any other bit, above all O_CREAT and O_TRUNC, kills. */
#define OPEN_FLAGS ((uint64_t)(O_RDWR | O_PATH | O_NOFOLLOW | O_CLOEXEC))

/* clang-format off */
static const struct tb_rule rules[] = {
	TB_ALLOW(poll),                             /* waits */
	TB_ALLOW(ppoll),                            /* the same on machines without poll */
	TB_ALLOW(restart_syscall),                  /* goes on waiting after SIGSTOP and SIGCONT */
	TB_ALLOW_IF(recvmsg, 0, CHANNEL_FD),        /* takes a request */
	TB_ALLOW_MASKED(openat, 2, ~OPEN_FLAGS, 0), /* opens a node, or what sysfs says of it */
	TB_ALLOW(read),                             /* reads what sysfs says of it */
	TB_ALLOW(fstat),                            /* compares the device numbers */
	TB_ALLOW(newfstatat),                       /* the same, as some C libraries do it */
	TB_ALLOW(fsetxattr),                        /* lets a user open a node */
	TB_ALLOW_IF(sendmsg, 0, CHANNEL_FD),        /* answers */
	TB_ALLOW(close),                            /* keeps nothing */
	TB_ALLOW_IF(write, 0, STDERR_FILENO),       /* the log */
	TB_ALLOW(exit_group),                       /* the end */
	TB_SANITIZER_RULES,
};
/* clang-format on */

/* The right to do ioctls stays with an open file: without it here, nobody could set up the device later. */
static const struct tb_path paths[] = {
	{DEV, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_IOCTL_DEV, false},
	{NET, LANDLOCK_ACCESS_FS_READ_FILE, false},
};

static bool read_options(int argc, char **argv)
{
	if (argc == 1)
		return false;
	if (argc != 2 || strcmp(argv[1], "--without-landlock") != 0)
		tb_die("opener: unknown option; it is started by tapbrokerd, not by hand");
	return true;
}

/* What tapbrokerd has passed must be what we think it is. */
static void check_channel(void)
{
	int type = 0;
	socklen_t size = sizeof(type);

	if (getsockopt(CHANNEL_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET)
		tb_die("opener: fd %d is not a SEQPACKET socket; it is started by tapbrokerd, not by hand", CHANNEL_FD);
	if (fcntl(CHANNEL_FD, F_SETFD, FD_CLOEXEC) < 0)
		tb_die("opener: fd %d: %s", CHANNEL_FD, strerror(errno));
}

static void lock_down(bool without_landlock)
{
	int ret;

	ret = tb_not_dumpable();
	if (ret < 0)
		tb_die("opener: cannot become undumpable: %s", strerror(-ret));
	ret = tb_landlock_restrict(paths, sizeof(paths) / sizeof(paths[0]));
	if (ret < 0)
		tb_die("opener: Landlock: %s", strerror(-ret));
	if (ret == 0 && !without_landlock)
		tb_die("opener: this kernel has no Landlock, which would keep it, a process of root's, to " DEV
		       " and " NET ". Enable it (lsm= on the kernel's command line), or start tapbrokerd with "
		       "--opener-without-landlock: it could then, if taken over, open any file that root may");
	if (ret == 0)
		tb_log(TB_LOG_WARNING, "opener: runs without Landlock, as --opener-without-landlock says: "
				       "if taken over, it could open any file that root may");
	ret = tb_filter_load(rules, sizeof(rules) / sizeof(rules[0]), false);
	if (ret < 0)
		tb_die("opener: seccomp: %s", strerror(-ret));
}

int main(int argc, char **argv)
{
	struct opener opener = {.channel = CHANNEL_FD, .dev = DEV, .net = NET};
	bool without_landlock;
	int ret;

	if (tb_no_rights() < 0)
		tb_die("opener: has capabilities left, or may gain some; it is started by tapbrokerd, not by hand");
	without_landlock = read_options(argc, argv);
	check_channel();
	if (close_range(CHANNEL_FD + 1, UINT_MAX, 0) < 0)
		tb_die("opener: close_range: %s", strerror(errno));
	lock_down(without_landlock);

	do {
		ret = opener_step(&opener);
	} while (ret == 0);
	if (ret == -EBADMSG)
		tb_die("opener: the monitor sent a request that it never sends");
	if (ret != -ECONNRESET)
		tb_die("opener: %s", strerror(-ret));
	return 0;
}
