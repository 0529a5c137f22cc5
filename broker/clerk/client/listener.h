/* Accepts connections, waits until each has a request to be read, and passes its socket to the monitor.
 *
 * Runs in tapbroker-listener: own uid, no capability. Never reads a byte of a client's, and answers none.
 */
#ifndef TB_LISTENER_H
#define TB_LISTENER_H

#include "broker/listener/connection.h"
#include "proto/broker.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The last free slots are for uid 0, so that an administrator gets through when users have taken all others. */
#define LISTENER_ROOT_SLOTS 8

struct listener_limits {
	size_t connections;    /* held at a time, in all; more than LISTENER_ROOT_SLOTS */
	size_t per_user;       /* held at a time by one uid; uid 0 has no such limit */
	unsigned int deadline; /* in milliseconds: how long a connection may be silent */
};

/* What is logged at most once a second. */
enum listener_complaint {
	COMPLAINT_USER_FULL,
	COMPLAINT_ALL_FULL,
	COMPLAINT_PAUSED,
	COMPLAINT_MONITOR_BUSY,
	COMPLAINT_COUNT
};

struct listener {
	int channel;   /* to the monitor; not owned */
	int listening; /* not owned */
	int epoll;     /* owned */
	struct listener_limits limits;
	struct connections connections;
	struct tb_client message;  /* one for all connections */
	uint64_t now;              /* in milliseconds of the monotonic clock, read once per step */
	uint64_t accept_again;     /* after an error: accept nothing before this, or before a connection leaves */
	uint64_t send_again;       /* after an error: send nothing before this time */
	bool channel_full;         /* send nothing before the channel is writable */
	uint32_t channel_events;   /* what epoll watches now */
	uint32_t listening_events; /* the same */
	uint64_t complained[COMPLAINT_COUNT];
};

/* Takes the channel and a non-blocking listening socket, which stay the caller's. Returns 0 or a negative errno. */
int listener_create(struct listener *listener, int channel, int listening, const struct listener_limits *limits);

/* Waits until there is something to do, and does it. Returns 0 if there should be another step, -ECONNRESET if the
 * monitor is gone, -EPROTO if the monitor has sent something, which it never does, or another negative errno: all of
 * these end the process. */
int listener_step(struct listener *listener);

/* Closes whatever connections are held. */
void listener_destroy(struct listener *listener);

#endif
