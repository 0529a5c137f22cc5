/* How many devices of each network there are: the monitor's half of Max=. A cache of what the kernel knows. Runs in the
 * monitor and its reaper threads.
 *
 * It may say too much, as long as a device went without our doing, and never too little: it goes down only by a deletion
 * of ours, and where it says that a network is full the kernel is asked again first. */
#ifndef TB_COUNT_H
#define TB_COUNT_H

#include "broker/config/table.h"
#include "broker/monitor/kernel/away.h"
#include "broker/shared/netlink/link.h"

#include <pthread.h>
#include <stdint.h>

struct count {
	const struct network_table *networks;
	struct away *away;
	pthread_mutex_t lock; /* for everything below */
	uint32_t devices[NETWORKS_MAX];
	uint64_t epoch; /* grows when the kernel is asked, and when its answer is there */
	uint64_t next;  /* not before this millisecond of the monotonic clock is the kernel asked again */
};

/* Returns 0 or a negative errno. */
int count_init(struct count *count, const struct network_table *networks, struct away *away);

/* Asks the kernel. Returns 0, or a negative errno and leaves everything as it was. */
int count_again(struct count *count, struct link_socket *sock);

/* True if there may be no more devices of this network. Asks the kernel before it says so, but at most four times a
 * second. */
bool count_full(struct count *count, struct link_socket *sock, const struct network *network);

/* One more device of this network. */
void count_up(struct count *count, const struct network *network);

/* A deletion: count_begin() before it, and count_down() with what that returned when the device is gone. */
uint64_t count_begin(struct count *count);
void count_down(struct count *count, uint64_t begun, uint32_t network);

/* The number of the network that an alias of ours ends with; NETWORKS_MAX if there is none. */
uint32_t count_network_of(const struct network_table *networks, const char *alias);

#endif
