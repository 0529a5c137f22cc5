/* What the supervisor's file descriptor store keeps of leases: the clerk says what, the monitor is the one that the
 * supervisor listens to. Runs in the clerk.
 *
 * A supervisor that does not read for a while takes nothing. What it did not take is said again until it does.
 */
#ifndef TB_KEEPING_H
#define TB_KEEPING_H

#include "broker/clerk/lease/lease.h"

/* Makes room for what is said of so many leases. Returns 0 or -ENOMEM. */
int keeping_init(uint32_t capacity);

/* The lease's lifeline is to be kept, which the supervisor has not taken yet. */
void keeping_store(struct lease *lease);

/* What is kept of the lease is to be dropped; the same for one that is not in the table. */
void keeping_drop(struct lease *lease);
void keeping_drop_id(const uint8_t id[TB_ID_SIZE]);

/* What became of the one that was sent: TB_ANS_STORE and TB_ANS_DROP. */
void keeping_answered(const struct tb_stored *answer);

/* Says the next. Returns the milliseconds until the next try, or -1 if nothing is to be said. */
int keeping_expire(void);

#endif
