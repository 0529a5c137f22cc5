/* Lifelines outlive the monitor in the supervisor's file descriptor store, where there is one (systemd's
 * FileDescriptorStoreMax=). Runs in the monitor. */
#ifndef TB_STORE_H
#define TB_STORE_H

#include "proto/message.h"

#include <stddef.h>

/* A lifeline that came back at the start. */
struct stored_lifeline {
	uint8_t id[TB_ID_SIZE]; /* of its lease */
	int fd;                 /* owned; -1: taken */
};

struct lifelines {
	struct stored_lifeline *stored;
	size_t count;
};

/* Before lock-down: takes the lifelines among the fds that the supervisor passed (LISTEN_FDS, LISTEN_FDNAMES).
 * Returns 0 or -ENOMEM. */
int lifelines_init(struct lifelines *lifelines);

/* Gives away the lifeline of this lease; -1 if there is none. */
int lifelines_take(struct lifelines *lifelines, const uint8_t id[TB_ID_SIZE]);

/* Closes what nobody took: tells its client that the device is gone, and the supervisor to drop it. */
void lifelines_close(struct lifelines *lifelines, int supervisor);

/* Gives the supervisor a copy of a lifeline to keep, or tells it to drop that. supervisor is a socket connected to
 * NOTIFY_SOCKET, or -1. What the supervisor does not take is lost only if the monitor ends. */
void store_put(int supervisor, const uint8_t id[TB_ID_SIZE], int lifeline);
void store_drop(int supervisor, const uint8_t id[TB_ID_SIZE]);

#endif
