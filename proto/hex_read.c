/* Text as bytes: see hex.h. Runs in every process but the monitor once that serves, and in clients. */
#include "proto/hex.h"

#include <errno.h>
#include <string.h>

static const char digits[] = "0123456789abcdef";

int tb_hex_read(const char *text, uint8_t *bytes, size_t count)
{
	if (strlen(text) != 2 * count || strspn(text, digits) != 2 * count)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		long high = strchr(digits, text[2 * i]) - digits;
		long low = strchr(digits, text[2 * i + 1]) - digits;

		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}
