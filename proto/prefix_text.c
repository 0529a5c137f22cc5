/* The text of a prefix: see prefix.h. No malloc, no stdio, no name service. */
#include "prefix.h"

#include "number.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static int address_family(uint8_t family)
{
	return family == 4 ? AF_INET : AF_INET6;
}

int tb_prefix_read(const char *text, struct tb_prefix *prefix)
{
	const char *slash = strchr(text, '/');
	size_t size = slash != NULL ? (size_t)(slash - text) : strlen(text);
	char address[INET6_ADDRSTRLEN];
	uint64_t length;

	if (size >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, size);
	address[size] = '\0';
	memset(prefix, 0, sizeof(*prefix));
	prefix->family = strchr(address, ':') != NULL ? 6 : 4;
	if (inet_pton(address_family(prefix->family), address, prefix->address) != 1)
		return -EINVAL;
	length = tb_prefix_bits(prefix->family);
	if (slash != NULL && tb_number_read(slash + 1, 0, length, &length) < 0)
		return -EINVAL;
	prefix->length = (uint8_t)length;
	return 0;
}

void tb_prefix_write(const struct tb_prefix *prefix, char text[TB_PREFIX_TEXT])
{
	size_t length;

	text[0] = '\0';
	inet_ntop(address_family(prefix->family), prefix->address, text, INET6_ADDRSTRLEN);
	if (prefix->length == tb_prefix_bits(prefix->family))
		return;
	length = strlen(text);
	text[length] = '/';
	tb_number_write(prefix->length, text + length + 1);
}
