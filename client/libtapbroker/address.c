/* Addresses as text: see internal.h. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/name.h"
#include "proto/number.h"
#include "proto/prefix.h"

#include <string.h>

void tb_address_write(uint8_t family, const uint8_t *address, uint8_t length, char text[TB_ADDRESS_TEXT])
{
	struct tb_prefix prefix = {.family = family, .length = (uint8_t)tb_prefix_bits(family)};
	size_t size = tb_prefix_bits(family) / 8;
	char written[TB_PREFIX_TEXT];

	memset(text, 0, TB_ADDRESS_TEXT);
	if (tb_field_empty((const char *)address, size))
		return;
	memcpy(prefix.address, address, size);
	tb_prefix_write(&prefix, written);
	if (length != 0) {
		size = strlen(written);
		written[size] = '/';
		tb_number_write(length, written + size + 1);
	}
	memcpy(text, written, strnlen(written, TB_ADDRESS_TEXT - 1));
}

const char *tapbroker_address(const struct tap *tap)
{
	return tb_handle_or_none(tap)->address;
}
TB_SHORT_NAME(address);

const char *tapbroker_address6(const struct tap *tap)
{
	return tb_handle_or_none(tap)->address6;
}
TB_SHORT_NAME(address6);

const char *tapbroker_gateway(const struct tap *tap)
{
	return tb_handle_or_none(tap)->gateway;
}
TB_SHORT_NAME(gateway);

const char *tapbroker_gateway6(const struct tap *tap)
{
	return tb_handle_or_none(tap)->gateway6;
}
TB_SHORT_NAME(gateway6);
