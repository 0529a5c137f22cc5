/* The names of what tapbroker-setup makes for a network: see table.h. Linked into tapbrokerd and tapbroker-setup; needs
 * no right. */
#include "broker/config/table.h"

#include <stdio.h>
#include <string.h>

/* Networks differ in their first 8 characters: see network_conflicts.c. */
static void name_after(const char *prefix, const char *network, char name[TB_NAME_SIZE])
{
	memset(name, 0, TB_NAME_SIZE);
	snprintf(name, TB_NAME_SIZE, "%s%.12s", prefix, network);
}

void network_bridge_name(const char *network, char bridge[TB_NAME_SIZE])
{
	name_after(NETWORK_BRIDGE_PREFIX, network, bridge);
}

void network_host_name(const char *network, char interface[TB_NAME_SIZE])
{
	name_after(NETWORK_HOST_PREFIX, network, interface);
}
