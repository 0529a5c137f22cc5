/* What is done with a request that the gate has let through. Runs in the clerk. */
#ifndef TB_PERFORM_H
#define TB_PERFORM_H

#include "broker/clerk/request/request.h"

/* Does it, or begins to: in the end the request is answered, and freed. */
void perform(struct request *request);

#endif
