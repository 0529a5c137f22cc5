/* Turns: how many devices of one user are deleted at the same time. Runs in the clerk.
 *
 * While the kernel deletes a device, whoever wants to change a link waits: a millisecond or so, and 16 for a port of a
 * bridge where the kernel can filter VLANs, whether the reaper has it deleted, or a client that closes its last fd. So
 * each device that ends takes one of its user's turns, of which there is one while others ask for devices, and its
 * lease counts until the turn is over: a rate limit. Opening and closing faster than that meets the quota, and slows
 * down nobody else.
 */
#ifndef TB_TURNS_H
#define TB_TURNS_H

#include "broker/clerk/lease/lease.h"

#include <sys/types.h>

/* Turns that a user has at the same time: while somebody else gets devices, too, and otherwise. */
#define TURNS_FEW 1
#define TURNS_MANY 16

/* Somebody who got a device so long ago gets none any more. */
#define TURNS_ALONE_MS 10000

/* How long a turn lasts at least: longer than the kernel takes to delete a device, which is not ours to see where the
 * client has it deleted, so that others find the links free for a part of the time. */
#define TURN_MS 25

/* Allocates what as many leases need, and forgets what was there. begin() is called when it is a lease's turn, over()
 * when the time of the turn is over. Returns 0 or -ENOMEM. */
int turns_init(uint32_t capacity, void (*begin)(struct lease *lease), void (*over)(struct lease *lease));

/* A user gets a device. */
void turns_serve(uid_t account);

/* The lease waits for its turn: begin() comes with it, perhaps at once. */
void turns_wait(struct lease *lease);

/* The turn begins. */
void turns_take(struct lease *lease);

/* The lease gives its turn back. */
void turns_over(struct lease *lease);

/* Ends the time of turns. Returns the milliseconds until the next ends, or -1. */
int turns_expire(void);

/* Gives a turn to everybody that waits: the broker stops. */
void turns_give_all(void);

#endif
