/* The ids of leases, as bytes and as text: see internal.h. Runs in the client's process. */
#include "client/libtapbroker/internal.h"

#include <errno.h>
#include <string.h>

static const char digits[] = "0123456789abcdef";

void tb_id_write(const uint8_t id[TB_ID_SIZE], char text[TB_ID_TEXT])
{
	for (size_t i = 0; i < TB_ID_SIZE; i++) {
		text[2 * i] = digits[id[i] >> 4];
		text[2 * i + 1] = digits[id[i] & 15];
	}
	text[2 * TB_ID_SIZE] = '\0';
}

int tb_id_read(const char *text, uint8_t id[TB_ID_SIZE])
{
	if (strlen(text) != 2 * TB_ID_SIZE || strspn(text, digits) != 2 * TB_ID_SIZE)
		return -EINVAL;
	for (size_t i = 0; i < TB_ID_SIZE; i++) {
		long high = strchr(digits, text[2 * i]) - digits;
		long low = strchr(digits, text[2 * i + 1]) - digits;

		id[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}
