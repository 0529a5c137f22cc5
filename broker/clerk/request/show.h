/* What leases' devices are configured with, and what kill switches have left blocked. Runs in the clerk. Without the
 * second key a client sees its own only. */
#ifndef TB_SHOW_H
#define TB_SHOW_H

#include "broker/clerk/request/request.h"

/* Answers with the addresses and routes of one lease's device, and ends the request. */
void show_configuration(struct request *request);

/* Answers with the blocks that the request may see, and ends it. */
void show_blocks(struct request *request);

#endif
