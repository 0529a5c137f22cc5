/* Addresses and prefixes as text: see inet.h. Runs as the user. */
#include "client/tapctl/inet.h"

#include "proto/number.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

unsigned int inet_most_bits(const struct inet *inet)
{
	return inet->family == AF_INET ? 32 : 128;
}

int inet_read_address(const char *text, struct inet *inet)
{
	*inet = (struct inet){.family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET};
	inet->bits = inet_most_bits(inet);
	return inet_pton(inet->family, text, inet->bytes) == 1 ? 0 : -EINVAL;
}

int inet_read_prefix(const char *text, struct inet *inet)
{
	const char *slash = strchr(text, '/');
	char address[INET_TEXT];
	uint64_t bits;

	if (slash == NULL)
		return inet_read_address(text, inet);
	if ((size_t)(slash - text) >= sizeof(address))
		return -EINVAL;
	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	if (inet_read_address(address, inet) < 0 || tb_number_read(slash + 1, 0, inet_most_bits(inet), &bits) < 0)
		return -EINVAL;
	inet->bits = (unsigned int)bits;
	return 0;
}

int inet_read_netmask(const char *text, unsigned int *bits)
{
	struct in_addr mask;
	uint32_t ones;
	unsigned int count = 0;

	if (inet_pton(AF_INET, text, &mask) != 1)
		return -EINVAL;
	for (ones = ntohl(mask.s_addr); (ones & 0x80000000) != 0; ones <<= 1)
		count++;
	if (ones != 0)
		return -EINVAL;
	*bits = count;
	return 0;
}

void inet_mask(struct inet *inet)
{
	for (unsigned int bit = inet->bits; bit < inet_most_bits(inet); bit++)
		inet->bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

bool inet_same_address(const struct inet *one, const struct inet *other)
{
	return one->family == other->family && memcmp(one->bytes, other->bytes, sizeof(one->bytes)) == 0;
}

void inet_write_address(const struct inet *inet, char text[INET_TEXT])
{
	if (inet_ntop(inet->family, inet->bytes, text, INET_TEXT) == NULL)
		text[0] = '\0';
}

void inet_write_prefix(const struct inet *inet, char text[INET_TEXT])
{
	size_t length;

	inet_write_address(inet, text);
	length = strlen(text);
	snprintf(text + length, INET_TEXT - length, "/%u", inet->bits);
}
