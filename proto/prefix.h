/* Prefixes of IP addresses: text, and what lies in what. Addresses are 16 bytes in network order; an IPv4 address takes
 * the first four, and the others are zero. */
#ifndef TB_PREFIX_H
#define TB_PREFIX_H

#include <stdbool.h>
#include <stdint.h>

struct tb_prefix {
	uint8_t family; /* 4 or 6 */
	uint8_t length; /* bits: at most 32 or 128 */
	uint8_t address[16];
};

/* The longest text of a prefix, its NUL included. */
#define TB_PREFIX_TEXT 64

/* The bits of an address of this family. */
unsigned int tb_prefix_bits(uint8_t family);

/* Reads "10.8.0.2/24", "fd00::/64", or an address alone, which has all its bits. No zone, no leading zeros, no blanks.
 * Returns 0 or -EINVAL. */
int tb_prefix_read(const char *text, struct tb_prefix *prefix);

/* Writes what tb_prefix_read() reads; all bits are not written as a length. */
void tb_prefix_write(const struct tb_prefix *prefix, char text[TB_PREFIX_TEXT]);

/* Sets the bits behind the prefix to zero. */
void tb_prefix_mask(struct tb_prefix *prefix);

/* True if every address of inner is one of outer. Bits behind the prefixes do not count. */
bool tb_prefix_covers(const struct tb_prefix *outer, const struct tb_prefix *inner);

#endif
