/* Turns: how many devices of one user are deleted at the same time. Runs in the monitor; needs no right.
 *
 * While the kernel deletes a device, whoever wants to change a link waits: a millisecond or so, and 16 for a port of a
 * bridge where the kernel can filter VLANs, whether the reaper has it deleted, or a client that closes its last fd. So
 * each device that ends takes one of its user's turns, of which there is one while others ask for devices, and its
 * lease counts until the turn is over. Who opens and closes faster than that meets the quota, and slows down nobody
 * else.
 */
#ifndef TB_TURNS_H
#define TB_TURNS_H

#include "broker/monitor/lease.h"
#include "broker/monitor/map.h"

#include <stdint.h>
#include <sys/types.h>

/* Turns that a user has at the same time: while somebody else gets devices, too, and otherwise. */
#define TURNS_FEW 1
#define TURNS_MANY 16

/* Somebody who got a device so long ago gets none any more. */
#define TURNS_ALONE_MS 10000

/* How long a turn lasts at least: longer than the kernel takes to delete a device, which is not ours to see where the
 * client has it deleted, so that others find the links free for a part of the time. */
#define TURN_MS 25

struct turns {
	struct lease_list waiting; /* in order of arrival */
	struct lease_list taken;   /* those whose time is not over, in order of turn_until */
	struct map counts;         /* uid to the number of turns that are taken */
	uid_t last_user;           /* who got a device last */
	uint64_t last_at;          /* and when, in milliseconds of the monotonic clock; 0: never */
	uint64_t others_at;        /* when anybody else did */
};

struct monitor;

/* Allocates what as many leases need. Returns 0 or -ENOMEM. */
int turns_init(struct turns *turns, uint32_t capacity);
void turns_destroy(struct turns *turns);

/* A user gets a device. */
void turns_serve(struct monitor *monitor, uid_t uid);

/* The lease has ended: its device, if there is one, is deleted when it is its turn. */
void turn_wait(struct monitor *monitor, struct lease *lease);

/* The lease's device must go now, whoever's turn it is. The lease still takes its turn. */
void turn_jump(struct monitor *monitor, struct lease *lease);

/* The lease's device is gone: ends its turn, if its time is over. */
void turn_device_gone(struct monitor *monitor, struct lease *lease);

/* Ends the turns whose time is over. Returns the milliseconds until the next, or -1. */
int turns_expire(struct monitor *monitor);

/* Has all devices deleted that wait for it. */
void turns_end(struct monitor *monitor);

#endif
