/* The interfaces by which guests come: see setup_guests.h. Runs in tapbroker-setup, as root, on what the network files
 * say. A foreign interface by such a name is let pass nowhere by it: the network's own table takes it for a guest.
 */
#include "broker/setup/setup_guests.h"

#include "proto/name.h"

#include <stdio.h>
#include <string.h>

/* Leaves out what one that is there covers, and takes out what the new one covers. */
static void guest_interface_add(struct guest_interfaces *found, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < found->count; i++)
		if (tb_name_matches(name, found->names[i]))
			return;
	for (size_t i = 0; i < found->count; i++)
		if (!tb_name_matches(found->names[i], name))
			memmove(found->names[kept++], found->names[i], TB_NAME_SIZE);
	snprintf(found->names[kept++], TB_NAME_SIZE, "%s", name);
	found->count = kept;
}

void guest_interfaces_find(const struct network *network, struct guest_interfaces *found)
{
	char chosen[TB_NAME_SIZE];

	found->count = 0;
	if (!network->routed) {
		guest_interface_add(found, network->bridge);
		return;
	}
	snprintf(chosen, sizeof(chosen), NETWORK_CHOSEN_NAME "*", network->name);
	guest_interface_add(found, chosen);
	for (size_t i = 0; i < network->names_count; i++)
		guest_interface_add(found, network->names[i]);
}

void guest_interface_plus(const char *name, char plus[TB_NAME_SIZE])
{
	size_t length = strlen(name);

	snprintf(plus, TB_NAME_SIZE, "%s", name);
	if (length > 0 && plus[length - 1] == '*')
		plus[length - 1] = '+';
}
