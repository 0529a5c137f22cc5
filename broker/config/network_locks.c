/* The keys about what a device's holder may send: their values, defaults, and how they are shown. Runs in tapbrokerd
 * before lock-down, as root, on the text of root's files. It must never let a value through that a lock cannot hold.
 */
#include "broker/config/network_file.h"

#include "broker/config/network.h"
#include "proto/prefix.h"
#include "proto/suggest.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAC_RULE \
	"an address of six hexadecimal bytes with ':' between, of one machine; or the first one or more of them and *"
#define TYPE_RULE "they are arp, ipv4, ipv6, rarp, or numbers from 0x0600 to 0xffff; or any"

#define ANY "any"

/* EtherTypes that have a name. The first ones are allowed by default. */
#define DEFAULT_TYPES 3
#define TYPES 4
static const struct {
	const char *word;
	uint16_t type;
} types[TYPES] = {{"arp", 0x0806}, {"ipv4", 0x0800}, {"ipv6", 0x86dd}, {"rarp", 0x8035}};

static struct prefix prefix_of_type(uint16_t type)
{
	return (struct prefix){16, {(uint8_t)(type >> 8), (uint8_t)type}};
}

static void take_default_types(struct network *network)
{
	network->ether_types.count = 0;
	for (size_t i = 0; i < DEFAULT_TYPES; i++)
		network->ether_types.items[network->ether_types.count++] = prefix_of_type(types[i].type);
}

void network_default_locks(struct network *network)
{
	network->locks = LOCKS_DEFAULT;
	take_default_types(network);
}

/* Adds what the word says to the list that it belongs to; NULL: it cannot be read. */
typedef struct prefix_list *(*take_word)(struct network *network, const char *word, struct prefix *prefix);

struct list_key {
	const char *key;
	const char *rule;
	const char *(*wrong)(const char *word); /* in place of a rule */
	take_word take;
	const char *words[TYPES]; /* that may stand in it, for who misspells one */
};

static void refuse_word(struct network_file *file, unsigned int line, const struct list_key *key, const char *word)
{
	size_t count = 0;
	const char *meant;

	while (count < TYPES && key->words[count] != NULL)
		count++;
	meant = tb_suggest(word, key->words, count);
	if (strcmp(word, ANY) == 0)
		network_file_error(file, line, "%s=" ANY " stands alone, without further words", key->key);
	else
		network_file_error(file, line, "%s=%s: %s%s%s%s", key->key, word,
				   key->wrong != NULL ? key->wrong(word) : key->rule,
				   meant != NULL ? "; did you mean " : "", meant != NULL ? meant : "",
				   meant != NULL ? "?" : "");
}

static void take_list(struct network_file *file, unsigned int line, const struct list_key *key, const char *value)
{
	struct network_words words;

	network_words_begin(&words, file, line, key->key, value);
	for (const char *word = network_words_next(&words); word != NULL; word = network_words_next(&words)) {
		struct prefix prefix = {.bits = 0};
		struct prefix_list *list = key->take(&file->network, word, &prefix);

		if (list == NULL) {
			refuse_word(file, line, key, word);
		} else if (list->count == LOCK_LIST_MAX) {
			network_file_error(file, line, "%s=%s: there are more than %d", key->key, word, LOCK_LIST_MAX);
			return;
		} else {
			list->items[list->count++] = prefix;
		}
	}
}

static struct prefix_list *take_mac(struct network *network, const char *word, struct prefix *prefix)
{
	for (size_t i = 0; i < TB_MAC_SIZE; i++, word += 3) {
		char digits[3] = {word[0], word[0] != '\0' ? word[1] : '\0', '\0'};

		if (strcmp(word, "*") == 0 && i > 0)
			break;
		if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1]) ||
		    word[2] != (i + 1 < TB_MAC_SIZE ? ':' : '\0'))
			return NULL;
		prefix->bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
		prefix->bits = (uint8_t)(prefix->bits + 8);
	}
	return (prefix->bytes[0] & 1) == 0 ? &network->macs : NULL;
}

void network_set_macs(struct network_file *file, unsigned int line, const char *value)
{
	static const struct list_key key = {.key = "MACs", .rule = MAC_RULE, .take = take_mac};

	if (strcmp(value, ANY) == 0)
		file->network.locks &= ~(uint32_t)LOCK_MAC;
	else
		take_list(file, line, &key, value);
}

static struct prefix_list *take_ether_type(struct network *network, const char *word, struct prefix *prefix)
{
	unsigned long number = 0;
	char *end = NULL;

	for (size_t i = 0; i < TYPES; i++)
		if (strcmp(word, types[i].word) == 0)
			number = types[i].type;
	if (number == 0 && strncmp(word, "0x", 2) == 0 && isxdigit((unsigned char)word[2]) && strlen(word) <= 6) {
		number = strtoul(word, &end, 16);
		if (*end != '\0')
			return NULL;
	}
	*prefix = prefix_of_type((uint16_t)number);
	return number >= 0x600 ? &network->ether_types : NULL;
}

void network_set_ether_types(struct network_file *file, unsigned int line, const char *value)
{
	struct list_key key = {.key = "EtherTypes", .rule = TYPE_RULE, .take = take_ether_type};

	for (size_t i = 0; i < TYPES; i++)
		key.words[i] = types[i].word;
	file->network.ether_types.count = 0;
	if (strcmp(value, ANY) == 0)
		file->network.locks &= ~(uint32_t)LOCK_TYPE;
	else
		take_list(file, line, &key, value);
}

