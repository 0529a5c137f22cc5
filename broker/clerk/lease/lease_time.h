/* The longest time of a lease: MaxLeaseTimeSec= of its network. Runs in the clerk. */
#ifndef TB_LEASE_TIME_H
#define TB_LEASE_TIME_H

#include "broker/clerk/lease/lease.h"

/* The lease has its device, since just now or an earlier broker's days: its time runs, if its network has one. */
void lease_time_begin(struct lease *lease);

/* Ends the leases whose time is over. Returns the milliseconds until it should look again, or -1. */
int lease_time_expire(void);

#endif
