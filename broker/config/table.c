/* The table of networks: see table.h. Linked into the monitor and the clerk, which only read it; needs no right, and
 * must never change it. */
#include "broker/config/table.h"

#include <string.h>

uint32_t network_arp_ignore(const struct network *network)
{
	return network->host_replies ? 1 : 8;
}

bool network_is_locked(const struct network *network)
{
	return network->kind == TB_KIND_MACVTAP || network_has_ports(network);
}

bool network_shielded(const struct network *network)
{
	return network_has_ports(network) && !network->direct;
}

const struct network *network_find(const struct network_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->networks[i].name, name) == 0)
			return &table->networks[i];
	return NULL;
}
