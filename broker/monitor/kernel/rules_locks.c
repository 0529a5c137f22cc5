/* Which rules lock a device: the table in tapbroker-network(5), as rules. Runs in tapbrokerd before lock-down; needs no
 * right. Must never write a rule that accepts: each drops something, and what none drops has passed all of them. */
#include "broker/monitor/kernel/rules_expression.h"

#include "broker/shared/netlink/link_batch.h"

#include <errno.h>
#include <linux/if_ether.h>

/* Room that is kept for one more rule in a batch. */
#define RULE_ROOM 2048

/* The least that ARP or IP needs behind the Ethernet header: a shorter frame is filled up with zeros on its way, behind
 * every check. */
#define LEAST_LENGTH 28

#define CHECKS_MAX 8 /* the last one ends the list */

enum list { MACS, TYPES, IPV4, IPV6, LISTS };

#define PROTOCOL(compare, bytes)                              \
	{                                                     \
		META, NFT_META_PROTOCOL, 2, compare, bytes, 0 \
	}
#define IS_ARP PROTOCOL(IS, "\x08\x06")
#define IS_RARP PROTOCOL(IS, "\x80\x35")
#define IS_IPV4 PROTOCOL(IS, "\x08\x00")
#define IS_IPV6 PROTOCOL(IS, "\x86\xdd")
#define UPPER_PROTOCOL(compare, byte)                       \
	{                                                   \
		META, NFT_META_L4PROTO, 1, compare, byte, 0 \
	}
#define IS_ICMP UPPER_PROTOCOL(IS, "\x01")
#define IS_UDP UPPER_PROTOCOL(IS, "\x11")
#define IS_ICMPV6 UPPER_PROTOCOL(IS, "\x3a")
#define FRAGMENT_OF(compare, byte)               \
	{                                        \
		FRAGMENT, 0, 1, compare, byte, 0 \
	}
#define TYPE(compare, byte)                   \
	{                                     \
		UPPER, 0, 1, compare, byte, 0 \
	} /* of ICMP and ICMPv6 */
#define ROUTER_SOLICITATION "\x85"
#define ROUTER_ADVERTISEMENT "\x86"
#define NEIGHBOUR_SOLICITATION "\x87"
#define NEIGHBOUR_ADVERTISEMENT "\x88"
#define REDIRECT "\x89"
#define IS_ICMP_AT_ITS_PLACE                     \
	{NETWORK, 9, 1, IS, "\x01", 0}, IS_IPV4, \
	{                                        \
		NETWORK, 7, 1, IS, "", 0         \
	} /* in what is no later fragment, unless far behind */
#define HEADER_4(first_byte)                     \
	{                                        \
		NETWORK, 0, 1, IS, first_byte, 0 \
	} /* says how long it is */
#define FROM_UNSPECIFIED_4                        \
	{                                         \
		NETWORK, 12, 4, IS, "\0\0\0\0", 0 \
	}
#define FROM_UNSPECIFIED_6                                                \
	{                                                                 \
		NETWORK, 8, 16, IS, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 0 \
	}
#define NOT_FROM_UNSPECIFIED_6                                                \
	{                                                                     \
		NETWORK, 8, 16, IS_NOT, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 0 \
	}
#define LENGTH_6(compare, bytes)                 \
	{                                        \
		NETWORK, 4, 2, compare, bytes, 0 \
	} /* of what is behind the IPv6 header */
#define OPTION(offset, compare, bytes)              \
	{                                           \
		UPPER, offset, 2, compare, bytes, 0 \
	} /* its kind, and its length of 8 bytes */
#define SOURCE_OPTION "\x01\x01"
#define TARGET_OPTION "\x02\x01"
#define NONCE_OPTION "\x0e\x01"
#define ARP_OF_ETHERNET_AND_IPV4 "\x00\x01\x08\x00\x06\x04"

