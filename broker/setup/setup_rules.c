/* What may pass between a network with a bridge of its own, the host, and what the host reaches: one nft table for
 * each. Runs in tapbroker-setup, as root.
 *
 * Nothing passes by default. Every table is loaded as a whole or not at all, and before the bridge that it is about:
 * its chains go by the bridge's name. No accept here overrules a drop in a table of somebody else's.
 */
#include "broker/config/guest.h"
#include "broker/setup/setup.h"
#include "broker/setup/setup_guests.h"
#include "broker/setup/setup_inet.h"
#include "broker/setup/setup_published.h"
#include "broker/setup/setup_tables.h"

#include "broker/shared/alias.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the internet is not: private, shared by carriers, of one link (a cloud's metadata), for measurements inside a
 * site, for groups, or nothing; and the address by which each machine of Azure asks its host. */
#define NOT_INTERNET_IPV4                                                                                   \
	"0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 168.63.129.16, 169.254.0.0/16, 172.16.0.0/12, " \
	"192.0.0.0/24, 192.168.0.0/16, 198.18.0.0/15, 224.0.0.0/3"

/* The same, and the same IPv4 addresses behind translators and tunnels: NAT64 and 6to4. */
#define NOT_INTERNET_IPV6                                                                                          \
	"::/96, ::ffff:0:0/96, fc00::/7, fe80::/10, fec0::/10, ff00::/8, 64:ff9b:1::/48, "                         \
	"64:ff9b::/104, 64:ff9b::a00:0/104, 64:ff9b::6440:0/106, 64:ff9b::7f00:0/104, 64:ff9b::a9fe:0/112, "       \
	"64:ff9b::ac10:0/108, 64:ff9b::c0a8:0/112, 64:ff9b::a83f:8110, 64:ff9b::c000:0/120, 64:ff9b::c612:0/111, " \
	"100::/64, 2001:2::/48, 5f00::/16, 2002:a83f:8110::/48, 2002:c000::/40, 2002:c612::/31, "                  \
	"2002::/24, 2002:a00::/24, 2002:6440::/26, 2002:7f00::/24, 2002:a9fe::/32, 2002:ac10::/28, 2002:c0a8::/32"

#define REJECT "reject with icmpx type admin-prohibited"

/* The interfaces of the network's guests, and the bridge to which the host sends what is for nobody who is there, as
 * nft compares with them. */
static const char *guests_interfaces(const struct network *network)
{
	static char text[64 + (GUEST_INTERFACES_MAX + 1) * (TB_NAME_SIZE + 4)];
	struct guest_interfaces guests;
	size_t length;

	if (!network->routed) {
		snprintf(text, sizeof(text), "\"%s\"", network->bridge);
		return text;
	}
	guest_interfaces_find(network, &guests);
	length = (size_t)snprintf(text, sizeof(text), "{ \"%s\"", network->bridge);
	for (size_t i = 0; i < guests.count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, ", \"%s\"", guests.names[i]);
	snprintf(text + length, sizeof(text) - length, " }");
	return text;
}

static void write_prefix(FILE *out, const struct network_prefix *prefix)
{
	char text[INET_TEXT_SIZE];

	fputs(inet_text(prefix, text), out);
}

/* The network that the host's address is on, as nft takes it: it cuts the other bits off. */
static void write_network(FILE *out, const char *before, const struct network *network, bool is_ipv6, const char *after)
{
	struct network_prefix prefix;

	if (!inet_of_network(network, is_ipv6, &prefix))
		return;
	fputs(before, out);
	write_prefix(out, &prefix);
	fputs(after, out);
}

static void write_allowed(FILE *out, const struct network *network)
{
	for (size_t i = 0; i < network->allow_count; i++) {
		fputs(network->allow[i].is_ipv6 ? "\t\tip6 daddr " : "\t\tip daddr ", out);
		write_prefix(out, &network->allow[i]);
		fputs(" accept\n", out);
	}
}

