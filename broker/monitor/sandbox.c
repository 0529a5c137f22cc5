/* The monitor's own lock-down: see sandbox.h. Begins as root, ends as the monitor's own user with CAP_NET_ADMIN and
 * nothing else. Failing is fatal: there is no monitor without it. */
#include "broker/monitor/sandbox.h"

#include "broker/shared/landlock.h"
#include "broker/shared/lockdown.h"
#include "broker/shared/log.h"
#include "broker/shared/sanitizer.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <linux/un.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define NO_CREATION (O_CREAT | O_TRUNC | O_TMPFILE)

/* All that the monitor and its reaper threads may ask of the kernel from now on. */
/* clang-format off */
static const struct tb_rule rules[] = {
	TB_ALLOW(poll),                             /* the loop; is the peer alive, has the opener answered */
	TB_ALLOW(ppoll),                            /* the same on machines without poll */
	TB_ALLOW(recvmsg),                          /* messages of the other processes */
	TB_ALLOW(recvfrom),                         /* answers of the kernel's */
	TB_ALLOW(sendmsg),                          /* answers, those to clients with fds; the supervisor's store */
	TB_ALLOW(sendto),                           /* netlink requests */
	TB_ALLOW(getsockopt),                       /* who is the peer */
	TB_ALLOW(shutdown),                         /* the other processes are told to end */
	TB_ALLOW(pidfd_open),                       /* is the peer alive, before Linux 6.5 */
	TB_ALLOW_MASKED(openat, 2, NO_CREATION, 0), /* device nodes, IPv6 sysctls, numbers of nodes: see below */
	TB_ALLOW(fstat),                            /* where is a client's socket bound, which device is this */
	TB_ALLOW(newfstatat),                       /* the same, in newer C libraries */
	TB_ALLOW(read),                             /* the number of a node, signals */
	TB_ALLOW(write),                            /* the log, an IPv6 sysctl */
	TB_ALLOW(close),                            /* whatever was opened */
	TB_ALLOW_IF(ioctl, 1, SIOCUNIXFILE),        /* where is a client's socket bound */
	TB_ALLOW_IF(ioctl, 1, SIOCGSKNS),           /* which network namespace is a client's socket of */
	TB_ALLOW_IF(ioctl, 1, NS_GET_USERNS),       /* which user namespace does that belong to */
	TB_ALLOW_IF(ioctl, 1, NS_GET_OWNER_UID),    /* and whose is it */
	TB_ALLOW_IF(ioctl, 1, TUNGETDEVNETNS),      /* which one is a device of ours in now */
	TB_ALLOW_IF(ioctl, 1, SIOCGIFINDEX),        /* the ifindex of a new device, is a name taken */
	TB_ALLOW_IF(ioctl, 1, SIOCGIFHWADDR),       /* is a /dev/tapN our macvtap's */
	TB_ALLOW_IF(ioctl, 1, TUNGETIFF),           /* the same; the name of a device of ours elsewhere */
	TB_ALLOW_IF(ioctl, 1, TUNSETIFF),           /* make a tun or tap; flags of a macvtap */
	TB_ALLOW_IF(ioctl, 1, TUNSETOWNER),         /* nobody else attaches to it */
	TB_ALLOW_IF(ioctl, 1, TUNSETGROUP),         /* the same */
	TB_ALLOW_IF(ioctl, 1, TUNSETPERSIST),       /* a device that its user opens by name */
	TB_ALLOW(getrandom),                        /* lease ids, names, addresses */
	TB_ALLOW(wait4),                            /* how a child ended */
	TB_ALLOW(futex),                            /* locks between threads */
	TB_ALLOW(restart_syscall),                  /* a wait goes on after SIGSTOP and SIGCONT */
	TB_ALLOW(rt_sigprocmask),                   /* the C library, when the process ends */
	TB_ALLOW(exit_group),                       /* the end */
	TB_SANITIZER_RULES,
};
/* clang-format on */

/* The right to do ioctls stays with an open file, for the client that it goes to. */
#define NODE_ACCESS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_IOCTL_DEV)

static void restrict_paths(const struct node_source *node)
{
	struct tb_path paths[4] = {
		/* disable_ipv6 and accept_ra of new devices. */
		{"/proc/sys/net/ipv6/conf", LANDLOCK_ACCESS_FS_WRITE_FILE, true},
	};
	size_t count = 1;
	int abi;

	/* The numbers of macvtaps' nodes. */
	if (node->sysfs >= 0)
		paths[count++] = (struct tb_path){NODE_SYSFS_PATH, LANDLOCK_ACCESS_FS_READ_FILE, false};
	if (node->tun_direct)
		paths[count++] = (struct tb_path){NODE_TUN_PATH, NODE_ACCESS, false};
	if (node->vhost_direct)
		paths[count++] = (struct tb_path){NODE_VHOST_PATH, NODE_ACCESS, false};
	abi = tb_landlock_restrict(paths, count);
	if (abi < 0)
		tb_die("Landlock: %s", strerror(-abi));
	if (abi == 0)
		tb_log(TB_LOG_WARNING, "this kernel has no Landlock: the monitor is kept from files by its uid alone");
}

void sandbox_drop_rights(uid_t uid, gid_t gid, const struct node_source *node)
{
	int ret;

	capng_clear(CAPNG_SELECT_ALL);
	if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN) != 0 ||
	    capng_change_id((int)uid, (int)gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT) != 0)
		tb_die("cannot give up the rights of root");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		tb_die("cannot set no_new_privs: %s", strerror(errno));
	ret = tb_not_dumpable();
	if (ret < 0)
		tb_die("cannot become undumpable: %s", strerror(-ret));
	restrict_paths(node);
}

/* True if the permitted and effective sets are CAP_NET_ADMIN and the others are empty. */
static bool only_net_admin(void)
{
	static const capng_type_t with[] = {CAPNG_EFFECTIVE, CAPNG_PERMITTED};
	static const capng_type_t without[] = {CAPNG_INHERITABLE, CAPNG_BOUNDING_SET, CAPNG_AMBIENT};

	capng_clear(CAPNG_SELECT_ALL);
	if (capng_get_caps_process() != 0)
		return false;
	for (unsigned int cap = 0; cap <= (unsigned int)CAP_LAST_CAP; cap++) {
		for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
			if (capng_have_capability(with[i], cap) != (cap == CAP_NET_ADMIN))
				return false;
		for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
			if (capng_have_capability(without[i], cap))
				return false;
	}
	return true;
}

void sandbox_close(void)
{
	int ret;

	if (!only_net_admin())
		tb_die("the capabilities are not CAP_NET_ADMIN alone");
	ret = tb_filter_load(rules, sizeof(rules) / sizeof(rules[0]), true);
	if (ret < 0)
		tb_die("seccomp: %s", strerror(-ret));
}
