/* What the files make of a request that names a network and nothing else. Runs in the programs that check the files, as
 * root or as whoever checks them; it only compares.
 */
#ifndef TB_PLAIN_REQUEST_H
#define TB_PLAIN_REQUEST_H

#include "broker/config/table.h"

/* Warns of each network whose own file forbids such a request, once for each check that forbids it. That is no mistake:
 * its users can say what the network wants. */
void plain_request_warn(const struct network_table *table);

#endif
