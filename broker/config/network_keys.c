/* The keys of a network file: their values, which kind each is for, and how they go together. Runs in
 * tapbrokerd before lock-down, as root, on the text of root's files. It must never let a value through that a later
 * step would have to check again.
 */
#include "broker/config/network_file.h"

#include "broker/config/ini.h"
#include "broker/config/network.h"
#include "proto/suggest.h"

#include "proto/name.h"
#include "proto/number.h"
#include "proto/words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define RATE_MAX 100000 /* Mbit/s */
#define DEFAULT_MTU 1500
#define DEFAULT_MAX_PER_USER 4
#define DEFAULT_MAX 64
#define COUNT_MAX 65536                    /* the largest Max= */
#define LEASE_TIME_MAX (3650u * 24 * 3600) /* seconds in the largest MaxLeaseTimeSec= */
#define TAP_MTU_MAX 65521                  /* the kernel takes the Ethernet header off */
#define NAME_PREFIX_MIN 2                  /* characters before '*' */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A bit per kind, for the keys that are not for all of them. */
#define FOR(kind) (1u << (kind))
#define FOR_HOST (FOR(TB_KIND_TAP) | FOR(TB_KIND_TUN)) /* the host itself may have an address there */
#define FOR_ALL (FOR(TB_KIND_TAP) | FOR(TB_KIND_TUN) | FOR(TB_KIND_MACVTAP))

#define FOR_SHARED (FOR(TB_KIND_TAP) | FOR(TB_KIND_MACVTAP))

#define LOWER_RULE "[A-Za-z0-9][A-Za-z0-9_.-]{0,14}, not all or default"
#define NAME_RULE "[a-z][a-z0-9_.-]{0,14}, without \"..\", not all or default"

#define BLANKS " \t"

const char *const network_netns_words[NETNS_COUNT] = {[NETNS_HOST] = "host", [NETNS_CALLER] = "caller"};

struct key {
	const char *name;
	unsigned int kinds;
	/* Takes the value or calls network_file_error(). */
	void (*set)(struct network_file *file, unsigned int line, const char *value);
};

size_t network_find_word(struct network_file *file, unsigned int line, const char *key, const char *value,
			 const char *rule, const char *const words[], size_t count)
{
	const char *meant;
	size_t i = 0;

	while (i < count && strcmp(value, words[i]) != 0)
		i++;
	if (i < count)
		return i;
	meant = tb_suggest(value, words, count);
	if (meant != NULL)
		network_file_error(file, line, "%s=%s: %s; did you mean %s?", key, value, rule, meant);
	else
		network_file_error(file, line, "%s=%s: %s", key, value, rule);
	return count;
}

static void set_kind(struct network_file *file, unsigned int line, const char *value)
{
	static const enum tb_kind kinds[] = {TB_KIND_TAP, TB_KIND_TUN, TB_KIND_MACVTAP};
	const char *words[COUNT(kinds)];
	size_t found;

	for (size_t i = 0; i < COUNT(kinds); i++)
		words[i] = tb_kind_word(kinds[i]);
	found = network_find_word(file, line, "Kind", value, "it is tap, tun or macvtap", words, COUNT(words));
	if (found < COUNT(kinds))
		file->network.kind = kinds[found];
}

static void set_mode(struct network_file *file, unsigned int line, const char *value)
{
	static const enum tb_macvtap_mode modes[] = {TB_MODE_BRIDGE, TB_MODE_VEPA, TB_MODE_PRIVATE, TB_MODE_PASSTHRU};
	const char *words[COUNT(modes)];
	size_t found;

	for (size_t i = 0; i < COUNT(modes); i++)
		words[i] = tb_mode_word(modes[i]);
	found = network_find_word(file, line, "Mode", value, "it is bridge, vepa, private or passthru", words,
				  COUNT(words));
	if (found < COUNT(modes))
		file->network.mode = modes[found];
}

