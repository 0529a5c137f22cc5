/* Makes the opener as small as it can be. Runs in tapbroker-opener, as uid 0 without capabilities. */
#ifndef TB_OPENER_LOCKDOWN_H
#define TB_OPENER_LOCKDOWN_H

#include <stdbool.h>

#define OPENER_CHANNEL_FD 3 /* to the monitor */
#define OPENER_DEV "/dev"
#define OPENER_NET "/sys/devices/virtual/net"

/* Shuts the process in: memory, Landlock, seccomp. macvtap: it will open the nodes of macvtaps, too. without_landlock:
 * it may run where the kernel has no Landlock. Needs no_new_privs, which it does not set.
 * Returns only if all of it worked; else the process has said why and ended. */
void opener_lock_down(bool macvtap, bool without_landlock);

#endif
