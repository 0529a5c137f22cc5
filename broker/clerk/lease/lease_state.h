/* What becomes of a lease: the events that move it, and who is told. Runs in the clerk. */
#ifndef TB_LEASE_STATE_H
#define TB_LEASE_STATE_H

#include "broker/clerk/lease/lease.h"

#include <stdint.h>

enum lease_event {
	LEASE_MADE,      /* the monitor has handed the device out */
	LEASE_REFUSED,   /* the monitor has made none */
	LEASE_HALF_MADE, /* the monitor could not hand it out: what there is of the device is being deleted */
	LEASE_ADOPTED,   /* an earlier broker had handed it out */
	LEASE_FETCHED,   /* the client has read its answer */
	LEASE_END,       /* it is to end, when it is its user's turn */
	LEASE_END_NOW,   /* it is to end, whoever's turn it is */
	LEASE_GONE,      /* the kernel says that the device is gone, which was not ours to delete */
	LEASE_TURN,      /* it has its turn, see turns.h */
	LEASE_DELETED,   /* the reaper has deleted the device, or could not */
	LEASE_TURN_OVER, /* the time of its turn is over */
	LEASE_LEFT,      /* the client has closed its end, and with it what it never read */
};

/* Moves the lease as the table in lease_state.c says. An event that the table does not have for its state changes
 * nothing. */
void lease_happens(struct lease *lease, enum lease_event event);

/* It is its turn, and the turn's time is over: see turns.h. */
void lease_turn_begins(struct lease *lease);
void lease_turn_is_over(struct lease *lease);

/* Whoever wants to hear of it, from the layers above. */
struct lease_audience {
	void (*ended)(const struct lease *lease, enum tb_reason reason); /* its device is to be deleted, or gone */
	void (*gone)(const struct lease *lease);                         /* its device is gone, and its turn over */
	void (*counts_no_more)(void);                                    /* there may be room for another */
};
void leases_tell(const struct lease_audience *listeners);

/* Ends the lease: tells its holder why, if there is one that listens, the log and the audience, and has the device
 * deleted. Nothing happens to one that has ended already, but that a reason which must not wait for a turn jumps. */
void lease_end(struct lease *lease, enum tb_reason reason);

/* The client has this socket as its lifeline from now on; the lease owns it. The device was handed out just now, or by
 * an earlier broker: then it may be a pidfd of the process that holds it, or neither (-1). */
void lease_hand_out(struct lease *lease, int lifeline);
void lease_keep(struct lease *lease, int lifeline, int holder);

/* The kernel has deleted the device of this lease. What it leaves of one that is shielded (the tap is gone, or the
 * port) is deleted in its turn. */
void lease_device_gone(struct lease *lease);

/* The reaper has deleted the device of this lease, or could not: a negative errno. */
void lease_deleted(struct lease *lease, int result);

/* Notices the lifelines that have ended, before the loop does: of this user's leases, and of whoever else has what a
 * request wants, which is this name ("": none), or a place of the network (NULL: none) if that or the table is full. */
void leases_notice_hang_ups(uid_t account, const struct network *network, const char *name);

/* Ends what was not fetched in time. Returns the milliseconds until the next deadline, or -1. */
int leases_expire(void);

/* Watches lifelines and holders from now on. */
void leases_listen(void);

#endif
