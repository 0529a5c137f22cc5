/* Which addresses a host can have as its own. */
#ifndef TB_HOST_ADDRESS_H
#define TB_HOST_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

/* True unless it is nobody's, a group's or everybody's: whoever had such a one as his own would take from the whole
 * host what it sends there. Of IPv6 the kernel itself refuses those; here ::a.b.c.d and ::ffff:a.b.c.d are none, which
 * is how programs write an IPv4 address. Whether another has it is not looked at. Network order; an IPv4 address takes
 * the first four bytes. */
bool tb_is_host_address(uint8_t family, const uint8_t address[16]);

#endif
