/* Addresses and prefixes as text: read strictly, since they are often the word of a server at the other end of a
 * tunnel, and written in the one way that libtapbroker takes. */
#ifndef TAPCTL_INET_H
#define TAPCTL_INET_H

#include <stdbool.h>
#include <stdint.h>

struct inet {
	int family;        /* AF_INET or AF_INET6 */
	unsigned int bits; /* of the prefix; for an address alone 32 or 128 */
	uint8_t bytes[16]; /* 4 of them for AF_INET */
};

#define INET_TEXT 52 /* the longest address, and "/128" */

/* Read an address, without a zone; a prefix, "A/BITS" or an address alone; and the bits of an IPv4 netmask, such as
 * 24 for "255.255.255.0". Return 0 or -EINVAL. */
int inet_read_address(const char *text, struct inet *inet);
int inet_read_prefix(const char *text, struct inet *inet);
int inet_read_netmask(const char *text, unsigned int *bits);

/* The most bits that a prefix of this family has. */
unsigned int inet_most_bits(const struct inet *inet);

/* Sets all bits behind the prefix to zero: a network's address instead of a host's in it. */
void inet_mask(struct inet *inet);

/* True if both are the same address, whatever their bits. */
bool inet_same_address(const struct inet *one, const struct inet *other);

/* Write "A/BITS", and the address alone. */
void inet_write_prefix(const struct inet *inet, char text[INET_TEXT]);
void inet_write_address(const struct inet *inet, char text[INET_TEXT]);

#endif
