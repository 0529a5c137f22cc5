/* Reading the alias of a device: see alias.h. Runs in the clerk, without any right, and in the monitor before
 * lock-down. Whoever has rights in the host's network namespace may have changed the text. */
#include "broker/shared/alias.h"

#include "proto/hex.h"
#include "proto/name.h"
#include "proto/number.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Reads what stands behind the MTU: an external id, if the lease has one, the address and the network. */
static int read_end(const char *text, struct alias *alias)
{
	char mac[TB_HEX_SIZE(TB_MAC_SIZE)] = "";

	if (sscanf(text, "%87[^:]:%12[0-9a-f]:%31s", alias->external_id, mac, alias->network) != 3) {
		memset(alias->external_id, 0, sizeof(alias->external_id));
		memset(alias->network, 0, sizeof(alias->network));
		if (sscanf(text, "%12[0-9a-f]:%31s", mac, alias->network) != 2)
			return -EBADMSG;
	} else if (!tb_external_id_valid(alias->external_id, sizeof(alias->external_id))) {
		return -EBADMSG;
	}
	return tb_hex_read(mac, alias->mac, TB_MAC_SIZE) < 0 ? -EBADMSG : 0;
}

int alias_read(const char *text, struct alias *alias)
{
	char id[TB_ID_TEXT] = "";
	char again[ALIAS_SIZE];
	char state;
	unsigned long long start_time;
	unsigned long long since;
	unsigned int lifetime;
	int length = 0;

	memset(alias, 0, sizeof(*alias));
	if (sscanf(text, ALIAS_PREFIX "%32[0-9a-f]:%c:%u:%u:%d:%llu:%llu:%u:%u:%n", id, &state, &alias->uid,
		   &alias->gid, &alias->pid, &start_time, &since, &lifetime, &alias->mtu, &length) != 9 ||
	    length == 0)
		return -EBADMSG;
	if (tb_hex_read(id, alias->lease, TB_ID_SIZE) < 0 || read_end(text + length, alias) < 0 ||
	    lifetime >= TB_LIFETIME_COUNT || !tb_network_valid(alias->network, sizeof(alias->network)))
		return -EBADMSG;
	alias->state = state == 'h' || state == ALIAS_GIVEN ? ALIAS_HANDED_OUT : ALIAS_MADE;
	alias->given = state == ALIAS_GIVEN;
	alias->start_time = start_time;
	alias->since = since;
	alias->lifetime = lifetime;
	/* Numbers can be written in many ways; we write them in one. */
	alias_write(alias, again);
	return strcmp(again, text) == 0 ? 0 : -EBADMSG;
}

int alias_read_lifeline(const char *text, uint8_t lease[TB_ID_SIZE])
{
	if (strncmp(text, STORED_LIFELINE, strlen(STORED_LIFELINE)) != 0)
		return -EBADMSG;
	return tb_hex_read(text + strlen(STORED_LIFELINE), lease, TB_ID_SIZE) < 0 ? -EBADMSG : 0;
}

/* Cuts the text off at its last ':'. Returns what stood behind it, or "" if there is none. */
static char *cut_last(char *text)
{
	char *colon = strrchr(text, ':');

	if (colon == NULL)
		return text + strlen(text);
	*colon = '\0';
	return colon + 1;
}

int alias_read_device(const char *text, struct alias *alias, struct stored_device *device)
{
	char written[sizeof(ALIAS_PREFIX) + STORED_NAME_SIZE];
	uint64_t ifindex;
	uint64_t nsid;

	if (strncmp(text, STORED_DEVICE, strlen(STORED_DEVICE)) != 0 || strlen(text) >= STORED_NAME_SIZE ||
	    strchr(text, ':') != NULL)
		return -EBADMSG;
	snprintf(written, sizeof(written), ALIAS_PREFIX "%s", text + strlen(STORED_DEVICE));
	for (char *c = written; *c != '\0'; c++)
		if (*c == '+')
			*c = ':';
	if (tb_number_read(cut_last(written), 0, INT32_MAX, &nsid) < 0 ||
	    tb_number_read(cut_last(written), 1, INT32_MAX, &ifindex) < 0 ||
	    tb_field_set(device->name, TB_NAME_SIZE, cut_last(written)) < 0 ||
	    !tb_name_valid(device->name, TB_NAME_SIZE))
		return -EBADMSG;
	device->ifindex = (uint32_t)ifindex;
	device->nsid = (int32_t)nsid;
	return alias_read(written, alias);
}
