/* The checksum of the Internet, for `tapctl relay`. */
#ifndef TAPCTL_RELAY_SUM_H
#define TAPCTL_RELAY_SUM_H

#include <stddef.h>
#include <stdint.h>

/* Adds bytes to a sum, which begins with 0. What is added before others has an even length. */
uint64_t sum_add(uint64_t sum, const void *bytes, size_t length);

/* The sum as a packet has it, before it is turned round: a packet whose checksum is right sums up to 0xffff. */
uint16_t sum_fold(uint64_t sum);

/* Adds the pseudo header: both addresses of an IP packet, the protocol, and the length of what follows IP's header. */
uint64_t sum_add_pseudo(uint64_t sum, const void *ip, unsigned int protocol, size_t length);

/* Writes into the header of an IP packet how long the packet is, header included, and IPv4's own checksum. The header
 * is as aligned as a struct iphdr. */
void sum_set_length(void *ip, size_t length);

#endif
