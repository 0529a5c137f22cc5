/* Explanations: what would become of a request, and why. Runs in the clerk. Nothing is made, no quota is used,
 * nobody is asked for a password. */
#ifndef TB_EXPLAIN_H
#define TB_EXPLAIN_H

#include "broker/clerk/request/request.h"

/* polkit has been asked: answers with as much as the client may know, and ends the request. */
void explain(struct request *request);

#endif
