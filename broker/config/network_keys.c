/* The keys of a network file: their values, which kind each is for, and how they go together. Runs in the
 * monitor before lock-down, as root, on the text of root's files. It must never let a value through that a later step
 * would have to check again.
 */
#include "broker/config/network_file.h"

#include "proto/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEFAULT_MTU 1500
#define DEFAULT_MAX_PER_USER 4
#define DEFAULT_MAX 64
#define COUNT_MAX 65536   /* the largest Max= */
#define TAP_MTU_MAX 65521 /* the kernel takes the Ethernet header off */
#define NAME_PREFIX_MIN 2 /* characters before '*' */

/* A bit per kind, for the keys that are not for all of them. */
#define FOR(kind) (1u << (kind))
#define FOR_ALL (FOR(TB_KIND_TAP) | FOR(TB_KIND_TUN) | FOR(TB_KIND_MACVTAP))

#define LOWER_RULE "[A-Za-z0-9][A-Za-z0-9_.-]{0,14}, not all or default"
#define NAME_RULE "[a-z][a-z0-9_.-]{0,14}, without \"..\", not all or default"

struct key {
	const char *name;
	unsigned int kinds;
	/* Takes the value or calls network_file_error(). */
	void (*set)(struct network_file *file, unsigned int line, const char *value);
};

static void set_kind(struct network_file *file, unsigned int line, const char *value)
{
	static const enum tb_kind kinds[] = {TB_KIND_TAP, TB_KIND_TUN, TB_KIND_MACVTAP};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(value, kind_word(kinds[i])) == 0)
			file->network.kind = kinds[i];
	if (file->network.kind == TB_KIND_ANY)
		network_file_error(file, line, "Kind=%s: it is tap, tun or macvtap", value);
}

