/* The keys of a network file: a table of them all, which kind each is for, and how its value is taken. Runs in
 * tapbrokerd and tapbroker-setup before any client is met, as root, on the text of root's files. It must never let a
 * value through that a later step would have to check again.
 */
#include "broker/config/network_file.h"

#include "broker/config/network.h"
#include "proto/suggest.h"
#include "proto/words.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define RATE_MAX 100000 /* Mbit/s */
#define VLAN_MAX 4094
#define DEFAULT_MTU 1500
#define DEFAULT_MAX_PER_USER 4
#define DEFAULT_MAX 64
#define COUNT_MAX 65536 /* the largest Max= */

/* A bit per kind, for the keys that are not for all of them. */
#define FOR(kind) (1u << (kind))
#define FOR_HOST (FOR(TB_KIND_TAP) | FOR(TB_KIND_TUN)) /* the host itself may have an address there */
#define FOR_SHARED (FOR(TB_KIND_TAP) | FOR(TB_KIND_MACVTAP))
#define FOR_ALL (FOR(TB_KIND_TAP) | FOR(TB_KIND_TUN) | FOR(TB_KIND_MACVTAP))

struct key {
	const char *name;
	/* Takes the value or calls network_file_error(). NULL: it is a number, or yes or no. */
	void (*set)(struct network_file *file, unsigned int line, const char *value);
	size_t field; /* of struct network: a uint32_t if it is a number, or a bool */
	unsigned int kinds;
	uint32_t least;   /* of a number */
	uint32_t most;    /* 0: it is yes or no */
	uint32_t unlocks; /* of enum network_lock: yes takes it off, and there is no field */
};

#define VALUE(name, kinds, set)              \
	{                                    \
		name, set, 0, kinds, 0, 0, 0 \
	}
#define NUMBER(name, kinds, field, least, most)                                    \
	{                                                                          \
		name, NULL, offsetof(struct network, field), kinds, least, most, 0 \
	}
#define FLAG(name, kinds, field)                                            \
	{                                                                   \
		name, NULL, offsetof(struct network, field), kinds, 0, 0, 0 \
	}
#define UNLOCKS(name, kinds, lock)               \
	{                                        \
		name, NULL, 0, kinds, 0, 0, lock \
	}

static const struct key keys[KEY_COUNT] = {
	[KEY_ADDRESS] = VALUE("Address", FOR_HOST, network_address_set),
	[KEY_ADDRESSES] = VALUE("Addresses", FOR_HOST, network_set_addresses),
	[KEY_ALL_MULTICAST] = FLAG("AllMulticast", FOR(TB_KIND_MACVTAP), all_multicast),
	[KEY_ALLOW] = VALUE("Allow", FOR_HOST, network_allow_set),
	[KEY_BRIDGE] = VALUE("Bridge", FOR(TB_KIND_TAP), network_set_bridge),
	[KEY_DEFAULT_ROUTE] = FLAG("DefaultRoute", FOR_HOST, default_route),
	[KEY_DEVICE] = VALUE("Device", FOR_HOST, network_device_set),
	[KEY_DHCP] = FLAG("DHCP", FOR(TB_KIND_TAP), dhcp),
	[KEY_DHCP_SERVER] = UNLOCKS("DHCPServer", FOR_SHARED, LOCK_DHCP),
	[KEY_DIRECT] = FLAG("Direct", FOR(TB_KIND_TAP), direct),
	[KEY_DNS] = FLAG("DNS", FOR(TB_KIND_TAP), dns),
	[KEY_ETHER_TYPES] = VALUE("EtherTypes", FOR_SHARED, network_set_ether_types),
	[KEY_FORWARD] = VALUE("Forward", FOR_HOST, network_forward_set),
	[KEY_HOST_INTERFACE] = VALUE("HostInterface", FOR(TB_KIND_MACVTAP), network_host_interface_set),
	[KEY_HOST_REPLIES] = FLAG("HostReplies", FOR(TB_KIND_TAP), host_replies),
	[KEY_IPV6] = VALUE("IPv6", FOR_ALL, network_set_ipv6),
	[KEY_ISOLATED] = FLAG("Isolated", FOR_HOST, isolated),
	[KEY_KILL_SWITCH] = FLAG("KillSwitch", FOR_HOST, kill_switch),
	[KEY_KIND] = VALUE("Kind", FOR_ALL, network_set_kind),
	[KEY_LIFETIMES] = VALUE("Lifetimes", FOR_ALL, network_set_lifetimes),
	[KEY_LISTED] = FLAG("Listed", FOR_ALL, listed),
	[KEY_MACS] = VALUE("MACs", FOR_SHARED, network_set_macs),
	[KEY_MASQUERADE] = VALUE("Masquerade", FOR_HOST, network_masquerade_set),
	[KEY_MAX] = NUMBER("Max", FOR_ALL, max, 1, COUNT_MAX),
	[KEY_MAX_LEASE_TIME] = VALUE("MaxLeaseTimeSec", FOR_ALL, network_set_max_lease_time),
	[KEY_MAX_PER_USER] = NUMBER("MaxPerUser", FOR_ALL, max_per_user, 1, COUNT_MAX),
	[KEY_MODE] = VALUE("Mode", FOR(TB_KIND_MACVTAP), network_set_mode),
	[KEY_MTU] = NUMBER("MTU", FOR_ALL, mtu, TB_MTU_MIN, TB_MTU_MAX),
	[KEY_NAMES] = VALUE("Names", FOR_ALL, network_set_names),
	[KEY_NETNS] = VALUE("Netns", FOR_ALL, network_set_netns),
	[KEY_PARENT] = VALUE("Parent", FOR(TB_KIND_MACVTAP), network_set_parent),
	[KEY_PUBLISH] = VALUE("Publish", FOR(TB_KIND_TAP), network_publish_set),
	[KEY_QUEUES] = NUMBER("Queues", FOR_ALL, queues, 1, TB_QUEUES_MAX),
	[KEY_RATE_FROM_GUEST] = NUMBER("RateFromGuest", FOR_SHARED, rate_from_guest, 1, RATE_MAX),
	[KEY_RATE_TO_GUEST] = NUMBER("RateToGuest", FOR_SHARED, rate_to_guest, 1, RATE_MAX),
	[KEY_RA] = FLAG("RA", FOR(TB_KIND_TAP), ra),
	[KEY_REACH] = VALUE("Reach", FOR_HOST, network_reach_set),
	[KEY_ROUTED] = FLAG("Routed", FOR(TB_KIND_TAP), routed),
	[KEY_ROUTER_ADVERTISEMENTS] = UNLOCKS("RouterAdvertisements", FOR_SHARED, LOCK_ROUTER),
	[KEY_ROUTES] = VALUE("Routes", FOR_HOST, network_set_routes),
	[KEY_SCOPE] = VALUE("Scope", FOR_HOST, network_set_scope),
	[KEY_SOURCE_ADDRESSES] = VALUE("SourceAddresses", FOR_SHARED, network_set_source_addresses),
	[KEY_TAGGED_FRAMES] = UNLOCKS("TaggedFrames", FOR(TB_KIND_TAP), LOCK_TAG),
	[KEY_VHOST] = FLAG("Vhost", FOR_SHARED, vhost),
	[KEY_VLAN] = NUMBER("VLAN", FOR(TB_KIND_TAP), vlan, 1, VLAN_MAX),
	[KEY_VNET_HEADER] = FLAG("VnetHeader", FOR_ALL, vnet_hdr),
};

