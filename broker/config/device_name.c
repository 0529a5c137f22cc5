/* Whose device an interface may be, by its name: see table.h. Linked into the clerk and tapbroker-setup; needs no
 * right. Networks have no names in common: see network_conflicts.c. */
#include "broker/config/table.h"

#include "proto/name.h"

#include <stdio.h>
#include <string.h>

bool network_has_device(const struct network *network, const char *name)
{
	char chosen[TB_NAME_SIZE];
	int length = snprintf(chosen, sizeof(chosen), NETWORK_CHOSEN_NAME, network->name);

	if (strncmp(name, chosen, (size_t)length) == 0)
		return true;
	for (size_t i = 0; i < network->names_count; i++)
		if (tb_name_matches(name, network->names[i]))
			return true;
	return false;
}