/* Ports of the host that lead to guests are the host's to those who ask: what was meant for an address that is allowed
 * is allowed, wherever it leads. */
static void write_allowed_ports(FILE *out, const struct network *network, const char *verdict)
{
	char text[INET_TEXT_SIZE];

	for (size_t i = 0; i < network->allow_count; i++)
		fprintf(out, "\t\tct status dnat ct original %s daddr %s %s\n",
			network->allow[i].is_ipv6 ? "ip6" : "ip", inet_text(&network->allow[i], text), verdict);
	if (network->reach == REACH_ALL)
		fprintf(out, "\t\tct status dnat %s\n", verdict);
}

/* From one guest to another. Isolated ones reach what is published all the same, where they may reach the host. */
static void write_between_guests(FILE *out, const struct network *network)
{
	fputs("\tchain between-guests {\n", out);
	write_allowed_ports(out, network, "jump to-published");
	fprintf(out, "\t\t%s\n\t}\n", network->isolated ? "drop" : "accept");
}

/* Collects the networks that the host itself is on: its neighbours there are not the internet, whatever their
 * addresses. */
struct neighbours {
	FILE *out;
	const struct network *network;
};

static void write_neighbours(void *context, const struct inet_address *address)
{
	const struct neighbours *neighbours = context;
	const struct network *network = neighbours->network;
	char name[IF_NAMESIZE] = "";

	if (address->prefix.bits == 0 || address->link_local)
		return;
	if (if_indextoname(address->ifindex, name) != NULL &&
	    (strcmp(name, network->bridge) == 0 || (network->routed && network_has_device(network, name))))
		return;
	fputs(address->prefix.is_ipv6 ? "\t\tip6 daddr " : "\t\tip daddr ", neighbours->out);
	write_prefix(neighbours->out, &address->prefix);
	fputs(" " REJECT "\n", neighbours->out);
}

/* Each guest's Ethernet address, twice: as a frame's sender, and as the client of whom a DHCP message in it speaks,
 * which is 36 bytes behind the beginning of UDP's header. */
#define DHCP_SENDER "ether saddr . @th,288,48"