/* In this order. A rule with a lock is there where the network has not taken that off. */
/* clang-format off */
static const struct {
	const char *reason;
	uint32_t lock; /* enum network_lock; 0: always */
	struct check checks[CHECKS_MAX];
} locks[] = {
	/* What bridges and switches tell each other: a bridge learns its source past every other filter. */
	{"link-local", 0, {{LINK, 0, 5, IS, "\x01\x80\xc2\x00\x00", 0}, {LINK, 5, 1, BELOW, "\x10", 0}}},
	{"mac", LOCK_MAC, {{LINK, 6, 6, NONE_OF, NULL, MACS}}},
	/* The kernel has taken the first tag of what comes in off, and has not of what goes out. */
	{"tagged", LOCK_TAG, {{LINK, 12, 2, IS, "\x81\x00", 0}}},
	{"tagged", LOCK_TAG, {{LINK, 12, 2, IS, "\x88\xa8", 0}}},
	{"ethertype", LOCK_TYPE, {{META, NFT_META_PROTOCOL, 2, NONE_OF, NULL, TYPES}}},

	{"arp", LOCK_MAC, {IS_ARP, {NETWORK, 0, 6, IS_NOT, ARP_OF_ETHERNET_AND_IPV4, 0}}},
	{"arp", LOCK_MAC, {IS_ARP, {NETWORK, 8, 6, NONE_OF, NULL, MACS}}},
	{"arp", LOCK_IPV4, {IS_ARP, {NETWORK, 14, 4, NONE_OF, NULL, IPV4}, {NETWORK, 14, 4, IS_NOT, "\0\0\0\0", 0}}},
	/* A guest that has moved says where it is; of others it says nothing. */
	{"arp", LOCK_MAC, {IS_RARP, {NETWORK, 0, 6, IS_NOT, ARP_OF_ETHERNET_AND_IPV4, 0}}},
	{"arp", LOCK_MAC, {IS_RARP, {NETWORK, 8, 6, NONE_OF, NULL, MACS}}},
	{"arp", LOCK_MAC, {IS_RARP, {NETWORK, 18, 6, NONE_OF, NULL, MACS}}},

	/* A router advertisement or a redirect in fragments, or behind a header that hides it from a filter. */
	{"fragment", 0, {IS_IPV6, FRAGMENT_OF(IS_NOT, "\x06"), FRAGMENT_OF(IS_NOT, "\x11"), FRAGMENT_OF(IS_NOT, "\x3a"),
			 FRAGMENT_OF(IS_NOT, "\x32"), FRAGMENT_OF(IS_NOT, "\x84")}},
	{"fragment", 0, {IS_IPV6, FRAGMENT_OF(IS, "\x3a"), TYPE(FROM, ROUTER_SOLICITATION), TYPE(TO, REDIRECT)}},
	{"router", LOCK_ROUTER, {IS_ICMPV6, TYPE(IS, ROUTER_ADVERTISEMENT)}},
	{"router", LOCK_ROUTER, {IS_ICMPV6, TYPE(IS, REDIRECT)}},
	{"router", LOCK_ROUTER, {IS_ICMP, TYPE(IS, "\x05")}},
	{"router", LOCK_ROUTER, {IS_ICMP, TYPE(IS, "\x09")}},
	/* A frame that is shorter than its packet says is filled up on its way, to 46 bytes: UPPER does not find its
	 * type. */
	{"router", LOCK_ROUTER, {IS_ICMP_AT_ITS_PLACE, HEADER_4("\x45"), {NETWORK, 20, 1, IS, "\x09", 0}}},
	{"router", LOCK_ROUTER, {IS_ICMP_AT_ITS_PLACE, HEADER_4("\x46"), {NETWORK, 24, 1, IS, "\x09", 0}}},
	{"router", LOCK_ROUTER, {IS_ICMP_AT_ITS_PLACE, HEADER_4("\x47"), {NETWORK, 28, 1, IS, "\x09", 0}}},
	/* From the servers' port, and to the clients': these take an answer from any port. */
	{"dhcp", LOCK_DHCP, {IS_IPV4, IS_UDP, {UPPER, 0, 2, IS, "\x00\x43", 0}}},
	{"dhcp", LOCK_DHCP, {IS_IPV4, IS_UDP, {UPPER, 2, 2, IS, "\x00\x44", 0}}},
	{"dhcp", LOCK_DHCP, {IS_IPV6, IS_UDP, {UPPER, 0, 2, IS, "\x02\x23", 0}}},
	{"dhcp", LOCK_DHCP, {IS_IPV6, IS_UDP, {UPPER, 2, 2, IS, "\x02\x22", 0}}},

	/* Neighbour discovery has no header before it, and at most one option, where it is looked for. */
	{"nd", 0, {IS_ICMPV6, TYPE(FROM, ROUTER_SOLICITATION), TYPE(TO, NEIGHBOUR_ADVERTISEMENT),
		   {NETWORK, 6, 1, IS_NOT, "\x3a", 0}}},
	{"nd", LOCK_MAC, {IS_ICMPV6, TYPE(FROM, NEIGHBOUR_SOLICITATION), TYPE(TO, NEIGHBOUR_ADVERTISEMENT),
			  LENGTH_6(IS_NOT, "\x00\x18"), LENGTH_6(IS_NOT, "\x00\x20")}},
	{"nd", LOCK_MAC, {IS_ICMPV6, TYPE(IS, NEIGHBOUR_SOLICITATION), LENGTH_6(IS, "\x00\x20"),
			  OPTION(24, IS_NOT, SOURCE_OPTION), OPTION(24, IS_NOT, NONCE_OPTION)}},
	{"nd", LOCK_MAC, {IS_ICMPV6, TYPE(IS, NEIGHBOUR_SOLICITATION), OPTION(24, IS, SOURCE_OPTION),
			  {UPPER, 26, 6, NONE_OF, NULL, MACS}}},
	{"nd", LOCK_MAC, {IS_ICMPV6, TYPE(IS, NEIGHBOUR_ADVERTISEMENT), LENGTH_6(IS, "\x00\x20"),
			  OPTION(24, IS_NOT, TARGET_OPTION)}},
	{"nd", LOCK_MAC, {IS_ICMPV6, TYPE(IS, NEIGHBOUR_ADVERTISEMENT), OPTION(24, IS, TARGET_OPTION),
			  {UPPER, 26, 6, NONE_OF, NULL, MACS}}},
	{"nd", LOCK_MAC, {IS_ICMPV6, TYPE(IS, ROUTER_SOLICITATION), LENGTH_6(IS_NOT, "\x00\x08"),
			  LENGTH_6(IS_NOT, "\x00\x10")}},
	{"nd", LOCK_MAC, {IS_ICMPV6, TYPE(IS, ROUTER_SOLICITATION), LENGTH_6(IS, "\x00\x10"),
			  OPTION(8, IS_NOT, SOURCE_OPTION)}},
	{"nd", LOCK_MAC, {IS_ICMPV6, TYPE(IS, ROUTER_SOLICITATION), OPTION(8, IS, SOURCE_OPTION),
			  {UPPER, 10, 6, NONE_OF, NULL, MACS}}},
	/* Whose address it is, or is to be. */
	{"nd", LOCK_IPV6, {IS_ICMPV6, TYPE(IS, NEIGHBOUR_ADVERTISEMENT), {UPPER, 8, 16, NONE_OF, NULL, IPV6}}},
	{"nd", LOCK_IPV6, {IS_ICMPV6, TYPE(IS, NEIGHBOUR_SOLICITATION), FROM_UNSPECIFIED_6,
			   {UPPER, 8, 16, NONE_OF, NULL, IPV6}}},

	/* From nowhere comes only the question for an address: as short as it may be, and so without options of
	 * IPv4. */
	{"address", LOCK_IPV4, {IS_IPV4, {NETWORK, 12, 4, NONE_OF, NULL, IPV4}, {NETWORK, 12, 4, IS_NOT, "\0\0\0\0", 0}}},
	{"address", LOCK_IPV4, {IS_IPV4, FROM_UNSPECIFIED_4, {NETWORK, 16, 4, IS_NOT, "\xff\xff\xff\xff", 0}}},
	{"address", LOCK_IPV4, {IS_IPV4, FROM_UNSPECIFIED_4, {NETWORK, 0, 1, IS_NOT, "\x45", 0}}},
	{"address", LOCK_IPV4, {IS_IPV4, FROM_UNSPECIFIED_4, {NETWORK, 9, 1, IS_NOT, "\x11", 0}}},
	{"address", LOCK_IPV4, {IS_IPV4, FROM_UNSPECIFIED_4, {NETWORK, 20, 4, IS_NOT, "\x00\x44\x00\x43", 0}}},
	/* And of IPv6 that, and which groups a host listens to. */
	{"address", LOCK_IPV6, {IS_IPV6, {NETWORK, 8, 16, NONE_OF, NULL, IPV6}, NOT_FROM_UNSPECIFIED_6}},
	{"address", LOCK_IPV6, {IS_IPV6, FROM_UNSPECIFIED_6, {NETWORK, 24, 2, IS_NOT, "\xff\x02", 0}}},
	{"address", LOCK_IPV6, {IS_IPV6, FROM_UNSPECIFIED_6, UPPER_PROTOCOL(IS_NOT, "\x3a")}},
	{"address", LOCK_IPV6, {IS_IPV6, FROM_UNSPECIFIED_6, IS_ICMPV6, TYPE(IS_NOT, NEIGHBOUR_SOLICITATION),
				TYPE(IS_NOT, "\x8f"), TYPE(IS_NOT, "\x83"), TYPE(IS_NOT, "\x84")}},
};
/* clang-format on */

