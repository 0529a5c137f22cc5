/* A network in the words of an answer: see network_text.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/network_text.h"

#include <string.h>

/* Each entry of MACs= is an address or the beginning of some. */
static bool drops_qemu_macs(const struct network *network)
{
	static const uint8_t qemu[] = {0x52, 0x54, 0x00};

	if (!network_is_locked(network) || (network->locks & LOCK_MAC) == 0)
		return false;
	for (uint32_t i = 0; i < network->macs.count; i++) {
		const struct prefix *prefix = &network->macs.items[i];

		if (prefix->bits <= 8 * sizeof(qemu) && memcmp(prefix->bytes, qemu, prefix->bits / 8) == 0)
			return false;
	}
	return true;
}

uint32_t network_traits(const struct network *network)
{
	return (drops_qemu_macs(network) ? TB_NETWORK_NO_QEMU_MACS : 0) | (network->off ? TB_NETWORK_OFF : 0) |
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
