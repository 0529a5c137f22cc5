/* Explanations: what would become of a request, and why. Runs in the clerk. Nothing is made, no quota is used,
 * nobody is asked for a password. */
#ifndef TB_EXPLAIN_H
#define TB_EXPLAIN_H

#include "broker/clerk/request/request.h"

/* polkit has been asked: answers with as much as the client may know, and ends the request. */
void explain(struct request *request);

/* True if the client may know it: forbidden has a bit for each enum tb_check of the file that forbids what it asks.
 * Else the request is refused, and is at its end; what is told is logged. */
bool explain_begin(struct request *request, uint64_t forbidden);

#endif
