/* The numbers of guests: see guest.h. Linked into the clerk and tapbroker-setup; needs no right. */
#include "broker/config/guest.h"

#include <string.h>

uint32_t guest_number(const struct network *network, const uint8_t mac[TB_MAC_SIZE])
{
	uint32_t number = (uint32_t)mac[3] << 16 | (uint32_t)mac[4] << 8 | mac[5];

	if (memcmp(mac, network->guest.mac, 3) != 0)
		return 0;
	return number < network->guests ? number : 0;
}

uint32_t guest_next(const struct network *network, uint32_t number)
{
	for (number++; number < network->guests; number++)
		if (guest_allowed(network, number))
			return number;
	return 0;
}

uint32_t guest_of_name(const struct network *network, const char *name)
{
	uint32_t number = guest_next(network, 0);

	for (size_t i = 0; i < network->names_count && number != 0; i++) {
		if (strchr(network->names[i], '*') != NULL)
			continue;
		if (strcmp(network->names[i], name) == 0)
			return number;
		number = guest_next(network, number);
	}
	return 0;
}

uint32_t guests_named(const struct network *network)
{
	uint32_t count = 0;

	for (size_t i = 0; i < network->names_count; i++)
		count += strchr(network->names[i], '*') == NULL;
	return count;
}

uint32_t guests_count(const struct network *network)
{
	uint32_t count = 0;

	for (uint32_t number = guest_next(network, 0); number != 0; number = guest_next(network, number))
		count++;
	return count;
}
