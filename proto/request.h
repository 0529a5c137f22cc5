/* The syntax of a client's one message, and the two random ids. */
#ifndef TB_REQUEST_H
#define TB_REQUEST_H

#include "message.h"

#include <stdbool.h>

/* True if everything in the request that can be judged without knowing any network is as the protocol says. The
 * header has been checked before. */
bool tb_request_valid(const struct tb_request *request);

#endif
