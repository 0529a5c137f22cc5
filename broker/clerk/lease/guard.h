/* The guard: a holder's fd can change more of a device than its holder was given. Runs in the clerk.
 *
 * The kernel's news is a hint: it writes ids as the user namespace of whoever caused it sees them. Only the clerk's own
 * look at the device says what has become of it.
 */
#ifndef TB_GUARD_H
#define TB_GUARD_H

#include "broker/clerk/lease/lease.h"

/* Listens to the kernel's news of links on these sockets, which stay the caller's: here, and in the shield; -1: there
 * is none. Returns 0 or a negative errno. */
int guard_init(int here, int shield);

/* Starts the looker, which belongs to the guard. Before lock-down. See looker_start(). Returns 0 or a negative errno.
 * */
int guard_start_looking(int shield);

/* Looks at the lease's device. What happened before its lease had it is noticed, too. */
void guard_look(struct lease *lease);

/* Hears all that the kernel has said by now, before the loop comes to it. */
void guard_hear(void);

/* A link of the lease as the kernel shows it: ends the lease if it is not as it was made. */
void guard_judge(struct lease *lease, enum lease_side side, const struct link *link);

/* Looks at every device. Returns a number; when guard_looked() has reached it, counters and states are no older than
 * this call. */
uint32_t guard_look_at_all(void);
uint32_t guard_looked(void);

/* Says what could not be said to the looker. Returns the milliseconds until the next try, or -1. */
int guard_expire(void);

#endif
