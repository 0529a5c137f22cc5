/* The key Publish= of a network file: ports of the host that lead to a guest. Runs in tapbrokerd and tapbroker-setup,
 * as root, on the text of root's files. It must never let a port through that leads to a guest whose address is not its
 * own.
 */
#include "broker/config/network_file.h"

#include "proto/number.h"
#include "proto/suggest.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define PORT_MAX 65535

#define PUBLISH_RULE \
	"it is [ADDRESS:]PORT:[NAME:]PORT, the host's and the guest's, and perhaps /tcp or /udp, such as 8080:web:80"

bool network_publish_meet(const struct network_publish *a, const struct network_publish *b)
{
	if (a->udp != b->udp || (a->families & b->families) == 0)
		return false;
	if (a->port >= b->port + b->count || b->port >= a->port + a->count)
		return false;
	return !a->one_address || !b->one_address || memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

/* Cuts the text at the separator and returns what comes before it; *text is what comes behind, or stays if there is no
 * separator, and NULL is returned. */
static char *cut(char **text, char separator)
{
	char *before = *text;
	char *end = strchr(before, separator);

	if (end == NULL)
		return NULL;
	*end = '\0';
	*text = end + 1;
	return before;
}

/* Takes "80" or "8000-8010". Returns NULL, or what is wrong. */
static const char *take_ports(char *word, uint16_t *first, uint16_t *count)
{
	uint64_t from, to;
	char *last = word;
	const char *begin = cut(&last, '-');

	if (tb_number_read(last, 1, PORT_MAX, &to) < 0)
		return "a port is a decimal number from 1 to 65535, or two with - between them";
	from = to;
	if (begin != NULL && tb_number_read(begin, 1, to, &from) < 0)
		return "the ports of a range are decimal numbers from 1 to 65535, the smaller one first";
	if (to - from >= PUBLISH_PORTS_MAX)
		return "a range has at most 1024 ports";
	*first = (uint16_t)from;
	*count = (uint16_t)(to - from + 1);
	return NULL;
}

/* Takes the host's address, if the text begins with one, and moves *text behind it. */
static const char *take_host(struct network_publish *publish, char **text)
{
	static const uint8_t any[16];
	bool ipv6 = **text == '[';
	char *rest = ipv6 ? *text + 1 : *text;
	const char *address = cut(&rest, ipv6 ? ']' : ':');

	publish->families = NETWORK_IPV4 | NETWORK_IPV6;
	if (!ipv6 && (address == NULL || strchr(address, '.') == NULL)) {
		if (address != NULL)
			rest[-1] = ':';
		return NULL;
	}
	if (inet_pton(ipv6 ? AF_INET6 : AF_INET, address != NULL ? address : "", publish->address) != 1)
		return "what stands before the host's port is an address; an IPv6 one is in brackets";
	if (ipv6 && *rest++ != ':')
		return PUBLISH_RULE;
	publish->families = ipv6 ? NETWORK_IPV6 : NETWORK_IPV4;
	publish->one_address = memcmp(publish->address, any, sizeof(any)) != 0;
	*text = rest;
	return NULL;
}

/* What Linux leads into no other interface: the host's programs alone have it. */
static const char *host_unusable(const struct network_publish *publish)
{
	struct in6_addr ipv6;

	if (!publish->one_address)
		return NULL;
	memcpy(&ipv6, publish->address, sizeof(ipv6));
	if (publish->families == NETWORK_IPV4 ? publish->address[0] == 127 : IN6_IS_ADDR_LOOPBACK(&ipv6))
		return "what comes to the host's loopback address does not leave the host; its programs reach the guest at its own address";
	if (publish->families == NETWORK_IPV6 && IN6_IS_ADDR_LINKLOCAL(&ipv6))
		return "what comes to an address of one link is not led on";
	return NULL;
}

static const char *take_protocol(struct network_publish *publish, char *word)
{
	char *protocol = word;

	if (cut(&protocol, '/') == NULL)
		return NULL;
	publish->udp = strcmp(protocol, "udp") == 0;
	return publish->udp || strcmp(protocol, "tcp") == 0 ? NULL : "the protocol is tcp or udp";
}

/* Returns NULL, or what is wrong. */
static const char *take_publish(struct network_publish *publish, char *word)
{
	const char *wrong = take_protocol(publish, word);
	char *port, *name;
	uint16_t count;

	if (wrong == NULL)
		wrong = take_host(publish, &word);
	if (wrong == NULL)
		wrong = host_unusable(publish);
	if (wrong != NULL)
		return wrong;
	port = cut(&word, ':');
	if (port == NULL)
		return PUBLISH_RULE;
	name = cut(&word, ':');
	if (name != NULL && (name[0] == '\0' || strlen(name) >= sizeof(publish->name)))
		return "the guest is a name of Names=";
	if (name != NULL)
		snprintf(publish->name, sizeof(publish->name), "%s", name);
	wrong = take_ports(port, &publish->port, &publish->count);
	if (wrong == NULL)
		wrong = take_ports(word, &publish->guest_port, &count);
	if (wrong == NULL && count != publish->count)
		wrong = "the host and the guest have the same number of ports";
	return wrong;
}

void network_publish_set(struct network_file *file, unsigned int line, const char *value)
{
	struct network *network = &file->network;
	struct network_words list;

	network_words_begin(&list, file, line, "Publish", value);
	for (char *word = network_words_next(&list); word != NULL; word = network_words_next(&list)) {
		char text[INI_LINE_MAX + 1];
		const char *wrong = "there are more than 16";

		snprintf(text, sizeof(text), "%s", word);
		if (network->publish_count < NETWORK_PUBLISH_MAX)
			wrong = take_publish(&network->publish[network->publish_count], word);
		if (wrong == NULL)
			file->publish_lines[network->publish_count++] = line;
		else
			network_file_error(file, line, "Publish=%s: %s", text, wrong);
	}
}

/* The only name that Names= spells out, or NULL. */
static const char *only_name(const struct network *network)
{
	const char *only = NULL;

	for (size_t i = 0; i < network->names_count; i++) {
		if (strchr(network->names[i], '*') != NULL)
			continue;
		if (only != NULL)
			return NULL;
		only = network->names[i];
	}
	return only;
}

static bool spells_out(const struct network *network, const char *name)
{
	for (size_t i = 0; i < network->names_count; i++)
		if (strcmp(network->names[i], name) == 0)
			return strchr(name, '*') == NULL;
	return false;
}

static void refuse_guest(struct network_file *file, const struct network_publish *publish, unsigned int line)
{
	const struct network *network = &file->network;
	const char *names[NETWORK_NAMES_MAX];
	const char *meant;

	for (size_t i = 0; i < network->names_count; i++)
		names[i] = network->names[i];
	meant = tb_suggest(publish->name, names, network->names_count);
	if (meant != NULL && spells_out(network, meant))
		network_file_error(file, line, "Publish=%u:%s: this guest does not stand in Names=; did you mean %s?",
				   publish->port, publish->name, meant);
	else
		network_file_error(
			file, line,
			"Publish=%u:%s: only a name that Names= spells out has an address that is no other guest's; add Names=%s",
			publish->port, publish->name, publish->name);
}

/* A guest's address is its own only if its name is spelled out. */
static void finish_name(struct network_file *file, struct network_publish *publish, unsigned int line)
{
	const char *only = only_name(&file->network);

	if (publish->name[0] == '\0' && only != NULL)
		snprintf(publish->name, sizeof(publish->name), "%s", only);
	if (publish->name[0] == '\0')
		network_file_error(
			file, line,
			"Publish=%u: it needs the name of the guest, such as 8080:web:80, unless Names= spells out a single one",
			publish->port);
	else if (!spells_out(&file->network, publish->name))
		refuse_guest(file, publish, line);
}

static void refuse_twice(struct network_file *file, size_t index)
{
	const struct network *network = &file->network;

	for (size_t i = 0; i < index; i++)
		if (network_publish_meet(&network->publish[i], &network->publish[index]))
			network_file_error(
				file, file->publish_lines[index],
				"Publish=%u: this port of the host leads to a guest already, by line %u; choose another",
				network->publish[index].port, file->publish_lines[i]);
}

void network_publish_finish(struct network_file *file)
{
	struct network *network = &file->network;
	uint32_t families = (network->ipv4_auto || network->ipv4.prefix != 0 ? NETWORK_IPV4 : 0) |
			    (network->ipv6_auto || network->ipv6.prefix != 0 ? NETWORK_IPV6 : 0);

	if (!network->own_bridge)
		return;
	network->router = network->forward;
	for (size_t i = 0; i < network->publish_count; i++) {
		struct network_publish *publish = &network->publish[i];
		unsigned int line = file->publish_lines[i];

		if ((publish->families & families) == 0)
			network_file_error(
				file, line,
				"Publish=%u: Address= gives guests no address of the same family as the host's",
				publish->port);
		publish->families &= families;
		network->router |= publish->families;
		finish_name(file, publish, line);
		refuse_twice(file, i);
	}
}
