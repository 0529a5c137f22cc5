/* The key HostInterface= of a network file: the host's addresses beside its guests on a macvtap's parent. Runs in
 * tapbrokerd and tapbroker-setup, as root, on the text of root's files. It must never let an address through that a
 * guest may have.
 */
#include "broker/config/network_file.h"

#include <arpa/inet.h>
#include <string.h>

/* Of what is led to guests: less would be a part of the world. */
#define HOST_IPV4_BITS_MIN 8
#define HOST_IPV6_BITS_MIN 32

/* Returns NULL, or what is wrong. */
static const char *take_host_address(struct network *network, const char *word)
{
	static const char rule[] =
		"it is an address of the host's, without a prefix length, or one of IPv4 and one of IPv6";
	struct in_addr read;

	if (strchr(word, ':') != NULL) {
		if (network->ipv6.prefix != 0)
			return "there is an IPv6 address already";
		if (inet_pton(AF_INET6, word, network->ipv6.address) != 1)
			return network_address_wrong(word, rule);
		network->ipv6.prefix = 128;
		return network_ipv6_unusable(network->ipv6.address);
	}
	if (network->ipv4.prefix != 0)
		return "there is an IPv4 address already";
	if (inet_pton(AF_INET, word, &read) != 1)
		return rule;
	network->ipv4 = (struct network_ipv4){.address = ntohl(read.s_addr), .prefix = 32};
	return network_ipv4_unusable(network->ipv4.address);
}

void network_host_interface_set(struct network_file *file, unsigned int line, const char *value)
{
	struct network_words list;

	network_words_begin(&list, file, line, "HostInterface", value);
	for (const char *word = network_words_next(&list); word != NULL; word = network_words_next(&list)) {
		const char *wrong = take_host_address(&file->network, word);

		if (wrong != NULL)
			network_file_error(file, line, "HostInterface=%s: %s", word, wrong);
	}
}

static bool begins_with(const uint8_t *address, const struct prefix *prefix)
{
	for (uint8_t bit = 0; bit < prefix->bits; bit++)
		if (((address[bit / 8] ^ prefix->bytes[bit / 8]) & 0x80 >> bit % 8) != 0)
			return false;
	return true;
}

/* The host leads to its guests what they may send from, and no more: all of it goes over that interface. */
static void check_led(struct network_file *file, const char *family, const struct prefix_list *sources,
		      const uint8_t *address, uint8_t bits_min)
{
	unsigned int line = file->lines[KEY_HOST_INTERFACE];

	if (sources->count == 0)
		network_file_error(
			file, line,
			"HostInterface= has an %s address: say in SourceAddresses= which ones guests have, which are led to them",
			family);
	for (uint32_t i = 0; i < sources->count; i++) {
		if (begins_with(address, &sources->items[i]))
			network_file_error(
				file, line,
				"HostInterface=: its %s address is one that SourceAddresses= gives to guests; choose another",
				family);
		if (sources->items[i].bits < bits_min)
			network_file_error(
				file, file->lines[KEY_SOURCE_ADDRESSES],
				"SourceAddresses=: all of it is led to guests by HostInterface=, so an %s prefix has %u bits or more",
				family, bits_min);
	}
}

void network_host_interface_finish(struct network_file *file)
{
	struct network *network = &file->network;
	uint32_t ipv4 = htonl(network->ipv4.address);

	if (file->lines[KEY_HOST_INTERFACE] == 0 || network->kind != TB_KIND_MACVTAP)
		return;
	network_host_name(network->name, network->host_interface);
	if (network->mode != TB_MODE_BRIDGE)
		network_file_error(
			file, file->lines[KEY_HOST_INTERFACE],
			"HostInterface= needs Mode=bridge: in the other modes the host does not reach guests");
	if (network->ipv4.prefix != 0)
		check_led(file, "IPv4", &network->sources4, (const uint8_t *)&ipv4, HOST_IPV4_BITS_MIN);
	if (network->ipv6.prefix != 0)
		check_led(file, "IPv6", &network->sources6, network->ipv6.address, HOST_IPV6_BITS_MIN);
}