static void set_mode(struct network_file *file, unsigned int line, const char *value)
{
	for (int mode = TB_MODE_BRIDGE; mode <= TB_MODE_PASSTHRU; mode++) {
		if (strcmp(value, mode_word((enum tb_macvtap_mode)mode)) == 0) {
			file->network.mode = (enum tb_macvtap_mode)mode;
			return;
		}
	}
	network_file_error(file, line, "Mode=%s: it is bridge, vepa, private or passthru", value);
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

static void set_names(struct network_file *file, unsigned int line, const char *value)
{
	struct network *network = &file->network;
	char list[NETWORK_LINE_MAX + 1];
	char *rest = NULL;

	snprintf(list, sizeof(list), "%s", value);
	if (list[strspn(list, " \t")] == '\0')
		network_file_error(file, line, "Names= is empty; leave it out if the broker is to choose every name");
	for (char *word = strtok_r(list, " \t", &rest); word != NULL; word = strtok_r(NULL, " \t", &rest)) {
		if (!pattern_valid(word)) {
			network_file_error(file, line,
					   "Names=%s: an interface's name is " NAME_RULE
					   "; or its first two or more characters and *",
					   word);
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
	unsigned long read = 0;

	/* No sign, no blank, no leading zero; strtoul makes too many digits the largest number there is. */
	if (value[0] != '0' && value[strspn(value, "0123456789")] == '\0')
		read = strtoul(value, NULL, 10);
	if (read < least || read > most)
		network_file_error(file, line, "%s=%s: it is a decimal number from %u to %u", key, value, least, most);
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

static void set_isolated(struct network_file *file, unsigned int line, const char *value)
{
	set_bool(file, line, "Isolated", value, &file->network.isolated);
}

static void set_listed(struct network_file *file, unsigned int line, const char *value)
{
	set_bool(file, line, "Listed", value, &file->network.listed);
}

static void set_ipv6(struct network_file *file, unsigned int line, const char *value)
{
	if (strcmp(value, "disabled") == 0)
		file->network.ipv6_disabled = true;
	else if (strcmp(value, "no-ra") == 0)
		file->network.ipv6_disabled = false;
	else
		network_file_error(file, line, "IPv6=%s: it is disabled or no-ra", value);
}

static void set_lifetimes(struct network_file *file, unsigned int line, const char *value)
{
	char list[NETWORK_LINE_MAX + 1];
	char *rest = NULL;

	snprintf(list, sizeof(list), "%s", value);
	for (char *word = strtok_r(list, " \t", &rest); word != NULL; word = strtok_r(NULL, " \t", &rest)) {
		enum tb_lifetime lifetime = 0;

		while (lifetime < TB_LIFETIME_COUNT && strcmp(word, lifetime_word(lifetime)) != 0)
			lifetime++;
		if (lifetime == TB_LIFETIME_COUNT)
			network_file_error(file, line, "Lifetimes=%s: they are session, fd and persistent", word);
		else
			file->network.lifetimes |= 1u << lifetime;
	}
	if (file->network.lifetimes == 0)
		network_file_error(file, line, "Lifetimes= names no lifetime; leave it out for the usual ones");
}

static void set_netns(struct network_file *file, unsigned int line, const char *value)
{
	static const char *const words[NETNS_COUNT] = {[NETNS_HOST] = "host", [NETNS_CALLER] = "caller"};
	char list[NETWORK_LINE_MAX + 1];
	char *rest = NULL;

	snprintf(list, sizeof(list), "%s", value);
	for (char *word = strtok_r(list, " \t", &rest); word != NULL; word = strtok_r(NULL, " \t", &rest)) {
		int netns = 0;

		while (netns < NETNS_COUNT && strcmp(word, words[netns]) != 0)
			netns++;
		if (netns == NETNS_COUNT)
			network_file_error(file, line, "Netns=%s: they are host and caller", word);
		else
			file->network.netns |= 1u << netns;
	}
	if (file->network.netns == 0)
		network_file_error(file, line, "Netns= names no network namespace; leave it out for that of the host");
}

static const struct key keys[KEY_COUNT] = {
	[KEY_KIND] = {"Kind", FOR_ALL, set_kind},
	[KEY_BRIDGE] = {"Bridge", FOR(TB_KIND_TAP), set_bridge},
	[KEY_PARENT] = {"Parent", FOR(TB_KIND_MACVTAP), set_parent},
	[KEY_MODE] = {"Mode", FOR(TB_KIND_MACVTAP), set_mode},
	[KEY_NAMES] = {"Names", FOR_ALL, set_names},
	[KEY_MTU] = {"MTU", FOR_ALL, set_mtu},
	[KEY_QUEUES] = {"Queues", FOR_ALL, set_queues},
	[KEY_VNET_HEADER] = {"VnetHeader", FOR_ALL, set_vnet_header},
	[KEY_MAX_PER_USER] = {"MaxPerUser", FOR_ALL, set_max_per_user},
	[KEY_MAX] = {"Max", FOR_ALL, set_max},
	[KEY_ISOLATED] = {"Isolated", FOR(TB_KIND_TAP), set_isolated},
	[KEY_IPV6] = {"IPv6", FOR_ALL, set_ipv6},
	[KEY_LISTED] = {"Listed", FOR_ALL, set_listed},
	[KEY_LIFETIMES] = {"Lifetimes", FOR_ALL, set_lifetimes},
	[KEY_VHOST] = {"Vhost", FOR(TB_KIND_TAP) | FOR(TB_KIND_MACVTAP), set_vhost},
	[KEY_NETNS] = {"Netns", FOR_ALL, set_netns},
};

void network_defaults(struct network *network)
{
	network->mode = TB_MODE_BRIDGE;
	network->mtu = DEFAULT_MTU;
	network->queues = 1;
	network->max_per_user = DEFAULT_MAX_PER_USER;
	network->max = DEFAULT_MAX;
	network->isolated = true;
	network->ipv6_disabled = true;
	network->listed = true;
}

static void refuse_unknown(struct network_file *file, unsigned int line, const char *name)
{
	char list[256];
	size_t length = 0;

	for (int key = 0; key < KEY_COUNT && length < sizeof(list); key++)
		length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%s", key == 0 ? "" : ", ",
					   keys[key].name);
	network_file_error(file, line, "%s= is no key of [Network]; the keys are %s", name, list);
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
	/* A list may be continued in a further line: 16 names do not fit into one. */
	if (file->lines[key] != 0 && key != KEY_NAMES) {
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
					   keys[key].name, kinds_word(&keys[key]), kind_word(network->kind));
	if (network->kind == TB_KIND_MACVTAP && file->lines[KEY_PARENT] == 0)
		network_file_error(file, file->section_line,
				   "Parent= is missing; a macvtap needs the interface "
				   "that it is on");
	if (network->kind == TB_KIND_TAP && file->lines[KEY_ISOLATED] != 0 && file->lines[KEY_BRIDGE] == 0)
		network_file_error(file, file->lines[KEY_ISOLATED],
				   "Isolated= is about a bridge's port; add Bridge= "
				   "or leave it out");
	if (network->kind == TB_KIND_MACVTAP && (network->lifetimes & 1u << TB_LIFETIME_FD) != 0)
		network_file_error(file, file->lines[KEY_LIFETIMES],
				   "Lifetimes=fd: the kernel keeps a macvtap when its last fd is closed");
	if (network->kind == TB_KIND_TAP && network->mtu > TAP_MTU_MAX)
		network_file_error(file, file->lines[KEY_MTU], "MTU=%u: for a tap it is a decimal number from %u to %u",
				   network->mtu, TB_MTU_MIN, TAP_MTU_MAX);
}

/* What would be out of the administrator's reach in another network namespace. */
static void check_netns(struct network_file *file)
{
	const struct network *network = &file->network;
	unsigned int line = file->lines[KEY_NETNS];

	if ((network->netns & 1u << NETNS_CALLER) == 0)
		return;
	if (network->kind == TB_KIND_MACVTAP)
		network_file_error(file, line,
				   "Netns=caller: a macvtap there would be on the host's Parent=, and its user could "
				   "move "
				   "it where nobody can revoke it; only a tun or a tap may be there");
	if (file->lines[KEY_BRIDGE] != 0)
		network_file_error(file, line,
				   "Netns=caller: a port of the bridge in line %u cannot be in another network "
				   "namespace; make a network of its own, without Bridge=",
				   file->lines[KEY_BRIDGE]);
	if (network->netns == 1u << NETNS_CALLER && (network->lifetimes & 1u << TB_LIFETIME_SESSION) == 0)
		network_file_error(file, file->lines[KEY_LIFETIMES],
				   "Lifetimes= must have session: with Netns=caller there is no other");
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

void network_keys_finish(struct network_file *file)
{
	struct network *network = &file->network;

	if (file->lines[KEY_KIND] == 0)
		network_file_error(file, file->section_line, "Kind= is missing; it is tap, tun or macvtap");
	if (network->kind == TB_KIND_ANY) /* missing or refused: what follows depends on it */
		return;
	check_kind(file);
	check_counts(file);
	if (network->kind != TB_KIND_MACVTAP)
		network->mode = TB_MODE_NONE;
	if (file->lines[KEY_LIFETIMES] == 0)
		network->lifetimes =
			1u << TB_LIFETIME_SESSION | (network->kind == TB_KIND_MACVTAP ? 0 : 1u << TB_LIFETIME_FD);
	if (file->lines[KEY_NETNS] == 0)
		network->netns = 1u << NETNS_HOST;
	check_netns(file);
	if (file->lines[KEY_BRIDGE] == 0)
		network->isolated = false;
	if (file->lines[KEY_VNET_HEADER] == 0)
		network->vnet_hdr = network->kind != TB_KIND_TUN;
	if (network->vhost && !network->vnet_hdr && network->kind != TB_KIND_TUN)
		network_file_error(file, file->lines[KEY_VHOST],
				   "Vhost=yes: vhost-net needs the header that VnetHeader=no forbids");
}
