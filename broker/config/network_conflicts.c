/* What two networks may not have in common. Runs in tapbrokerd before lock-down, as root, on networks that were read.
 *
 * Rules of the host's firewall and of polkit go by interface names: a name must tell the network.
 */
#include "broker/config/network_file.h"

#include "proto/name.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

/* How the broker chooses a name: so much of the network's, '-', and hexadecimal digits. */
#define CHOSEN_PREFIX 8
#define CHOSEN_DIGITS 6

/* True if some interface name fits both patterns. */
static bool patterns_meet(const char *a, const char *b)
{
	size_t a_prefix = strcspn(a, "*");
	size_t b_prefix = strcspn(b, "*");

	if (a[a_prefix] == '\0')
		return tb_name_matches(a, b);
	if (b[b_prefix] == '\0')
		return tb_name_matches(b, a);
	return strncmp(a, b, a_prefix < b_prefix ? a_prefix : b_prefix) == 0;
}

/* True if the pattern fits a name that the broker could choose for the network. */
static bool meets_chosen(const char *pattern, const struct network *network)
{
	size_t prefix = strnlen(network->name, CHOSEN_PREFIX);
	size_t length = strcspn(pattern, "*");
	bool open = pattern[length] == '*';

	if (length > prefix + 1 + CHOSEN_DIGITS || (!open && length < prefix + 1 + CHOSEN_DIGITS))
		return false;
	if (strncmp(pattern, network->name, length < prefix ? length : prefix) != 0)
		return false;
	if (length > prefix && pattern[prefix] != '-')
		return false;
	for (size_t i = prefix + 1; i < length; i++)
		if (!isdigit((unsigned char)pattern[i]) && (pattern[i] < 'a' || pattern[i] > 'f'))
			return false;
	return true;
}

/* The key that says the names of the network's devices. */
static const char *names_word(const struct network_file *file)
{
	return file->lines[KEY_DEVICE] != 0 ? "Device" : "Names";
}

static void check_names(struct network_file *file, const struct network_file *other)
{
	for (size_t i = 0; i < file->network.names_count; i++)
		for (size_t j = 0; j < other->network.names_count; j++)
			if (patterns_meet(file->network.names[i], other->network.names[j]))
				network_file_error(file, file->names_lines[i],
						   "%s=%s and %s=%s of %s:%u can be the same interface; change one",
						   names_word(file), file->network.names[i], names_word(other),
						   other->network.names[j], other->path, other->names_lines[j]);
}

static void check_chosen(struct network_file *file, const struct network_file *other)
{
	const struct network *network = &file->network;

	if (strncmp(network->name, other->network.name, CHOSEN_PREFIX) == 0)
		network_file_error(file, 0,
				   "the broker would call its devices %.*s-XXXXXX, and those of %s too; rename one",
				   CHOSEN_PREFIX, network->name, other->path);
	for (size_t i = 0; i < network->names_count; i++)
		if (meets_chosen(network->names[i], &other->network))
			network_file_error(
				file, file->names_lines[i],
				"%s=%s can be a name that the broker chooses for a device of %s: %.*s-XXXXXX; change one",
				names_word(file), network->names[i], other->path, CHOSEN_PREFIX, other->network.name);
	for (size_t i = 0; i < other->network.names_count; i++)
		if (meets_chosen(other->network.names[i], network))
			network_file_error(
				file, 0,
				"the broker would call its devices %.*s-XXXXXX, which can be %s=%s of %s:%u; rename one",
				CHOSEN_PREFIX, network->name, names_word(other), other->network.names[i], other->path,
				other->names_lines[i]);
}

/* The interface of the administrator's that the network is on: the key, its line, and the name, or "". */
static const char *lower_of(const struct network_file *file, const char **key, unsigned int *line)
{
	if (file->network.kind == TB_KIND_MACVTAP) {
		*key = "Parent";
		*line = file->lines[KEY_PARENT];
		return file->network.parent;
	}
	*key = "Bridge";
	*line = file->lines[file->network.own_bridge ? KEY_ADDRESS : KEY_BRIDGE];
	return file->network.bridge;
}

static void refuse_names(struct network_file *file, const struct network_file *other, const char *interface,
			 const char *key, unsigned int line)
{
	for (size_t i = 0; i < file->network.names_count; i++)
		if (interface[0] != '\0' && tb_name_matches(interface, file->network.names[i]))
			network_file_error(file, file->names_lines[i],
					   "%s=%s: a client could take the name of %s=%s of %s:%u; change one",
					   names_word(file), file->network.names[i], key, interface, other->path, line);
}

