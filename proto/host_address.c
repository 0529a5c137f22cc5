/* Which addresses a host can have as its own: see host_address.h. No malloc, no stdio. */
#include "host_address.h"

#include <string.h>

static bool is_host_ipv4(const uint8_t address[16])
{
	static const uint8_t everybody[4] = {255, 255, 255, 255};

	return address[0] != 0 && (address[0] & 0xf0) != 0xe0 && memcmp(address, everybody, sizeof(everybody)) != 0;
}

static bool is_host_ipv6(const uint8_t address[16])
{
	static const uint8_t as_ipv4[2][12] = {{0}, {[10] = 0xff, [11] = 0xff}};

	return memcmp(address, as_ipv4[0], sizeof(as_ipv4[0])) != 0 &&
	       memcmp(address, as_ipv4[1], sizeof(as_ipv4[1])) != 0;
}

bool tb_is_host_address(uint8_t family, const uint8_t address[16])
{
	return family == 4 ? is_host_ipv4(address) : is_host_ipv6(address);
}
