/* The name of a network's own bridge: see table.h. Linked into tapbrokerd and tapbroker-setup; needs no right. */
#include "broker/config/table.h"

#include <stdio.h>
#include <string.h>

void network_bridge_name(const char *network, char bridge[TB_NAME_SIZE])
{
	/* Networks differ in their first 8 characters: see network_conflicts.c. */
	memset(bridge, 0, TB_NAME_SIZE);
	snprintf(bridge, TB_NAME_SIZE, NETWORK_BRIDGE_PREFIX "%.12s", network);
}
