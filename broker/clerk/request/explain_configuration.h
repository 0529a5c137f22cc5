/* Explanations of configurations: see explain.h, whose rules hold for them, too. Runs in the clerk. */
#ifndef TB_EXPLAIN_CONFIGURATION_H
#define TB_EXPLAIN_CONFIGURATION_H

#include "broker/clerk/request/request.h"

/* polkit has been asked: answers with as much as the client may know, and ends the request. */
void explain_configuration(struct request *request);

#endif
