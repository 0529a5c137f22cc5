/* Which guests a network can have: see guest.h. Runs in tapbrokerd before lock-down, and in tapbroker-setup, as root.
 * It must never take an address that the network's own bridge does not have. */
#include "broker/config/guest.h"

#include "broker/shared/machine_id.h"
#include "broker/shared/siphash.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <string.h>

#define INTERFACE_ID 8 /* where that half of an IPv6 address begins */

_Static_assert(MACHINE_ID_SIZE == SIPHASH_KEY_SIZE, "the machine's id is the key");

/* A network of so many bits has that many numbers, but for the last one: IPv4 sends to all by it. */
static uint32_t range_of(unsigned int bits)
{
	return bits >= 12 ? GUESTS_MAX : (1u << bits) - 1;
}

/* Other machines, and the same network with other addresses, have other MACs: who has one of them has no other address.
 * 02: given locally, of one interface. */
static void set_guest_mac(struct network *network)
{
	struct {
		char name[TB_NETWORK_SIZE];
		uint32_t ipv4;
		uint8_t ipv6[16];
		uint8_t prefixes[4];
	} hashed = {.ipv4 = network->ipv4.address, .prefixes = {network->ipv4.prefix, network->ipv6.prefix}};
	uint8_t key[SIPHASH_KEY_SIZE] = {0};
	uint64_t hash;

	memcpy(hashed.name, network->name, sizeof(hashed.name));
	memcpy(hashed.ipv6, network->ipv6.address, sizeof(hashed.ipv6));
	(void)machine_id_read(key); /* without one all machines have the same, each on a network of its own */
	hash = siphash(&hashed, sizeof(hashed), key);
	memcpy(network->guest.mac, &hash, 3);
	network->guest.mac[0] = 0x02;
}

static void set_guest_ipv4(struct network *network)
{
	uint32_t behind = UINT32_MAX >> network->ipv4.prefix;
	uint32_t first = htonl(network->ipv4.address & ~behind);
	uint32_t host = htonl(network->ipv4.address);

	network->guest.told.ipv4_prefix = network->routed ? 32 : network->ipv4.prefix;
	memcpy(network->guest.told.ipv4, &first, sizeof(first));
	if ((network->router & NETWORK_IPV4) != 0 || network->routed)
		memcpy(network->guest.told.gateway4, &host, sizeof(host));
	network->host[0] = network->ipv4.address & behind;
}

static bool bit_of(const uint8_t *bytes, unsigned int bit)
{
	return (bytes[bit / 8] & 0x80 >> bit % 8) != 0;
}

/* As a guest makes it of a prefix of 64 bits and its MAC by itself (RFC 4291); a longer prefix covers more of that. */
static void set_guest_ipv6(struct network *network)
{
	uint8_t *address = network->guest.told.ipv6;
	const uint8_t *host = network->ipv6.address;
	uint32_t host_last;

	network->guest.told.ipv6_prefix = network->routed ? 128 : network->ipv6.prefix;
	memcpy(address, host, INTERFACE_ID);
	memcpy(address + INTERFACE_ID, network->guest.mac, 3);
	address[INTERFACE_ID] ^= 2;
	memcpy(address + INTERFACE_ID + 3, "\xff\xfe", 2);
	for (unsigned int bit = 8 * INTERFACE_ID; bit < network->ipv6.prefix; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		address[bit / 8] = (uint8_t)(bit_of(host, bit) ? address[bit / 8] | mask : address[bit / 8] & ~mask);
	}
	if ((network->router & NETWORK_IPV6) != 0 || network->routed)
		memcpy(network->guest.told.gateway6, host, 16);
	memcpy(&host_last, host + 12, sizeof(host_last));
	network->host[1] = ntohl(host_last);
	if (network->ipv6.prefix > 96)
		network->host[1] &= UINT32_MAX >> (network->ipv6.prefix - 96);
}

void guests_set(struct network *network)
{
	uint32_t ipv4 = network->ipv4.prefix != 0 ? range_of(32u - network->ipv4.prefix) : GUESTS_MAX;
	uint32_t ipv6 = network->ipv6.prefix != 0 ? range_of(128u - network->ipv6.prefix) : GUESTS_MAX;
	bool unknown =
		(network->ipv4_auto && network->ipv4.prefix == 0) || (network->ipv6_auto && network->ipv6.prefix == 0);

	network->guests = 0;
	memset(&network->guest, 0, sizeof(network->guest));
	if (!network->own_bridge || unknown)
		return;
	network->guests = ipv4 < ipv6 ? ipv4 : ipv6;
	set_guest_mac(network);
	if (network->ipv4.prefix != 0)
		set_guest_ipv4(network);
	if (network->ipv6.prefix != 0)
		set_guest_ipv6(network);
}

static uint8_t prefix_of(const uint8_t *mask, size_t size)
{
	uint8_t bits = 0;

	while (bits < 8 * size && (mask[bits / 8] & 0x80 >> bits % 8) != 0)
		bits++;
	return bits;
}

static void take_found_ipv4(struct network *network, const struct ifaddrs *entry)
{
	const struct sockaddr_in *address = (const void *)entry->ifa_addr;
	const struct sockaddr_in *mask = (const void *)entry->ifa_netmask;

	network->ipv4.address = ntohl(address->sin_addr.s_addr);
	network->ipv4.prefix = prefix_of((const uint8_t *)&mask->sin_addr, sizeof(mask->sin_addr));
}

static void take_found_ipv6(struct network *network, const struct ifaddrs *entry)
{
	const struct sockaddr_in6 *address = (const void *)entry->ifa_addr;
	const struct sockaddr_in6 *mask = (const void *)entry->ifa_netmask;

	if (IN6_IS_ADDR_LINKLOCAL(&address->sin6_addr))
		return;
	memcpy(network->ipv6.address, &address->sin6_addr, sizeof(network->ipv6.address));
	network->ipv6.prefix = prefix_of((const uint8_t *)&mask->sin6_addr, sizeof(mask->sin6_addr));
}

/* tapbroker-setup puts one address of each family on the bridge. */
static void take_found(struct network *network, const struct ifaddrs *entries)
{
	for (const struct ifaddrs *entry = entries; entry != NULL; entry = entry->ifa_next) {
		if (entry->ifa_addr == NULL || entry->ifa_netmask == NULL ||
		    strcmp(entry->ifa_name, network->bridge) != 0)
			continue;
		if (entry->ifa_addr->sa_family == AF_INET && network->ipv4_auto)
			take_found_ipv4(network, entry);
		if (entry->ifa_addr->sa_family == AF_INET6 && network->ipv6_auto)
			take_found_ipv6(network, entry);
	}
}

void guests_set_all(struct network_table *table)
{
	struct ifaddrs *entries = NULL;

	if (getifaddrs(&entries) < 0)
		entries = NULL;
	for (size_t i = 0; i < table->count; i++) {
		struct network *network = &table->networks[i];

		if (!network->own_bridge)
			continue;
		if (network->ipv4_auto || network->ipv6_auto)
			take_found(network, entries);
		guests_set(network);
	}
	freeifaddrs(entries);
}
