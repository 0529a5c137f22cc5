/* What a request for a configuration amounts to. Runs in the clerk. */
#ifndef TB_CLERK_CONFIGURATION_H
#define TB_CLERK_CONFIGURATION_H

#include "broker/clerk/request/request.h"

/* Fills in what polkit is asked of the lease, but for the ticket: the question of the request. */
void configuration_fill_question(struct request *request, const struct lease *lease);

/* The whole of it, with the request's question as it is now. It is there until the next call. */
const struct tb_configuration *configuration_of(const struct request *request);

#endif