/* A client that may ask for the name of a bridge or parent could make that interface while the real one is missing. */
static void check_lower(struct network_file *file, const struct network_file *other)
{
	unsigned int line;
	const char *key;
	const char *lower = lower_of(other, &key, &line);

	refuse_names(file, other, lower, key, line);
	refuse_names(file, other, other->network.host_interface, "HostInterface", other->lines[KEY_HOST_INTERFACE]);
}

/* A passthru macvtap takes its parent whole. */
static void check_passthru(struct network_file *file, const struct network_file *other)
{
	unsigned int line, other_line;
	const char *key, *other_key;
	const char *lower = lower_of(file, &key, &line);
	const char *other_lower = lower_of(other, &other_key, &other_line);
	bool whole = file->network.mode == TB_MODE_PASSTHRU || other->network.mode == TB_MODE_PASSTHRU;

	if (whole && lower[0] != '\0' && strcmp(lower, other_lower) == 0)
		network_file_error(file, line,
				   "%s=%s: Mode=passthru needs it alone, but %s=%s of %s:%u uses it too; change one",
				   key, lower, other_key, other_lower, other->path, other_line);
}

static bool prefixes_meet(const uint8_t *a, uint8_t a_bits, const uint8_t *b, uint8_t b_bits)
{
	uint8_t bits = a_bits < b_bits ? a_bits : b_bits;

	for (uint8_t bit = 0; bit < bits; bit++)
		if (((a[bit / 8] ^ b[bit / 8]) & 0x80 >> bit % 8) != 0)
			return false;
	return a_bits != 0 && b_bits != 0;
}

/* The key that gives the host its addresses there. */
static enum network_key address_key(const struct network_file *file)
{
	return file->network.kind == TB_KIND_MACVTAP ? KEY_HOST_INTERFACE : KEY_ADDRESS;
}

static const char *address_word(const struct network_file *file)
{
	return file->network.kind == TB_KIND_MACVTAP ? "HostInterface" : "Address";
}

/* Two networks of the host's with the same addresses: packets would go to one of them. */
static void check_addresses(struct network_file *file, const struct network_file *other)
{
	const struct network *a = &file->network;
	const struct network *b = &other->network;
	uint32_t ipv4[2] = {htonl(a->ipv4.address), htonl(b->ipv4.address)};

	if (prefixes_meet((uint8_t *)&ipv4[0], a->ipv4.prefix, (uint8_t *)&ipv4[1], b->ipv4.prefix) ||
	    prefixes_meet(a->ipv6.address, a->ipv6.prefix, b->ipv6.address, b->ipv6.prefix))
		network_file_error(file, file->lines[address_key(file)], "%s= overlaps %s= of %s:%u; change one%s",
				   address_word(file), address_word(other), other->path,
				   other->lines[address_key(other)],
				   file->network.own_bridge ? ", or say Address=auto" : "");
}

static bool lists_meet(const struct prefix_list *a, const struct prefix_list *b)
{
	for (uint32_t i = 0; i < a->count; i++)
		for (uint32_t j = 0; j < b->count; j++)
			if (prefixes_meet(a->items[i].bytes, a->items[i].bits, b->items[j].bytes, b->items[j].bits))
				return true;
	return false;
}

/* The host leads the same addresses to one interface only. */
static void check_led_twice(struct network_file *file, const struct network_file *other)
{
	const struct network *a = &file->network;
	const struct network *b = &other->network;

	if (a->host_interface[0] != '\0' && b->host_interface[0] != '\0' &&
	    (lists_meet(&a->sources4, &b->sources4) || lists_meet(&a->sources6, &b->sources6)))
		network_file_error(
			file, file->lines[KEY_SOURCE_ADDRESSES],
			"SourceAddresses= overlaps SourceAddresses= of %s:%u, and both have HostInterface=: the host can lead them to one of the two; change one",
			other->path, other->lines[KEY_SOURCE_ADDRESSES]);
}

/* A port of the host leads to one guest. */
static void check_published(struct network_file *file, const struct network_file *other)
{
	for (size_t i = 0; i < file->network.publish_count; i++)
		for (size_t j = 0; j < other->network.publish_count; j++)
			if (network_publish_meet(&file->network.publish[i], &other->network.publish[j]))
				network_file_error(
					file, file->publish_lines[i],
					"Publish=%u: this port of the host leads to a guest already, by %s:%u; choose another",
					file->network.publish[i].port, other->path, other->publish_lines[j]);
}

void network_conflicts(struct network_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++)
			if (j == i || files[j].mistakes == 0)
				check_lower(&files[i], &files[j]);
		for (size_t j = 0; j < i; j++) {
			if (files[j].mistakes != 0)
				continue;
			check_names(&files[i], &files[j]);
			check_chosen(&files[i], &files[j]);
			check_passthru(&files[i], &files[j]);
			check_addresses(&files[i], &files[j]);
			check_led_twice(&files[i], &files[j]);
			check_published(&files[i], &files[j]);
		}
	}
}
