/* Prefixes of IP addresses: see prefix.h. The text of one is in prefix_text.c. */
#include "prefix.h"

#include <stddef.h>

unsigned int tb_prefix_bits(uint8_t family)
{
	return family == 4 ? 32 : 128;
}

/* The bits of byte i that belong to a prefix of this length. */
static uint8_t prefix_byte(size_t i, unsigned int length)
{
	if (length >= 8 * (i + 1))
		return 0xff;
	return length <= 8 * i ? 0 : (uint8_t)(0xff00u >> (length - 8 * i));
}

void tb_prefix_mask(struct tb_prefix *prefix)
{
	for (size_t i = 0; i < sizeof(prefix->address); i++)
		prefix->address[i] &= prefix_byte(i, prefix->length);
}

bool tb_prefix_covers(const struct tb_prefix *outer, const struct tb_prefix *inner)
{
	if (outer->family != inner->family || outer->length > inner->length)
		return false;
	for (size_t i = 0; i < sizeof(outer->address); i++)
		if (((outer->address[i] ^ inner->address[i]) & prefix_byte(i, outer->length)) != 0)
			return false;
	return true;
}