static bool take_interface(char field[TB_NAME_SIZE], const char *value)
{
	return tb_field_set(field, TB_NAME_SIZE, value) == 0 && tb_name_valid(field, TB_NAME_SIZE);
}

/* An interface of the administrator's may have a name that none of ours has. */
static bool take_lower(char field[TB_NAME_SIZE], const char *value)
{
	return tb_field_set(field, TB_NAME_SIZE, value) == 0 && tb_interface_valid(field, TB_NAME_SIZE);
}

static void set_bridge(struct network_file *file, unsigned int line, const char *value)
{
	if (!take_lower(file->network.bridge, value))
		network_file_error(file, line, "Bridge=%s: a bridge's name is " LOWER_RULE, value);
}

static void set_parent(struct network_file *file, unsigned int line, const char *value)
{
	if (!take_lower(file->network.parent, value))
		network_file_error(file, line, "Parent=%s: a parent's name is " LOWER_RULE, value);
}

/* A name, or the beginning of one and '*'. */
static bool pattern_valid(const char *pattern)
{
	char name[TB_NAME_SIZE + 1] = "";
	char field[TB_NAME_SIZE];
	size_t length = strlen(pattern);

	if (length > 0 && pattern[length - 1] == '*') {
		length--;
		if (length < NAME_PREFIX_MIN)
			return false;
	}
	if (length > TB_NAME_SIZE)
		return false;
	memcpy(name, pattern, length);
	return take_interface(field, name);
}

static void refuse_name(struct network_file *file, unsigned int line, const char *word)
{
	if (strchr(word, ',') != NULL)
		network_file_error(file, line, "Names=%s: names are separated by blanks, without commas", word);
	else
		network_file_error(file, line,
				   "Names=%s: a name is " NAME_RULE "; or the first two or more of it and *", word);
}

static void set_names(struct network_file *file, unsigned int line, const char *value)
{
	struct network *network = &file->network;
	char list[INI_LINE_MAX + 1];
	char *rest = NULL;

	snprintf(list, sizeof(list), "%s", value);
	if (list[0] == '\0')
		network_file_error(file, line, "Names= is empty; leave it out if the broker is to choose every name");
	for (char *word = strtok_r(list, BLANKS, &rest); word != NULL; word = strtok_r(NULL, BLANKS, &rest)) {
		if (!pattern_valid(word)) {
			refuse_name(file, line, word);
		} else if (network->names_count == NETWORK_NAMES_MAX) {
			network_file_error(file, line, "Names=%s: there are more than %d names", word,
					   NETWORK_NAMES_MAX);
			return;
		} else {
			memcpy(network->names[network->names_count], word, strlen(word) + 1);
			file->names_lines[network->names_count++] = line;
		}
	}
}

static void set_number(struct network_file *file, unsigned int line, const char *key, const char *value, uint32_t least,
		       uint32_t most, uint32_t *number)
{
	size_t digits = strspn(value, "0123456789");
	uint64_t read;

	if (tb_number_read(value, least, most, &read) < 0)
		network_file_error(file, line, "%s=%s: it is a decimal number from %u to %u%s", key, value, least, most,
				   digits > 0 && isalpha((unsigned char)value[digits]) ? ", without a unit" : "");
	else
		*number = (uint32_t)read;
}

static void set_mtu(struct network_file *file, unsigned int line, const char *value)
{
	set_number(file, line, "MTU", value, TB_MTU_MIN, TB_MTU_MAX, &file->network.mtu);
}

static void set_queues(struct network_file *file, unsigned int line, const char *value)
{
	set_number(file, line, "Queues", value, 1, TB_QUEUES_MAX, &file->network.queues);
}

static void set_max_per_user(struct network_file *file, unsigned int line, const char *value)
{
	set_number(file, line, "MaxPerUser", value, 1, COUNT_MAX, &file->network.max_per_user);
}

static void set_max(struct network_file *file, unsigned int line, const char *value)
{
	set_number(file, line, "Max", value, 1, COUNT_MAX, &file->network.max);
}

