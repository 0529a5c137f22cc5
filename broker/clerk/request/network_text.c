/* A network in the words of an answer: see network_text.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/network_text.h"

#include "broker/config/guest.h"

#include <string.h>

uint32_t network_traits(const struct network *network)
{
	return network->traits | (network->off ? TB_NETWORK_OFF : 0) |
	       ((network->netns & 1u << NETNS_HOST) != 0 ? TB_NETWORK_HOST : 0) |
	       ((network->netns & 1u << NETNS_CALLER) != 0 ? TB_NETWORK_CALLER : 0);
}

uint32_t network_flags(const struct network *network)
{
	return (network->vnet_hdr ? TB_REQUEST_VNET_HDR : 0) | (network->vhost ? TB_REQUEST_VHOST : 0);
}

const char *network_lower(const struct network *network)
{
	return network->kind == TB_KIND_MACVTAP ? network->parent : network->bridge;
}

uint32_t network_names(const struct network *network, char text[TB_PATTERNS_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i < network->names_count; i++) {
		size_t length = strlen(network->names[i]);
		size_t blank = used == 0 ? 0 : 1;

		if (used + blank + length >= TB_PATTERNS_SIZE)
			return TB_NETWORK_MORE_NAMES;
		if (blank != 0)
			text[used] = ' ';
		memcpy(text + used + blank, network->names[i], length);
		used += blank + length;
	}
	return 0;
}

static void describe_published(const struct network *network, const struct network_publish *from,
			       struct tb_published *to)
{
	struct guest guest;

	memset(to, 0, sizeof(*to));
	guest_make(network, guest_of_name(network, from->name), &guest);
	to->port = from->port;
	to->count = from->count;
	to->guest_port = from->guest_port;
	to->protocol = from->udp ? TB_PROTOCOL_UDP : TB_PROTOCOL_TCP;
	if (from->one_address) {
		to->host_family = from->families == NETWORK_IPV4 ? 4 : 6;
		memcpy(to->host_address, from->address, to->host_family == 4 ? 4 : 16);
	}
	if ((from->families & NETWORK_IPV4) != 0)
		memcpy(to->guest_ipv4, guest.told.ipv4, sizeof(to->guest_ipv4));
	if ((from->families & NETWORK_IPV6) != 0)
		memcpy(to->guest_ipv6, guest.told.ipv6, sizeof(to->guest_ipv6));
	memcpy(to->guest_name, from->name, sizeof(to->guest_name));
}

_Static_assert(NETWORK_PUBLISH_MAX == TB_PUBLISHED_MAX, "all of them fit");

uint32_t network_published(const struct network *network, struct tb_published published[TB_PUBLISHED_MAX])
{
	for (size_t i = 0; i < network->publish_count; i++)
		describe_published(network, &network->publish[i], &published[i]);
	return (uint32_t)network->publish_count;
}
