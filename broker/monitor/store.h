/* The supervisor (systemd): it is told that the broker serves, and its file descriptor store (FileDescriptorStoreMax=),
 * where there is one, keeps what outlives the monitor: lifelines, and devices that are away. Runs in the monitor. What
 * was stored before comes back at the start: see stored.h.
 *
 * supervisor is a socket connected to NOTIFY_SOCKET, or -1: there is nobody, and nothing to do. */
#ifndef TB_STORE_H
#define TB_STORE_H

#include "broker/monitor/kernel/away.h"
#include "proto/message.h"

#include <stdint.h>

/* Gives the supervisor a copy of all that is to be kept of a lease, its lifeline (-1: none), and its device if that is
 * away; or
 * tells it to drop them. Return 0 or a negative errno; -EAGAIN: the supervisor does not read at the moment. */
int store_put_lease(int supervisor, struct away *away, const uint8_t lease[TB_ID_SIZE], int lifeline);
int store_drop_lease(int supervisor, struct away *away, const uint8_t lease[TB_ID_SIZE]);

/* Says what is to be done with what it calls by this name, FDSTORE or FDSTOREREMOVE, and gives it a copy of the fd; -1:
 * none. Returns as above. */
int store_tell(int supervisor, const char *what, const char *name, int fd);

/* Tells the supervisor that the broker is ready. */
void store_tell_ready(int supervisor);

#endif
