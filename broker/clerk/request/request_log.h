/* The log line of a request: what became of it, and, if that is no device, what polkit was asked. Runs in the clerk. */
#ifndef TB_REQUEST_LOG_H
#define TB_REQUEST_LOG_H

#include "broker/clerk/request/request.h"

/* lease is NULL if there is none. */
void request_log(const struct request *request, const char *verdict, const char *reason, const struct lease *lease);

#endif
