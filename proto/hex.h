/* Bytes as text: two hexadecimal digits for each, in small letters. The ids of leases are written so. */
#ifndef TB_HEX_H
#define TB_HEX_H

#include "proto/message.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes for the text of so many bytes, with its end. */
#define TB_HEX_SIZE(count) (2 * (count) + 1)
#define TB_ID_TEXT TB_HEX_SIZE(TB_ID_SIZE)

/* text has room for TB_HEX_SIZE(count). */
void tb_hex_write(const uint8_t *bytes, size_t count, char *text);

/* Reads a text of exactly so many bytes. Returns 0 or -EINVAL. */
int tb_hex_read(const char *text, uint8_t *bytes, size_t count);

#endif