const char *network_key_name(enum network_key key)
{
	return keys[key].name;
}

void network_defaults(struct network *network)
{
	network->mode = TB_MODE_BRIDGE;
	network->mtu = DEFAULT_MTU;
	network->queues = 1;
	network->max_per_user = DEFAULT_MAX_PER_USER;
	network->max = DEFAULT_MAX;
	network->isolated = true;
	network->all_multicast = true;
	network->ipv6_disabled = true;
	network->listed = true;
	network_default_locks(network);
	network->scope = TB_SCOPE_USER;
}

static void refuse_unknown(struct network_file *file, unsigned int line, const char *name)
{
	const char *names[KEY_COUNT];
	const char *meant;
	char list[800];
	size_t length = 0;

	for (int key = 0; key < KEY_COUNT; key++)
		names[key] = keys[key].name;
	meant = tb_suggest(name, names, KEY_COUNT);
	if (meant != NULL) {
		network_file_error(file, line, "%s= is no key of [Network]; did you mean %s=?", name, meant);
		return;
	}
	for (int key = 0; key < KEY_COUNT && length < sizeof(list); key++)
		length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%s", key == 0 ? "" : ", ",
					   names[key]);
	network_file_error(file, line, "%s= is no key of [Network]; the keys are %s", name, list);
}

/* A list may be continued in a further line: 16 names, or prefixes, do not fit into one. */
static bool may_be_continued(int key)
{
	return key == KEY_NAMES || key == KEY_ALLOW || key == KEY_ADDRESSES || key == KEY_ROUTES ||
	       key == KEY_SOURCE_ADDRESSES || key == KEY_PUBLISH;
}

static void take_unlocked(struct network_file *file, unsigned int line, const struct key *key, const char *value)
{
	bool unlocked = (file->network.locks & key->unlocks) == 0;

	network_take_bool(file, line, key->name, value, &unlocked);
	file->network.locks = unlocked ? file->network.locks & ~key->unlocks : file->network.locks | key->unlocks;
}

static void take_key(struct network_file *file, unsigned int line, const struct key *key, const char *value)
{
	void *field = (char *)&file->network + key->field;

	if (key->set != NULL)
		key->set(file, line, value);
	else if (key->unlocks != 0)
		take_unlocked(file, line, key, value);
	else if (key->most != 0)
		network_take_number(file, line, key->name, value, key->least, key->most, field);
	else
		network_take_bool(file, line, key->name, value, field);
}

void network_key_set(struct network_file *file, unsigned int line, const char *name, const char *value)
{
	int key = 0;

	while (key < KEY_COUNT && strcmp(name, keys[key].name) != 0)
		key++;
	if (key == KEY_COUNT) {
		refuse_unknown(file, line, name);
		return;
	}
	if (file->lines[key] != 0 && !may_be_continued(key)) {
		network_file_error(file, line, "%s= stands a second time; the first is in line %u", name,
				   file->lines[key]);
		return;
	}
	file->lines[key] = line;
	take_key(file, line, &keys[key], value);
}

/* The kinds that a key is for, if it is not for all. */
static const char *kinds_word(const struct key *key)
{
	switch (key->kinds) {
	case FOR(TB_KIND_TAP):
		return "tap";
	case FOR(TB_KIND_MACVTAP):
		return "macvtap";
	case FOR_HOST:
		return "tap or tun";
	default:
		return "tap or macvtap";
	}
}

void network_keys_check_kind(struct network_file *file)
{
	enum tb_kind kind = file->network.kind;

	for (int key = 0; key < KEY_COUNT; key++)
		if (file->lines[key] != 0 && (keys[key].kinds & FOR(kind)) == 0)
			network_file_error(file, file->lines[key], "%s= is for Kind=%s only, and this is a %s",
					   keys[key].name, kinds_word(&keys[key]), tb_kind_word(kind));
}