/* A number of seconds, or of one unit of those that systemd.time(7) has. */
static void set_max_lease_time(struct network_file *file, unsigned int line, const char *value)
{
	static const struct {
		const char *name;
		uint32_t seconds;
	} units[] = {{"", 1}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 24 * 3600}};
	size_t digits = strspn(value, "0123456789");
	char number[sizeof("4294967295")] = "";
	uint64_t read;

	if (strcmp(value, "infinity") == 0) /* the default */
		return;
	if (digits < sizeof(number))
		memcpy(number, value, digits);
	for (size_t i = 0; i < COUNT(units); i++) {
		if (strcmp(value + digits, units[i].name) != 0)
			continue;
		if (tb_number_read(number, 1, LEASE_TIME_MAX / units[i].seconds, &read) < 0)
			break;
		file->network.max_lease_time = (uint32_t)read * units[i].seconds;
		return;
	}
	network_file_error(
		file, line,
		"MaxLeaseTimeSec=%s: it is a number of seconds, or one with a unit as 90s, 30min, 8h or 7d, from 1s to 3650d; or infinity",
		value);
}

static void set_bool(struct network_file *file, unsigned int line, const char *key, const char *value, bool *boolean)
{
	static const char *const words[][2] = {{"no", "yes"}, {"false", "true"}, {"off", "on"}, {"0", "1"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (int word = 0; word < 2; word++) {
			if (strcasecmp(value, words[i][word]) == 0) {
				*boolean = word == 1;
				return;
			}
		}
	}
	network_file_error(file, line, "%s=%s: it is yes or no (or true, false, on, off, 1, 0)", key, value);
}

static void set_vnet_header(struct network_file *file, unsigned int line, const char *value)
{
	set_bool(file, line, "VnetHeader", value, &file->network.vnet_hdr);
}

static void set_vhost(struct network_file *file, unsigned int line, const char *value)
{
	set_bool(file, line, "Vhost", value, &file->network.vhost);
}

static void set_direct(struct network_file *file, unsigned int line, const char *value)
{
	set_bool(file, line, "Direct", value, &file->network.direct);
}

static void set_isolated(struct network_file *file, unsigned int line, const char *value)
{
	set_bool(file, line, "Isolated", value, &file->network.isolated);
}

static void set_host_replies(struct network_file *file, unsigned int line, const char *value)
{
	set_bool(file, line, "HostReplies", value, &file->network.host_replies);
}

static void set_all_multicast(struct network_file *file, unsigned int line, const char *value)
{
	set_bool(file, line, "AllMulticast", value, &file->network.all_multicast);
}

/* yes takes the lock off. */
static void set_unlocked(struct network_file *file, unsigned int line, const char *key, const char *value,
			 enum network_lock lock)
{
	bool unlocked = (file->network.locks & (uint32_t)lock) == 0;

	set_bool(file, line, key, value, &unlocked);
	file->network.locks = unlocked ? file->network.locks & ~(uint32_t)lock : file->network.locks | (uint32_t)lock;
}

static void set_tagged_frames(struct network_file *file, unsigned int line, const char *value)
{
	set_unlocked(file, line, "TaggedFrames", value, LOCK_TAG);
}

static void set_router_advertisements(struct network_file *file, unsigned int line, const char *value)
{
	set_unlocked(file, line, "RouterAdvertisements", value, LOCK_ROUTER);
}

static void set_dhcp_server(struct network_file *file, unsigned int line, const char *value)
{
	set_unlocked(file, line, "DHCPServer", value, LOCK_DHCP);
}

static void set_rate_from_guest(struct network_file *file, unsigned int line, const char *value)
{
	set_number(file, line, "RateFromGuest", value, 1, RATE_MAX, &file->network.rate_from_guest);
}

static void set_listed(struct network_file *file, unsigned int line, const char *value)
{
	set_bool(file, line, "Listed", value, &file->network.listed);
}

static void set_dhcp(struct network_file *file, unsigned int line, const char *value)
{
	set_bool(file, line, "DHCP", value, &file->network.dhcp);
}

static void set_dns(struct network_file *file, unsigned int line, const char *value)
{
	set_bool(file, line, "DNS", value, &file->network.dns);
}

static void set_ra(struct network_file *file, unsigned int line, const char *value)
{
	set_bool(file, line, "RA", value, &file->network.ra);
}

static void set_ipv6(struct network_file *file, unsigned int line, const char *value)
{
	static const char *const words[] = {"no-ra", "disabled"};
	size_t found = network_find_word(file, line, "IPv6", value, "it is disabled or no-ra", words, COUNT(words));

	if (found < COUNT(words))
		file->network.ipv6_disabled = found == 1;
}

/* A list of words, separated by blanks: sets bit N for words[N]. */
static void set_bits(struct network_file *file, unsigned int line, const char *key, const char *value, const char *rule,
		     const char *const words[], size_t count, uint32_t *bits)
{
	char list[INI_LINE_MAX + 1];
	char *rest = NULL;

	snprintf(list, sizeof(list), "%s", value);
	for (char *word = strtok_r(list, BLANKS, &rest); word != NULL; word = strtok_r(NULL, BLANKS, &rest)) {
		size_t found = network_find_word(file, line, key, word, rule, words, count);

		if (found < count)
			*bits |= 1u << found;
	}
	if (list[0] == '\0')
		network_file_error(file, line, "%s= is empty; leave it out for the default", key);
}

static void set_lifetimes(struct network_file *file, unsigned int line, const char *value)
{
	const char *words[TB_LIFETIME_COUNT];

	for (int lifetime = 0; lifetime < TB_LIFETIME_COUNT; lifetime++)
		words[lifetime] = tb_lifetime_word((uint32_t)lifetime);
	set_bits(file, line, "Lifetimes", value, "they are session, fd and persistent", words, COUNT(words),
		 &file->network.lifetimes);
}

static void set_netns(struct network_file *file, unsigned int line, const char *value)
{
	set_bits(file, line, "Netns", value, "they are host and caller", network_netns_words, NETNS_COUNT,
		 &file->network.netns);
}

static void set_default_route(struct network_file *file, unsigned int line, const char *value)
{
	set_bool(file, line, "DefaultRoute", value, &file->network.default_route);
}

static void set_kill_switch(struct network_file *file, unsigned int line, const char *value)
{
	set_bool(file, line, "KillSwitch", value, &file->network.kill_switch);
}

static void set_scope(struct network_file *file, unsigned int line, const char *value)
{
	static const enum tb_scope scopes[] = {TB_SCOPE_USER, TB_SCOPE_HOST};
	const char *words[COUNT(scopes)];
	size_t found;

	for (size_t i = 0; i < COUNT(scopes); i++)
		words[i] = tb_scope_word(scopes[i]);
	found = network_find_word(file, line, "Scope", value, "it is user or host", words, COUNT(words));
	if (found < COUNT(scopes))
		file->network.scope = scopes[found];
}

static const struct key keys[KEY_COUNT] = {
	[KEY_ADDRESS] = {"Address", FOR(TB_KIND_TAP), network_address_set},
	[KEY_ADDRESSES] = {"Addresses", FOR_HOST, network_set_addresses},
	[KEY_ALL_MULTICAST] = {"AllMulticast", FOR(TB_KIND_MACVTAP), set_all_multicast},
	[KEY_ALLOW] = {"Allow", FOR(TB_KIND_TAP), network_allow_set},
	[KEY_BRIDGE] = {"Bridge", FOR(TB_KIND_TAP), set_bridge},
	[KEY_DEFAULT_ROUTE] = {"DefaultRoute", FOR_HOST, set_default_route},
	[KEY_DHCP] = {"DHCP", FOR(TB_KIND_TAP), set_dhcp},
	[KEY_DHCP_SERVER] = {"DHCPServer", FOR_SHARED, set_dhcp_server},
	[KEY_DIRECT] = {"Direct", FOR(TB_KIND_TAP), set_direct},
	[KEY_DNS] = {"DNS", FOR(TB_KIND_TAP), set_dns},
	[KEY_ETHER_TYPES] = {"EtherTypes", FOR_SHARED, network_set_ether_types},
	[KEY_FORWARD] = {"Forward", FOR(TB_KIND_TAP), network_forward_set},
	[KEY_HOST_REPLIES] = {"HostReplies", FOR(TB_KIND_TAP), set_host_replies},
	[KEY_IPV6] = {"IPv6", FOR_ALL, set_ipv6},
	[KEY_ISOLATED] = {"Isolated", FOR(TB_KIND_TAP), set_isolated},
	[KEY_KILL_SWITCH] = {"KillSwitch", FOR_HOST, set_kill_switch},
	[KEY_KIND] = {"Kind", FOR_ALL, set_kind},
	[KEY_LIFETIMES] = {"Lifetimes", FOR_ALL, set_lifetimes},
	[KEY_LISTED] = {"Listed", FOR_ALL, set_listed},
	[KEY_MACS] = {"MACs", FOR_SHARED, network_set_macs},
	[KEY_MASQUERADE] = {"Masquerade", FOR(TB_KIND_TAP), network_masquerade_set},
	[KEY_MAX] = {"Max", FOR_ALL, set_max},
	[KEY_MAX_LEASE_TIME] = {"MaxLeaseTimeSec", FOR_ALL, set_max_lease_time},
	[KEY_MAX_PER_USER] = {"MaxPerUser", FOR_ALL, set_max_per_user},
	[KEY_MODE] = {"Mode", FOR(TB_KIND_MACVTAP), set_mode},
	[KEY_MTU] = {"MTU", FOR_ALL, set_mtu},
	[KEY_NAMES] = {"Names", FOR_ALL, set_names},
	[KEY_NETNS] = {"Netns", FOR_ALL, set_netns},
	[KEY_PARENT] = {"Parent", FOR(TB_KIND_MACVTAP), set_parent},
	[KEY_QUEUES] = {"Queues", FOR_ALL, set_queues},
	[KEY_RATE_FROM_GUEST] = {"RateFromGuest", FOR_SHARED, set_rate_from_guest},
	[KEY_RA] = {"RA", FOR(TB_KIND_TAP), set_ra},
	[KEY_REACH] = {"Reach", FOR(TB_KIND_TAP), network_reach_set},
	[KEY_ROUTER_ADVERTISEMENTS] = {"RouterAdvertisements", FOR_SHARED, set_router_advertisements},
	[KEY_ROUTES] = {"Routes", FOR_HOST, network_set_routes},
	[KEY_SCOPE] = {"Scope", FOR_HOST, set_scope},
	[KEY_SOURCE_ADDRESSES] = {"SourceAddresses", FOR_SHARED, network_set_source_addresses},
	[KEY_TAGGED_FRAMES] = {"TaggedFrames", FOR(TB_KIND_TAP), set_tagged_frames},
	[KEY_VHOST] = {"Vhost", FOR_SHARED, set_vhost},
	[KEY_VNET_HEADER] = {"VnetHeader", FOR_ALL, set_vnet_header},
};

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
	       key == KEY_SOURCE_ADDRESSES;
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
	keys[key].set(file, line, value);
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

/* Keys that say nothing about a device of this kind. */
static void check_kind(struct network_file *file)
{
	const struct network *network = &file->network;

	for (int key = 0; key < KEY_COUNT; key++)
		if (file->lines[key] != 0 && (keys[key].kinds & FOR(network->kind)) == 0)
			network_file_error(file, file->lines[key], "%s= is for Kind=%s only, and this is a %s",
					   keys[key].name, kinds_word(&keys[key]), tb_kind_word(network->kind));
	if (network->kind == TB_KIND_MACVTAP && file->lines[KEY_PARENT] == 0)
		network_file_error(file, file->section_line,
				   "Parent= is missing; a macvtap needs the interface that it is on");
	if (network->kind == TB_KIND_TAP && file->lines[KEY_ISOLATED] != 0 && network->bridge[0] == '\0')
		network_file_error(file, file->lines[KEY_ISOLATED],
				   "Isolated= is about a bridge's port; add Bridge= or Address=, or leave it out");
	if (network->kind == TB_KIND_TAP && file->lines[KEY_DIRECT] != 0 && network->bridge[0] == '\0')
		network_file_error(file, file->lines[KEY_DIRECT],
				   "Direct= is about a tap on a bridge; add Bridge= or Address=, or leave it out");
	/* A device by name is opened in the network namespace of whoever opens it. */
	if (network_shielded(network) && (network->lifetimes & 1u << TB_LIFETIME_PERSISTENT) != 0)
		network_file_error(
			file, file->lines[KEY_LIFETIMES],
			"Lifetimes=persistent: with Bridge= a tap is out of reach of programs that open it by name; Direct=yes puts it on the bridge itself, within reach of its holder's and other programs' changes");
	if (file->lines[KEY_HOST_REPLIES] != 0 && network->bridge[0] != '\0')
		network_file_error(
			file, file->lines[KEY_HOST_REPLIES],
			"HostReplies= is for a tap without Bridge=; on a bridge the host answers at the bridge itself");
	if (network->kind == TB_KIND_MACVTAP && (network->lifetimes & 1u << TB_LIFETIME_FD) != 0)
		network_file_error(file, file->lines[KEY_LIFETIMES],
				   "Lifetimes=fd: the kernel keeps a macvtap when its last fd is closed");
	if (network->kind == TB_KIND_TAP && network->mtu > TAP_MTU_MAX)
		network_file_error(file, file->lines[KEY_MTU], "MTU=%u: for a tap it is a decimal number from %u to %u",
				   network->mtu, TB_MTU_MIN, TAP_MTU_MAX);
}

/* Keys about locks say nothing where nobody else is. */
static void check_locks(struct network_file *file)
{
	static const enum network_key about_locks[] = {
		KEY_DHCP_SERVER,           KEY_ETHER_TYPES,      KEY_MACS,          KEY_RATE_FROM_GUEST,
		KEY_ROUTER_ADVERTISEMENTS, KEY_SOURCE_ADDRESSES, KEY_TAGGED_FRAMES,
	};

	for (size_t i = 0; i < COUNT(about_locks) && !network_is_locked(&file->network); i++)
		if (file->lines[about_locks[i]] != 0 && file->network.kind == TB_KIND_TAP)
			network_file_error(
				file, file->lines[about_locks[i]],
				"%s= is about what a bridge's port lets through; add Bridge= or leave it out",
				keys[about_locks[i]].name);
}

/* What would be out of the administrator's reach in another network namespace. */
static void check_netns(struct network_file *file)
{
	const struct network *network = &file->network;
	unsigned int line = file->lines[KEY_NETNS];

	if ((network->netns & 1u << NETNS_CALLER) == 0)
		return;
	if (network->kind == TB_KIND_MACVTAP)
		network_file_error(
			file, line,
			"Netns=caller: a macvtap there would be on the host's Parent=, and its user could move it where nobody can revoke it; only a tun or a tap may be there");
	if (network->bridge[0] != '\0')
		network_file_error(
			file, line,
			"Netns=caller: a port of the bridge in line %u cannot be in another network namespace; make a network of its own, without Bridge= and Address=",
			file->lines[network->own_bridge ? KEY_ADDRESS : KEY_BRIDGE]);
	if (network->netns == 1u << NETNS_CALLER && (network->lifetimes & 1u << TB_LIFETIME_SESSION) == 0)
		network_file_error(file, file->lines[KEY_LIFETIMES],
				   "Lifetimes= must have session: with Netns=caller there is no other");
}

/* A tap with an address of the host's and no bridge is on a bridge of the network's own. */
static void resolve_bridge(struct network_file *file)
{
	struct network *network = &file->network;

	if (network->kind != TB_KIND_TAP || file->lines[KEY_ADDRESS] == 0)
		return;
	if (file->lines[KEY_BRIDGE] != 0) {
		network_file_error(
			file, file->lines[KEY_ADDRESS],
			"Address= is for a network with a bridge of its own; the bridge in line %u has the addresses that its administrator gave it: leave Address= or Bridge= out",
			file->lines[KEY_BRIDGE]);
		return;
	}
	network->own_bridge = true;
	network_bridge_name(network->name, network->bridge);
}

static void check_counts(struct network_file *file)
{
	struct network *network = &file->network;

	if (network->kind == TB_KIND_MACVTAP && network->mode == TB_MODE_PASSTHRU) {
		if (file->lines[KEY_MAX] != 0 && network->max > 1)
			network_file_error(file, file->lines[KEY_MAX],
					   "Max=%u: a passthru parent has room for 1 device", network->max);
		network->max = 1;
	}
	if (file->lines[KEY_MAX_PER_USER] == 0 && network->max_per_user > network->max)
		network->max_per_user = network->max;
	if (network->max_per_user > network->max)
		network_file_error(file, file->lines[KEY_MAX_PER_USER], "MaxPerUser=%u is more than Max=%u",
				   network->max_per_user, network->max);
}

/* Who is refused is told by which line. */
static void note_lines(struct network_file *file)
{
	static const struct {
		enum network_key key;
		enum tb_check check; /* that compares with it */
	} compared[] = {
		{KEY_KIND, TB_CHECK_KIND},
		{KEY_NAMES, TB_CHECK_NAME},
		{KEY_MTU, TB_CHECK_MTU},
		{KEY_QUEUES, TB_CHECK_QUEUES},
		{KEY_VHOST, TB_CHECK_VHOST},
		{KEY_NETNS, TB_CHECK_NETNS},
		{KEY_VNET_HEADER, TB_CHECK_VNET_HDR},
		{KEY_LIFETIMES, TB_CHECK_LIFETIME},
		{KEY_MAX, TB_CHECK_MAX},
		{KEY_MAX_PER_USER, TB_CHECK_MAX_PER_USER},
	};

	for (size_t i = 0; i < COUNT(compared); i++)
		file->network.lines[compared[i].check] = (uint16_t)file->lines[compared[i].key];
}

void network_keys_finish(struct network_file *file)
{
	struct network *network = &file->network;

	if (file->lines[KEY_KIND] == 0)
		network_file_error(file, file->section_line, "Kind= is missing; it is tap, tun or macvtap");
	if (network->kind == TB_KIND_ANY) /* missing or refused: what follows depends on it */
		return;
	note_lines(file);
	resolve_bridge(file);
	check_kind(file);
	network_routing_finish(file);
	check_locks(file);
	check_counts(file);
	if (network->kind != TB_KIND_MACVTAP)
		network->mode = TB_MODE_NONE;
	if (file->lines[KEY_LIFETIMES] == 0)
		network->lifetimes =
			1u << TB_LIFETIME_SESSION | (network->kind == TB_KIND_MACVTAP ? 0 : 1u << TB_LIFETIME_FD);
	if (file->lines[KEY_NETNS] == 0)
		network->netns = 1u << NETNS_HOST;
	check_netns(file);
	if (network->bridge[0] == '\0')
		network->isolated = false;
	if (network->kind != TB_KIND_MACVTAP)
		network->all_multicast = false;
	if (file->lines[KEY_VNET_HEADER] == 0)
		network->vnet_hdr = network->kind != TB_KIND_TUN;
	network_tunnel_finish(file);
	if (network->vhost && !network->vnet_hdr && network->kind != TB_KIND_TUN)
		network_file_error(file, file->lines[KEY_VHOST],
				   "Vhost=yes: vhost-net needs the header that VnetHeader=no forbids");
}
