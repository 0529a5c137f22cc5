/* Reading a client's one message. Runs in the clerk.
 *
 * Descriptors are never received: the socket that holds them goes to lingering.h in the end.
 */
#ifndef TB_READ_MESSAGE_H
#define TB_READ_MESSAGE_H

#include "broker/clerk/request/request.h"

/* Reads it into the request, and shuts the socket down for anything more. Returns 0, -EBADMSG if it is none that a
 * client may send, or -ECONNRESET if the client has hung up. */
int read_message(struct request *request);

#endif
