/* What the monitor's reaper is to do: delete devices, and put back what others have changed. Runs in the clerk.
 *
 * An order that the channel does not take at the moment, since the kernel holds up the reaper's threads, is sent later.
 */
#ifndef TB_DELETION_H
#define TB_DELETION_H

#include "broker/clerk/lease/fdb.h"
#include "broker/clerk/lease/lease.h"

/* Takes the channel to the monitor's reaper, which stays the caller's. deleted() is called for each lease whose device
 * the reaper has deleted, or could not: a negative errno. Returns 0 or a negative errno. */
int deletion_init(int channel, uint32_t capacity, void (*deleted)(struct lease *lease, int result));

/* Has the device of the lease deleted. */
void deletion_order(struct lease *lease);

/* Has a device deleted of which there is no lease; nobody hears of it. See struct tb_delete. */
void deletion_order_stray(const uint8_t id[TB_ID_SIZE], uint32_t ifindex, enum tb_place place);

/* Has the lease's device made again what it was made as; nobody hears of it but by the kernel's news. */
void deletion_repair(const struct lease *lease);

/* Has an entry of a bridge's forwarding table put back. */
void deletion_put_back(const struct fdb_entry *entry);

/* Sends what could not be sent. Returns the milliseconds until the next try, or -1 if nothing waits. */
int deletion_expire(void);

/* Deletions that have not been answered. */
uint32_t deletion_count(void);

#endif
