/* The keys Address= and Allow= of a network file. Runs in tapbrokerd and tapbroker-setup, as root, on the text of
 * root's files. It must never let an address through that the host cannot have on a bridge of its own.
 */
#include "broker/config/network_file.h"

#include "proto/number.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define IPV4_PREFIX_MIN 8
#define IPV4_PREFIX_MAX 30
#define IPV6_PREFIX_MIN 48
#define IPV6_PREFIX_MAX 126

#define ADDRESS_RULE \
	"it is auto, or the host's address and the network's prefix length, such as 10.0.77.1/24 or fd00:77::1/64"

const char *network_ipv4_unusable(uint32_t address)
{
	uint32_t first = address >> 24;

	if (first == 0 || first == 127 || first >= 224)
		return "no interface can have this address";
	if (address >> 16 == 0xa9fe)
		return "addresses of 169.254.0.0/16 are for one link, and are never forwarded";
	return NULL;
}

const char *network_ipv6_unusable(const uint8_t bytes[16])
{
	struct in6_addr address;

	memcpy(&address, bytes, sizeof(address));
	if (IN6_IS_ADDR_UNSPECIFIED(&address) || IN6_IS_ADDR_LOOPBACK(&address) || IN6_IS_ADDR_MULTICAST(&address) ||
	    IN6_IS_ADDR_V4MAPPED(&address))
		return "no interface can have this address";
	if (IN6_IS_ADDR_LINKLOCAL(&address))
		return "addresses of fe80::/10 are for one link; the interface has one anyway";
	return NULL;
}

/* Why the host cannot have this address on a network, or NULL. */
static const char *ipv4_wrong(const struct network_ipv4 *ipv4)
{
	uint32_t hosts = UINT32_MAX >> ipv4->prefix;

	if ((ipv4->address & hosts) == 0 || (ipv4->address & hosts) == hosts)
		return "it is the network's own or its broadcast address; the host needs one between them";
	return network_ipv4_unusable(ipv4->address);
}

static const char *ipv6_wrong(const struct network_ipv6 *ipv6)
{
	const char *wrong = network_ipv6_unusable(ipv6->address);

	if (wrong != NULL)
		return wrong;
	for (int bit = ipv6->prefix; bit < 128; bit++)
		if ((ipv6->address[bit / 8] & 0x80 >> bit % 8) != 0)
			return NULL;
	return "it is the network's own address; the host needs another one, such as the one that ends in ::1";
}

/* Returns NULL, or what is wrong. */
static const char *take_ipv4(struct network_ipv4 *ipv4, bool is_auto, const char *address, uint8_t prefix)
{
	struct in_addr read;

	if (ipv4->prefix != 0 || is_auto)
		return "there is an IPv4 address already";
	if (prefix < IPV4_PREFIX_MIN || prefix > IPV4_PREFIX_MAX)
		return "the prefix length of an IPv4 network is from 8 to 30";
	if (inet_pton(AF_INET, address, &read) != 1)
		return network_address_wrong(address, ADDRESS_RULE);
	ipv4->address = ntohl(read.s_addr);
	ipv4->prefix = prefix;
	return ipv4_wrong(ipv4);
}

static const char *take_ipv6(struct network_ipv6 *ipv6, const char *address, uint8_t prefix)
{
	if (ipv6->prefix != 0)
		return "there is an IPv6 address already";
	if (prefix < IPV6_PREFIX_MIN || prefix > IPV6_PREFIX_MAX)
		return "the prefix length of an IPv6 network is from 48 to 126";
	if (inet_pton(AF_INET6, address, ipv6->address) != 1)
		return network_address_wrong(address, ADDRESS_RULE);
	ipv6->prefix = prefix;
	return ipv6_wrong(ipv6);
}

static const char *take_address(struct network *network, char *word)
{
	char *slash = strchr(word, '/');
	uint64_t prefix;

	if (strcmp(word, "auto") == 0) {
		if (network->ipv4.prefix != 0 || network->ipv4_auto)
			return "there is an IPv4 address already";
		network->ipv4_auto = true;
		return NULL;
	}
	if (slash == NULL || tb_number_read(slash + 1, 0, 128, &prefix) < 0)
		return network_address_wrong(word, ADDRESS_RULE);
	*slash = '\0';
	return strchr(word, ':') == NULL ? take_ipv4(&network->ipv4, network->ipv4_auto, word, (uint8_t)prefix)
					 : take_ipv6(&network->ipv6, word, (uint8_t)prefix);
}

void network_address_set(struct network_file *file, unsigned int line, const char *value)
{
	struct network_words list;

	network_words_begin(&list, file, line, "Address", value);
	for (char *word = network_words_next(&list); word != NULL; word = network_words_next(&list)) {
		char text[INI_LINE_MAX + 1];
		const char *wrong;

		snprintf(text, sizeof(text), "%s", word);
		wrong = take_address(&file->network, word);
		if (wrong != NULL)
			network_file_error(file, line, "Address=%s: %s", text, wrong);
	}
}

static const char *take_allowed(struct network_prefix *allowed, const char *word)
{
	struct tb_prefix prefix;
	const char *wrong = network_take_prefix(word, &prefix);

	if (wrong != NULL)
		return wrong;
	*allowed = (struct network_prefix){.is_ipv6 = prefix.family == 6, .bits = prefix.length};
	memcpy(allowed->address, prefix.address, sizeof(allowed->address));
	return NULL;
}

void network_allow_set(struct network_file *file, unsigned int line, const char *value)
{
	struct network *network = &file->network;
	struct network_words list;

	network_words_begin(&list, file, line, "Allow", value);
	for (const char *word = network_words_next(&list); word != NULL; word = network_words_next(&list)) {
		const char *wrong = "there are more than 16 prefixes";

		if (network->allow_count < NETWORK_ALLOW_MAX)
			wrong = take_allowed(&network->allow[network->allow_count], word);
		if (wrong == NULL)
			network->allow_count++;
		else
			network_file_error(file, line, "Allow=%s: %s", word, wrong);
	}
}
