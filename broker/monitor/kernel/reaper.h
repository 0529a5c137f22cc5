/* The reaper: deletes devices, and puts devices and bridges' entries right, as the clerk says, beside the orders and
 * several at once: a deletion takes the kernel about 16 ms. Its threads have the monitor's own rights. They read from a
 * channel of their own, and answer there. */
#ifndef TB_REAPER_H
#define TB_REAPER_H

#include "broker/config/table.h"
#include "broker/monitor/kernel/away.h"
#include "broker/monitor/kernel/rules.h"
#include "broker/shared/netlink/link.h"

#include <stdatomic.h>
#include <stdbool.h>

#define REAPER_THREADS 16

struct reaper;

/* What one thread works with; it is the thread's alone. */
struct reaper_worker {
	struct link_socket link;
	struct link_socket shield_link; /* in the shield, if there is one */
	struct reaper *reaper;
};

struct reaper {
	int channel; /* to the clerk; owned, and blocking */
	const struct network_table *networks;
	struct away *away;
	struct rules *rules;
	int ipv6_conf;              /* /proc/sys/net/ipv6/conf; -1 if the kernel has no IPv6 */
	struct rules *shield_rules; /* in the shield; NULL: there is none */
	atomic_uint running;        /* threads that have not come to the channel's end */
	struct reaper_worker workers[REAPER_THREADS];
};

/* One of the threads; context is its struct reaper_worker. It does not return. */
void reaper_run(void *context);

/* True if the clerk has closed its end, and everything that it wanted is done. */
bool reaper_idle(const struct reaper *reaper);

#endif
