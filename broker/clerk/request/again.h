/* A request for a device that its user has already. Runs in the clerk. */
#ifndef TB_AGAIN_H
#define TB_AGAIN_H

#include "broker/clerk/request/request.h"

/* The lease of the device that the request asks for again: its user's own, of that network, name and lifetime, which is
 * opened by its name. NULL: none. It is no second lease, so no quota counts it, and it ends as it would have ended: one
 * of lifetime named with the connection that it came by first. */
const struct lease *again_lease(const struct request *request);

/* Answers with what that device is, and ends the request. No device is handed out: its user opens it by its name. */
void again_tell(struct request *request, const struct lease *lease);

#endif
