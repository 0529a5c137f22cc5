/* The name of an inner end: see shield.h. Linked into tapbrokerd and tapbroker-setup; needs no right. */
#include "broker/shared/shield.h"

#include "proto/hex.h"

#include <string.h>

void shield_inner_name(const uint8_t lease[TB_ID_SIZE], char name[TB_NAME_SIZE])
{
	memset(name, 0, TB_NAME_SIZE);
	name[0] = 'i';
	tb_hex_write(lease, SHIELD_ID_BYTES, name + 1);
}