static void write_dhcp_senders(FILE *out, const struct network *network)
{
	struct guest guest;

	if (!network->dhcp)
		return;
	fputs("\tset dhcp-senders {\n\t\ttypeof " DHCP_SENDER "\n\t\telements = {", out);
	for (uint32_t number = guest_next(network, 0); number != 0; number = guest_next(network, number)) {
		const uint8_t *mac = guest.mac;

		guest_make(network, number, &guest);
		fprintf(out, " %02x:%02x:%02x:%02x:%02x:%02x . 0x%02x%02x%02x%02x%02x%02x,", mac[0], mac[1], mac[2],
			mac[3], mac[4], mac[5], mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	}
	fputs(" }\n\t}\n", out);
}

/* What the network's dnsmasq listens to: on the bridge's own addresses, and those of groups. 6 is TCP, 17 UDP. A guest
 * speaks of itself alone: dnsmasq would give an address to nobody for ten minutes that another one has declined. */
static void write_served(FILE *out, const struct network *network)
{
	if (network->dhcp)
		fputs("\t\tmeta nfproto ipv4 udp dport 67 " DHCP_SENDER " @dhcp-senders accept\n", out);
	if (network->ra)
		fputs("\t\ticmpv6 type nd-router-solicit accept\n"
		      "\t\tmeta nfproto ipv6 udp dport 547 accept\n",
		      out);
	if (network->dns)
		fputs("\t\tmeta l4proto { 6, 17 } th dport 53 fib daddr . iif type local accept\n", out);
}

/* What is for an address that the host has there. If several interfaces have it, the kernel finds one of them for
 * IPv4. */
static void write_for_host(FILE *out, const struct network *network, const char *what)
{
	struct network_prefix host;

	fprintf(out, "\t\t%sfib daddr . iif type local accept\n", what);
	if (!network->routed || !inet_of_network(network, false, &host))
		return;
	host.bits = 32;
	fprintf(out, "\t\t%sip daddr ", what);
	write_prefix(out, &host);
	fputs(" accept\n", out);
}

/* To the host. ICMP is what tells guests of routes and sizes. */
static void write_input(FILE *out, const struct network *network)
{
	fprintf(out,
		"\tchain input {\n"
		"\t\ttype filter hook input priority filter; policy accept;\n"
		"\t\tiifname != %s accept\n"
		"\t\tct state established,related accept\n"
		"\t\ticmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n",
		guests_interfaces(network));
	if (network->reach != REACH_NONE)
		/* 1 is ICMP, 58 ICMPv6: their names stand in /etc/protocols, which a small Debian does not have. */
		write_for_host(out, network, "meta l4proto { 1, 58 } ");
	write_served(out, network);
	write_allowed(out, network);
	if (network->reach == REACH_HOST)
		write_for_host(out, network, "");
	if (network->reach == REACH_ALL)
		fputs("\t\taccept\n", out);
	fputs("\t\t" REJECT "\n\t}\n", out);
}

/* From guests. A packet between two of them is here only if it was routed, or where the host filters its bridges. */
static void write_from_guests(FILE *out, struct link_socket *sock, const struct network *network)
{
	struct neighbours neighbours = {.out = out, .network = network};

	fputs("\tchain from-guests {\n", out);
	if (!network->isolated)
		fprintf(out, "\t\toifname %s jump between-guests\n", guests_interfaces(network));
	write_network(out, "\t\tip saddr != ", network, false, " drop\n");
	write_network(out, "\t\tip6 saddr != ", network, true, " drop\n");
	if (network->publish_count > 0)
		fputs("\t\tct status dnat ct direction reply ct state established,related accept\n", out);
	if (network->isolated)
		fprintf(out, "\t\toifname %s jump between-guests\n", guests_interfaces(network));
	if ((network->forward & NETWORK_IPV4) == 0)
		fputs("\t\tmeta nfproto ipv4 " REJECT "\n", out);
	if ((network->forward & NETWORK_IPV6) == 0)
		fputs("\t\tmeta nfproto ipv6 " REJECT "\n", out);
	fputs("\t\tct state established,related accept\n", out);
	write_allowed(out, network);
	write_allowed_ports(out, network, "accept");
	if (network->reach == REACH_INTERNET) {
		fputs("\t\tip daddr { " NOT_INTERNET_IPV4 " } " REJECT "\n"
		      "\t\tip6 daddr { " NOT_INTERNET_IPV6 " } " REJECT "\n",
		      out);
		if (inet_addresses(sock, write_neighbours, &neighbours) < 0)
			fputs("\t\t" REJECT "\n", out);
	}
	fputs("\t\taccept\n\t}\n", out);
}

/* Guests may have a larger MTU than the way to the world. Nobody there begins to speak to them, but at ports that are
 * published. */
static void write_forward(FILE *out, const struct network *network)
{
	const char *guests = guests_interfaces(network);

	fprintf(out,
		"\tchain to-guests {\n"
		"\t\tiifname %s return\n"
		"\t\tct state established,related accept\n"
		"\t\tjump to-published\n"
		"\t\t" REJECT "\n"
		"\t}\n"
		"\tchain forward {\n"
		"\t\ttype filter hook forward priority filter; policy accept;\n"
		"\t\tiifname %s tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu\n"
		"\t\toifname %s tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu\n"
		"\t\toifname %s jump to-guests\n"
		"\t\tiifname %s jump from-guests\n"
		"\t}\n",
		guests, guests, guests, guests, guests);
}

static void write_masquerade(FILE *out, const struct network *network)
{
	if (network->masquerade == 0 && network->publish_count == 0)
		return;
	fputs("\tchain postrouting {\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n", out);
	published_write_answers_by_host(out, network);
	fprintf(out, "\t\toifname %s accept\n", guests_interfaces(network));
	if ((network->masquerade & NETWORK_IPV4) != 0)
		write_network(out, "\t\tip saddr ", network, false, " masquerade\n");
	if ((network->masquerade & NETWORK_IPV6) != 0)
		write_network(out, "\t\tip6 saddr ", network, true, " masquerade\n");
	fputs("\t}\n", out);
}

/* A guest on a link of its own sends from what the host leads to that link, and from nothing else: its own addresses,
 * and for its neighbours on the link, none at all or a link-local one. */
static void write_sources(FILE *out, const struct network *network)
{
	if (!network->routed)
		return;
	fprintf(out,
		"\tchain sources {\n"
		"\t\ttype filter hook prerouting priority raw; policy accept;\n"
		"\t\tiifname != %s accept\n"
		"\t\tip6 saddr :: accept\n"
		"\t\tfib saddr . iif oif missing drop\n"
		"\t}\n",
		guests_interfaces(network));
}

static void rules_write_chains(FILE *out, struct link_socket *sock, const struct network *network)
{
	write_sources(out, network);
	write_dhcp_senders(out, network);
	write_input(out, network);
	published_write_accepts(out, network);
	write_between_guests(out, network);
	write_from_guests(out, sock, network);
	write_forward(out, network);
	published_write_chains(out, network);
	write_masquerade(out, network);
}

static int rules_load(struct link_socket *sock, const struct network *network)
{
	char table[TB_NETWORK_SIZE + sizeof(TABLES_NETWORK_PREFIX)];
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int ret;

	if (out == NULL)
		return -errno;
	snprintf(table, sizeof(table), TABLES_NETWORK_PREFIX "%s", network->name);
	rules_write_chains(out, sock, network);
	ret = fclose(out) == 0 ? table_load(table, text) : -errno;
	free(text);
	return ret;
}

/* True if the table of this network is to stay. What a network had that is off now stays: there are leases of it. */
static bool table_needed(const struct setup *setup, const char *name)
{
	const struct network *network = network_find(setup->networks, name);

	return network != NULL && (network->own_bridge || network->off);
}

/* Looks for a device of the network that is no port of a bridge. */
struct living {
	const char *network;
	bool found;
};

static void living_look(void *context, const struct link *link)
{
	struct living *living = context;
	const char *network = strrchr(link->alias, ':');

	living->found |= link->master == 0 && network != NULL && strcmp(network + 1, living->network) == 0 &&
			 strncmp(link->alias, ALIAS_PREFIX, strlen(ALIAS_PREFIX)) == 0;
}

/* A bridge that is gone leads nowhere, but a link of a guest's own to this host does as long as it is there. */
static bool table_guards(const struct setup *setup, const char *name)
{
	struct living living = {.network = name};
	int ret = link_dump(setup->link, "tun", living_look, &living);

	return living.found || ret < 0;
}

static bool stays_at_stop(const void *context, const char *table)
{
	return table_guards(context, table + strlen(TABLES_NETWORK_PREFIX));
}

static bool stays_at_start(const void *context, const char *table)
{
	return table_needed(context, table + strlen(TABLES_NETWORK_PREFIX)) || stays_at_stop(context, table);
}

static unsigned int rules_start(struct setup *setup)
{
	unsigned int problems = tables_sweep(TABLES_NETWORK_PREFIX, stays_at_start, setup);

	for (size_t i = 0; i < setup->networks->count; i++) {
		const struct network *network = &setup->networks->networks[i];

		if (!setup_wants(setup, i) || rules_load(setup->link, network) == 0)
			continue;
		tb_log(TB_LOG_ERROR, "network %s: its rules cannot be loaded, so its bridge is not made",
		       network->name);
		setup->refused[i] = true;
		problems++;
	}
	return problems;
}

static unsigned int rules_stop(struct setup *setup)
{
	return tables_sweep(TABLES_NETWORK_PREFIX, stays_at_stop, setup);
}

const struct setup_part setup_rules = {.name = "rules", .start = rules_start, .stop = rules_stop};