static void write_length(struct rules_writing *writing)
{
	rule_begin(writing, "runt");
	rule_least_length(writing, LEAST_LENGTH + (writing->wish->egress ? ETH_HLEN : 0));
	rule_drop(writing);
	rule_end(writing);
}

void rules_write_rate(struct rules_writing *writing, const char *reason, uint32_t mbit)
{
	if (mbit == 0)
		return;
	rule_begin(writing, reason);
	rule_over_rate(writing, mbit);
	rule_drop(writing);
	rule_end(writing);
}

int rules_write_locks(struct rules_writing *writing)
{
	const struct network *network = writing->wish->network;
	const struct allowed allowed[LISTS] = {
		[MACS] = {&network->macs, TB_MAC_SIZE, 1, {PART_MAC}},
		[TYPES] = {&network->ether_types, 0, 0, {PART_MAC}},
		[IPV4] = {&network->sources4, 4, network->own_bridge ? 1 : 0, {PART_IPV4}},
		[IPV6] = {&network->sources6, 16, network->own_bridge ? 2 : 1, {PART_LINK_LOCAL, PART_IPV6}},
	};

	writing->allowed = allowed;
	write_length(writing);
	for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++) {
		if (locks[i].lock != 0 && (network->locks & locks[i].lock) == 0)
			continue;
		if (writing->batch->used > sizeof(writing->batch->bytes) - RULE_ROOM)
			return -E2BIG;
		rule_begin(writing, locks[i].reason);
		for (const struct check *check = locks[i].checks; check->length != 0; check++)
			rule_check(writing, check);
		rule_drop(writing);
		rule_end(writing);
	}
	rules_write_rate(writing, "rate", network->rate_from_guest);
	return 0;
}
