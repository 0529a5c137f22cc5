/* Ports of the host that lead to guests: see setup_published.h. Runs in tapbroker-setup, as root. It must never lead
 * anywhere what was not meant for the host, nor what the host has sent to itself by its loopback interface.
 *
 * Only the destination changes: who is outside keeps its address, and the guest answers it by the host.
 */
#include "broker/setup/setup_published.h"

#include "broker/config/guest.h"
#include "broker/setup/setup_inet.h"

#include <arpa/inet.h>

/* One of the two families of one entry of Publish=. */
struct published {
	const struct network_publish *publish;
	bool ipv6;
	const char *protocol;
	char host[INET6_ADDRSTRLEN]; /* or "": each of the host's */
	char guest[INET6_ADDRSTRLEN];
};

/* False if it is not published by this family. */
static bool published_get(const struct network *network, size_t index, bool ipv6, struct published *published)
{
	const struct network_publish *publish = &network->publish[index];
	int family = ipv6 ? AF_INET6 : AF_INET;
	struct guest guest;

	guest_make(network, guest_of_name(network, publish->name), &guest);
	*published = (struct published){.publish = publish, .ipv6 = ipv6, .protocol = publish->udp ? "udp" : "tcp"};
	if (publish->one_address)
		inet_ntop(family, publish->address, published->host, sizeof(published->host));
	inet_ntop(family, ipv6 ? guest.told.ipv6 : guest.told.ipv4, published->guest, sizeof(published->guest));
	return (publish->families & (ipv6 ? NETWORK_IPV6 : NETWORK_IPV4)) != 0;
}

static void for_each_published(FILE *out, const struct network *network,
			       void (*write)(FILE *out, const struct published *published))
{
	struct published published;

	for (size_t i = 0; i < network->publish_count; i++)
		for (int ipv6 = 0; ipv6 <= 1; ipv6++)
			if (published_get(network, i, ipv6 == 1, &published))
				write(out, &published);
}

static void write_ports(FILE *out, const struct published *published, unsigned int first, unsigned int count)
{
	fprintf(out, "%s dport %u", published->protocol, first);
	if (count > 1)
		fprintf(out, "-%u", first + count - 1);
}

/* guest_port: 0 if that stays as it is. */
static void write_led(FILE *out, const struct published *published, unsigned int port, unsigned int count,
		      unsigned int guest_port)
{
	const char *family = published->ipv6 ? "ip6" : "ip";

	fprintf(out, "\t\tmeta nfproto %s ", published->ipv6 ? "ipv6" : "ipv4");
	if (published->host[0] != '\0')
		fprintf(out, "%s daddr %s ", family, published->host);
	write_ports(out, published, port, count);
	fprintf(out, " dnat %s to %s", family, published->guest);
	if (guest_port != 0)
		fprintf(out, published->ipv6 ? " : %u" : ":%u", guest_port);
	fputc('\n', out);
}

/* A range leads to the same ports, or one by one to others. */
static void write_dnat(FILE *out, const struct published *published)
{
	const struct network_publish *publish = published->publish;

	if (publish->port == publish->guest_port) {
		write_led(out, published, publish->port, publish->count, 0);
		return;
	}
	for (unsigned int i = 0; i < publish->count; i++)
		write_led(out, published, publish->port + i, 1, publish->guest_port + i);
}

/* Not led is what guests ask the host for at its address on their own bridge: that is what it serves them. To lead what
 * comes to a loopback address, Linux would have to believe such addresses on the bridge, too (route_localnet): guests
 * would reach what listens to programs of the host alone. */
void published_write_chains(FILE *out, const struct network *network)
{
	if (network->publish_count == 0)
		return;
	fputs("\tchain published {\n"
	      "\t\tfib daddr type != local return\n"
	      "\t\tip daddr 127.0.0.0/8 return\n"
	      "\t\tip6 daddr { ::1, fe80::/10 } return\n",
	      out);
	for_each_published(out, network, write_dnat);
	fputs("\t}\n"
	      "\tchain from-outside {\n"
	      "\t\ttype nat hook prerouting priority dstnat; policy accept;\n"
	      "\t\tiifname \"" NETWORK_BRIDGE_PREFIX "*\" fib daddr . iif type local accept\n"
	      "\t\tjump published\n"
	      "\t}\n"
	      "\tchain from-host {\n"
	      "\t\ttype nat hook output priority -100; policy accept;\n"
	      "\t\tjump published\n"
	      "\t}\n",
	      out);
}

static void write_accept(FILE *out, const struct published *published)
{
	fprintf(out, "\t\tct status dnat %s daddr %s ", published->ipv6 ? "ip6" : "ip", published->guest);
	write_ports(out, published, published->publish->guest_port, published->publish->count);
	fputs(" accept\n", out);
}

void published_write_accepts(FILE *out, const struct network *network)
{
	fputs("\tchain to-published {\n", out);
	for_each_published(out, network, write_accept);
	fputs("\t}\n", out);
}

/* The other guest would answer directly, from an address that nobody has asked. */
void published_write_answers_by_host(FILE *out, const struct network *network)
{
	struct network_prefix prefix;
	char text[INET_TEXT_SIZE];

	for (int ipv6 = 0; ipv6 <= 1 && network->publish_count > 0; ipv6++)
		if (inet_of_network(network, ipv6 == 1, &prefix))
			fprintf(out, "\t\tct status dnat %s saddr %s oifname \"%s\" masquerade\n",
				ipv6 == 1 ? "ip6" : "ip", inet_text(&prefix, text), network->bridge);
}
