/* How many devices of each network there are: the monitor's half of Max=. A cache of what the kernel knows. Runs in the
 * monitor.
 *
 * It is an upper bound: it goes up with each device that is made, and down only when the kernel is asked. So it never
 * says too little, whatever ends a device, and where it says that a network is full the kernel is asked again first. */
#ifndef TB_COUNT_H
#define TB_COUNT_H

#include "broker/config/table.h"
#include "broker/monitor/kernel/away.h"
#include "broker/monitor/kernel/workshop.h"

#include <stdint.h>

struct count {
	const struct network_table *networks;
	struct away *away;
	uint32_t devices[NETWORKS_MAX];
	uint64_t next; /* not before this millisecond of the monotonic clock is the kernel asked again */
};

/* Asks the kernel. Returns 0, or a negative errno and leaves the numbers as they were. */
int count_again(struct count *count, struct workshop *workshop);

/* True if there may be no more devices of this network. Asks the kernel before it says so, if the last time is long
 * enough ago. */
bool count_full(struct count *count, struct workshop *workshop, const struct network *network);

/* One more device of this network. */
void count_up(struct count *count, const struct network *network);

#endif
