/* Writing the alias of a device: see alias.h. Runs in the monitor; needs no right. Must never read one: that is
 * alias_read.c. */
#include "broker/shared/alias.h"

#include "proto/hex.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void alias_write_start(const uint8_t lease[TB_ID_SIZE], char text[ALIAS_START_SIZE])
{
	char id[TB_ID_TEXT];

	tb_hex_write(lease, TB_ID_SIZE, id);
	snprintf(text, ALIAS_START_SIZE, ALIAS_PREFIX "%s:", id);
}

void alias_write(const struct alias *alias, char text[ALIAS_SIZE])
{
	char start[ALIAS_START_SIZE];
	char mac[TB_HEX_SIZE(TB_MAC_SIZE)];
	bool external = alias->state == ALIAS_HANDED_OUT && alias->external_id[0] != '\0';

	alias_write_start(alias->lease, start);
	tb_hex_write(alias->mac, TB_MAC_SIZE, mac);
	snprintf(text, ALIAS_SIZE, "%s%c:%u:%u:%d:%llu:%llu:%u:%u:%s%s%s:%s", start,
		 alias->state != ALIAS_HANDED_OUT ? 'm'
		 : alias->given                   ? ALIAS_GIVEN
						  : 'h',
		 alias->uid, alias->gid, alias->pid, (unsigned long long)alias->start_time,
		 (unsigned long long)alias->since, (unsigned int)alias->lifetime, alias->mtu,
		 external ? alias->external_id : "", external ? ":" : "", mac, alias->network);
}

bool alias_has_lease(const char *text, const uint8_t lease[TB_ID_SIZE])
{
	char start[ALIAS_START_SIZE];

	alias_write_start(lease, start);
	return strncmp(text, start, strlen(start)) == 0;
}

bool alias_has_mac(const char *text, const uint8_t mac[TB_MAC_SIZE])
{
	const char *network = strrchr(text, ':');
	char expected[1 + TB_HEX_SIZE(TB_MAC_SIZE)] = ":";

	tb_hex_write(mac, TB_MAC_SIZE, expected + 1);
	return network != NULL && (size_t)(network - text) >= strlen(expected) &&
	       memcmp(network - strlen(expected), expected, strlen(expected)) == 0;
}

bool alias_is_of(const char *text, const uint8_t lease[TB_ID_SIZE], uid_t uid, const char *network)
{
	char start[ALIAS_START_SIZE];
	char expected[ALIAS_START_SIZE + sizeof("h:4294967295:")];
	const char *last = strrchr(text, ':');

	alias_write_start(lease, start);
	snprintf(expected, sizeof(expected), "%sh:%u:", start, uid);
	return strncmp(text, expected, strlen(expected)) == 0 && last != NULL && strcmp(last + 1, network) == 0;
}

void alias_write_lifeline(const uint8_t lease[TB_ID_SIZE], char text[STORED_NAME_SIZE])
{
	char id[TB_ID_TEXT];

	tb_hex_write(lease, TB_ID_SIZE, id);
	snprintf(text, STORED_NAME_SIZE, STORED_LIFELINE "%s", id);
}

int alias_write_device(const struct alias *alias, const struct stored_device *device, char text[STORED_NAME_SIZE])
{
	char written[ALIAS_SIZE];
	int length;

	alias_write(alias, written);
	length = snprintf(text, STORED_NAME_SIZE, STORED_DEVICE "%s:%s:%u:%d", written + strlen(ALIAS_PREFIX),
			  device->name, device->ifindex, device->nsid);
	for (char *c = text; *c != '\0'; c++)
		if (*c == ':')
			*c = '+';
	return length < STORED_NAME_SIZE ? 0 : -ENAMETOOLONG;
}
