/* Devices that are away: in the network namespace of their client. No dump of ours shows them, so the monitor keeps an
 * fd of each, by which it is found again wherever it is. Runs in the monitor and its reaper threads; a table of fixed
 * size, allocated once. */
#ifndef TB_AWAY_H
#define TB_AWAY_H

#include "broker/shared/alias.h"
#include "proto/message.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct away_device {
	uint8_t lease[TB_ID_SIZE];
	int32_t nsid;                  /* by name: where it is, as the number of that namespace here; else -1 */
	uint32_t ifindex;              /* there */
	int fd;                        /* owned; -1: it is deleted, and only what the supervisor keeps of it is left */
	bool deleting;                 /* one of the reaper's threads has the fd in use */
	uint32_t network;              /* its number in the table, or NETWORKS_MAX if it is not configured any more */
	char stored[STORED_NAME_SIZE]; /* how the supervisor calls it */
};

struct away {
	pthread_mutex_t lock; /* for everything below */
	struct away_device *devices;
	uint32_t capacity;
	uint32_t count;
};

/* Makes the table. Returns 0 or a negative errno. */
int away_init(struct away *away, uint32_t capacity);

/* The table owns the fd from now on. Returns 0, or -ENOSPC and leaves the fd to the caller. */
int away_add(struct away *away, const struct away_device *device);

/* Begins to delete the lease's device: the fd stays the table's, and open until away_deleted(). Returns 0 and a copy of
 * the entry, or -ENODEV if there is none or somebody has begun already. */
int away_begin(struct away *away, const uint8_t lease[TB_ID_SIZE], struct away_device *begun);

/* The device is deleted, or cannot be: the fd, which is returned, is the caller's. */
int away_deleted(struct away *away, const uint8_t lease[TB_ID_SIZE]);

/* The lease's device, or NULL. In both cases nobody else can change the table before away_let_go(). */
const struct away_device *away_hold(struct away *away, const uint8_t lease[TB_ID_SIZE]);
void away_let_go(struct away *away);

/* The supervisor keeps nothing of a deleted device any more. */
void away_forget(struct away *away, const uint8_t lease[TB_ID_SIZE]);

/* Adds the devices of each network to these counts. */
void away_count(struct away *away, uint32_t *counts);

#endif
