/* The addresses of networks with a bridge of their own: free ones are found for Address=auto, and one that the host has
 * or reaches elsewhere is refused. Runs in tapbroker-setup, as root or, to check, as anybody; changes nothing.
 */
#include "broker/setup/setup.h"
#include "broker/config/guest.h"
#include "broker/setup/setup_inet.h"

#include "broker/shared/log.h"
#include "broker/shared/machine_id.h"
#include "broker/shared/siphash.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* A shorter route is one to the whole world in some parts, as VPNs have them. */
#define IPV4_ROUTE_MIN 4
#define IPV6_ROUTE_MIN 8

#define CANDIDATES 64 /* in each of the ranges below */

/* Ranges for networks that nobody has given a number: a private one is a /24 of them. */
static const struct {
	uint32_t first;
	uint32_t count;
} ranges[] = {{0x0a000000, 65536}, {0xac100000, 4096}, {0xc0a80000, 256}};

/* Looks for a route of the host, over another interface than the network's own, that leads to some of its addresses. */
struct overlap {
	const struct network *network;
	const struct network_prefix *wanted;
	bool found;
	struct inet_address route;
};

/* Routes of the network's own bridge, and to guests on links of their own, are there because of it. */
static bool overlap_is_own(const struct network *network, uint32_t ifindex)
{
	char name[IF_NAMESIZE] = "";

	return if_indextoname(ifindex, name) != NULL &&
	       (strcmp(name, network->bridge) == 0 || (network->routed && network_has_device(network, name)));
}

static void overlap_look(void *context, const struct inet_address *route)
{
	struct overlap *overlap = context;

	if (overlap->found || route->prefix.bits < (route->prefix.is_ipv6 ? IPV6_ROUTE_MIN : IPV4_ROUTE_MIN))
		return;
	if (inet_meet(&route->prefix, overlap->wanted) && !overlap_is_own(overlap->network, route->ifindex)) {
		overlap->found = true;
		overlap->route = *route;
	}
}

/* Returns 0, -EEXIST if there is an overlap, or another negative errno. */
static int overlap_find(struct setup *setup, const struct network *network, const struct network_prefix *wanted,
			struct overlap *overlap)
{
	int ret;

	*overlap = (struct overlap){.network = network, .wanted = wanted};
	ret = inet_routes(setup->link, overlap_look, overlap);
	return ret == 0 && overlap->found ? -EEXIST : ret;
}

static void overlap_say(const struct network *network, const struct overlap *overlap)
{
	char wanted[INET_TEXT_SIZE], route[INET_TEXT_SIZE], name[32] = "several interfaces";

	if_indextoname(overlap->route.ifindex, name);
	tb_log(TB_LOG_ERROR,
	       "network %s: Address=%s overlaps %s, which this host has or reaches by %s; choose another, or say Address=auto",
	       network->name, inet_text(overlap->wanted, wanted), inet_text(&overlap->route.prefix, route), name);
}

/* An address of another of our networks, whose bridge may not be there yet. */
static bool taken_by_network(const struct setup *setup, const struct network *network,
			     const struct network_prefix *wanted)
{
	struct network_prefix other;

	for (size_t i = 0; i < setup->networks->count; i++)
		if (&setup->networks->networks[i] != network &&
		    inet_of_network(&setup->networks->networks[i], wanted->is_ipv6, &other) &&
		    inet_meet(&other, wanted))
			return true;
	return false;
}

/* Takes the candidate if it is free. */
static bool take_free(struct setup *setup, struct network *network, uint32_t address)
{
	struct network_prefix wanted;
	struct overlap overlap;

	network->ipv4 = (struct network_ipv4){.address = address, .prefix = 24};
	inet_of_network(network, false, &wanted);
	if (!taken_by_network(setup, network, &wanted) && overlap_find(setup, network, &wanted, &overlap) == 0)
		return true;
	network->ipv4.prefix = 0;
	return false;
}

static uint64_t network_hash(const struct network *network)
{
	uint8_t key[SIPHASH_KEY_SIZE] = {0};

	(void)machine_id_read(key);
	return siphash(network->name, strlen(network->name), key);
}

/* The IPv4 address that the network's bridge has. */
struct present {
	uint32_t ifindex;
	uint32_t ipv4;
};

static void present_take(void *context, const struct inet_address *address)
{
	struct present *present = context;

	if (address->ifindex == present->ifindex && !address->prefix.is_ipv6 && address->prefix.bits == 24) {
		memcpy(&present->ipv4, address->prefix.address, sizeof(present->ipv4));
		present->ipv4 = ntohl(present->ipv4);
	}
}

/* What the bridge has already, if that is free still; else what this machine would take at each start, or the next that
 * is free. */
static bool choose_ipv4(struct setup *setup, struct network *network)
{
	struct present present = {.ifindex = if_nametoindex(network->bridge)};
	uint64_t hash = network_hash(network);

	if (present.ifindex != 0 && inet_addresses(setup->link, present_take, &present) == 0 && present.ipv4 != 0 &&
	    take_free(setup, network, present.ipv4))
		return true;
	for (size_t range = 0; range < sizeof(ranges) / sizeof(ranges[0]); range++) {
		for (uint32_t i = 0; i < CANDIDATES; i++) {
			uint32_t number = (uint32_t)((hash + i) % ranges[range].count);

			if (take_free(setup, network, ranges[range].first + (number << 8) + 1))
				return true;
		}
	}
	tb_log(TB_LOG_ERROR, "network %s: Address=auto finds no free network; say one that this host may have",
	       network->name);
	return false;
}

/* RFC 4193: 40 bits that nobody else has, and a number; here all of them are of the hash. */
static void choose_ipv6(struct network *network)
{
	uint64_t hash = network_hash(network);

	network->ipv6 = (struct network_ipv6){.prefix = 64};
	memcpy(network->ipv6.address, &hash, sizeof(hash));
	network->ipv6.address[0] = 0xfd;
	network->ipv6.address[15] = 1;
}

/* Returns 1 if the network cannot have its address, which was logged. */
static unsigned int refuse_overlap(struct setup *setup, const struct network *network, bool is_ipv6)
{
	struct network_prefix wanted;
	struct overlap overlap;
	int ret;

	if (!inet_of_network(network, is_ipv6, &wanted))
		return 0;
	ret = overlap_find(setup, network, &wanted, &overlap);
	if (ret == 0)
		return 0;
	if (ret == -EEXIST)
		overlap_say(network, &overlap);
	else
		tb_log(TB_LOG_ERROR, "network %s: cannot list the host's routes: %s", network->name, strerror(-ret));
	return 1;
}

static unsigned int addresses_resolve(struct setup *setup)
{
	unsigned int problems = 0;

	for (size_t i = 0; i < setup->networks->count; i++) {
		struct network *network = &setup->networks->networks[i];
		unsigned int wrong = 0;

		if (!setup_wants(setup, i))
			continue;
		if (network->ipv4_auto)
			wrong += !choose_ipv4(setup, network);
		if (network->ipv6_auto)
			choose_ipv6(network);
		wrong += refuse_overlap(setup, network, false) + refuse_overlap(setup, network, true);
		guests_set(network);
		setup->refused[i] = wrong > 0;
		problems += wrong;
	}
	return problems;
}

const struct setup_part setup_address = {.name = "address", .start = addresses_resolve, .check = addresses_resolve};
