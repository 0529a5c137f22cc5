/* The addresses of one guest: see guest.h. Linked into the monitor, the clerk and tapbroker-setup; needs no right, and
 * must never give anybody an address of the host's. */
#include "broker/config/guest.h"

#include <string.h>

void guest_make(const struct network *network, uint32_t number, struct guest *guest)
{
	*guest = network->guest;
	for (int i = 0; i < 3; i++) {
		uint8_t byte = (uint8_t)(number >> (16 - 8 * i));

		guest->mac[3 + i] |= byte;
		guest->told.ipv4[1 + i] |= guest->told.ipv4_prefix != 0 ? byte : 0;
		guest->told.ipv6[13 + i] |= guest->told.ipv6_prefix != 0 ? byte : 0;
	}
}

bool guest_allowed(const struct network *network, uint32_t number)
{
	if (!network->own_bridge)
		return number == 0;
	return number > 0 && number < network->guests && number != network->host[0] && number != network->host[1];
}

void guest_tell(const struct network *network, const uint8_t mac[TB_MAC_SIZE], struct tb_guest *told)
{
	uint32_t number = (uint32_t)mac[3] << 16 | (uint32_t)mac[4] << 8 | mac[5];
	struct guest guest;

	guest_make(network, number, &guest);
	if (network->guests > 0 && guest_allowed(network, number) && memcmp(guest.mac, mac, TB_MAC_SIZE) == 0)
		*told = guest.told;
	else
		memset(told, 0, sizeof(*told));
}
