/* Makes the opener as small as it can be. Runs in tapbroker-opener, as uid 0 without capabilities. */
#ifndef TB_OPENER_LOCKDOWN_H
#define TB_OPENER_LOCKDOWN_H

#include <stdbool.h>

#define OPENER_CHANNEL_FD 3 /* to the monitor */
#define OPENER_DEV "/dev"
#define OPENER_NET "/sys/devices/virtual/net"

/* What the process will open. */
enum opener_nodes {
	OPENER_TUN_ALONE,   /* /dev/net/tun */
	OPENER_FIXED_NODES, /* and /dev/vhost-net */
	OPENER_ALL_NODES,   /* and the nodes of macvtaps */
};

/* Shuts the process in: memory, Landlock, seccomp. without_landlock: it may run where the kernel has no Landlock. Needs
 * no_new_privs, which it does not set.
 * Returns only if all of it worked; else the process has said why and ended. */
void opener_lock_down(enum opener_nodes nodes, bool without_landlock);

#endif