static struct prefix_list *take_source(struct network *network, const char *word, struct prefix *prefix)
{
	struct tb_prefix read;

	if (network_take_prefix(word, &read) != NULL)
		return NULL;
	prefix->bits = read.length;
	memcpy(prefix->bytes, read.address, sizeof(prefix->bytes));
	return read.family == 6 ? &network->sources6 : &network->sources4;
}

/* What is wrong with a word that was refused. */
static const char *source_wrong(const char *word)
{
	struct tb_prefix read;

	return network_take_prefix(word, &read);
}

void network_set_source_addresses(struct network_file *file, unsigned int line, const char *value)
{
	static const struct list_key key = {.key = "SourceAddresses",
					    .wrong = source_wrong,
					    .take = take_source,
					    .words = {ANY}};
	struct network *network = &file->network;
	bool any = strcmp(value, ANY) == 0;

	if (any ? (network->locks & (LOCK_IPV4 | LOCK_IPV6)) != 0 : file->any_source)
		network_file_error(file, line, "SourceAddresses=%s: " ANY " stands alone, without further lines",
				   value);
	file->any_source |= any;
	if (any)
		return;
	network->locks |= LOCK_IPV4 | LOCK_IPV6;
	take_list(file, line, &key, value);
}

/* On its way out of the bridge a frame loses one tag, and what stands behind it is the next switch's to believe. */
void network_vlan_finish(struct network_file *file)
{
	const struct network *network = &file->network;
	unsigned int line = file->lines[KEY_VLAN];

	if (line == 0)
		return;
	if (network->own_bridge)
		network_file_error(
			file, line,
			"VLAN= is for a Bridge= that filters VLANs; the bridge that Address= asks for is a network by itself");
	if ((network->locks & LOCK_TAG) == 0)
		network_file_error(
			file, line,
			"VLAN=%u with TaggedFrames=yes in line %u: a guest would leave its VLAN with a second tag; leave one of them out",
			network->vlan, file->lines[KEY_TAGGED_FRAMES]);
}

static void print_list(const char *key, const struct prefix_list *list, FILE *out,
		       void (*print)(const struct prefix *prefix, FILE *out))
{
	for (uint32_t i = 0; i < list->count; i++) {
		fprintf(out, "%s", i == 0 ? key : " ");
		print(&list->items[i], out);
		fprintf(out, "%s", i + 1 == list->count ? "\n" : "");
	}
}

static void print_mac(const struct prefix *prefix, FILE *out)
{
	for (int i = 0; i < prefix->bits / 8; i++)
		fprintf(out, "%s%02x", i == 0 ? "" : ":", prefix->bytes[i]);
	fprintf(out, "%s", prefix->bits < 8 * TB_MAC_SIZE ? ":*" : "");
}

static void print_type(const struct prefix *prefix, FILE *out)
{
	uint16_t type = (uint16_t)(prefix->bytes[0] << 8 | prefix->bytes[1]);

	for (size_t i = 0; i < TYPES; i++) {
		if (types[i].type == type) {
			fprintf(out, "%s", types[i].word);
			return;
		}
	}
	fprintf(out, "0x%04x", type);
}

/* One a line: all of them, as they are written here, can be longer than a line may be. */
static void print_sources(int family, const struct prefix_list *list, FILE *out)
{
	char text[INET6_ADDRSTRLEN];

	for (uint32_t i = 0; i < list->count; i++)
		fprintf(out, "SourceAddresses=%s/%u\n", inet_ntop(family, list->items[i].bytes, text, sizeof(text)),
			list->items[i].bits);
}

static const char *yes_unless(const struct network *network, enum network_lock lock)
{
	return (network->locks & (uint32_t)lock) != 0 ? "no" : "yes";
}

void network_print_locks(const struct network *network, FILE *out)
{
	if ((network->locks & LOCK_MAC) == 0)
		fprintf(out, "MACs=any\n");
	print_list("MACs=", &network->macs, out, print_mac);
	if ((network->locks & LOCK_TYPE) == 0)
		fprintf(out, "EtherTypes=any\n");
	print_list("EtherTypes=", &network->ether_types, out, print_type);
	if (network->kind == TB_KIND_TAP)
		fprintf(out, "TaggedFrames=%s\n", yes_unless(network, LOCK_TAG));
	fprintf(out, "RouterAdvertisements=%s\nDHCPServer=%s\n", yes_unless(network, LOCK_ROUTER),
		yes_unless(network, LOCK_DHCP));
	if (network->vlan != 0)
		fprintf(out, "VLAN=%u\n", network->vlan);
	print_sources(AF_INET, &network->sources4, out);
	print_sources(AF_INET6, &network->sources6, out);
	if (network->own_bridge && (network->locks & (LOCK_IPV4 | LOCK_IPV6)) == 0)
		fprintf(out, "SourceAddresses=any\n");
	if (network->rate_from_guest != 0)
		fprintf(out, "RateFromGuest=%u\n", network->rate_from_guest);
	if (network->rate_to_guest != 0)
		fprintf(out, "RateToGuest=%u\n", network->rate_to_guest);
}
