/* Clients that are told what happens to leases. Runs in the clerk. Without the second key a client hears of its own
 * leases only. */
#ifndef TB_WATCH_H
#define TB_WATCH_H

#include "broker/clerk/request/request.h"

/* Clients that watch at the same time, of one user and in all, of which the last are for uid 0. */
#define WATCHERS_PER_USER 4
#define WATCHERS_MAX 64
#define WATCHERS_RESERVED_FOR_ROOT 8

/* Begins to tell this client what happens. */
void watch_begin(struct request *request);

/* Tells the clients that watch. reason is enum tb_reason for TB_EVENT_ENDED, else 0. */
void watchers_tell(const struct lease *lease, enum tb_event_what what, uint32_t reason);

/* The lease's device has been configured; replaces: in place of another configuration. */
void watchers_tell_configured(const struct lease *lease, const struct tb_configuration *configuration, bool replaces);

/* What kill switches of this user's had blocked on the network is free. */
void watchers_tell_unblocked(uid_t uid, const char network[TB_NETWORK_SIZE]);

#endif
