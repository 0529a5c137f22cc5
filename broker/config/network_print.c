/* A network as a file that says every value: see network_print.h. Runs in tapbrokerd --check, as whoever calls it. */
#include "broker/config/network_print.h"

#include "broker/config/network_file.h"
#include "proto/words.h"

#include <arpa/inet.h>

#define NAMES_A_LINE 8 /* so many fit into a line of a network file */

static void print_yes(const char *key, bool value, FILE *out)
{
	fprintf(out, "%s=%s\n", key, value ? "yes" : "no");
}

static void print_lease_time(const struct network *network, FILE *out)
{
	if (network->max_lease_time != 0)
		fprintf(out, "MaxLeaseTimeSec=%u\n", network->max_lease_time);
	else
		fputs("MaxLeaseTimeSec=infinity\n", out);
}

static void print_names(const struct network *network, FILE *out)
{
	for (size_t i = 0; i < network->names_count; i++)
		fprintf(out, "%s%s%s", i % NAMES_A_LINE == 0 ? "Names=" : " ", network->names[i],
			i % NAMES_A_LINE == NAMES_A_LINE - 1 || i + 1 == network->names_count ? "\n" : "");
}

static void print_lifetimes(uint32_t lifetimes, FILE *out)
{
	const char *before = "Lifetimes=";

	for (int lifetime = 0; lifetime < TB_LIFETIME_COUNT; lifetime++) {
		if ((lifetimes & 1u << lifetime) != 0) {
			fprintf(out, "%s%s", before, tb_lifetime_word((uint32_t)lifetime));
			before = " ";
		}
	}
	fputc('\n', out);
}

static void print_netns(uint32_t netns, FILE *out)
{
	const char *before = "Netns=";

	for (int i = 0; i < NETNS_COUNT; i++) {
		if ((netns & 1u << i) != 0) {
			fprintf(out, "%s%s", before, network_netns_words[i]);
			before = " ";
		}
	}
	fputc('\n', out);
}

static void print_prefixes(const char *key, const struct network_prefixes *list, FILE *out)
{
	char text[TB_PREFIX_TEXT];

	for (size_t i = 0; i < list->count; i++) {
		tb_prefix_write(&list->prefixes[i], text);
		fprintf(out, "%s=%s\n", key, text);
	}
}

static void print_configuration(const struct network *network, FILE *out)
{
	if (network->addresses.count == 0)
		return;
	print_prefixes("Addresses", &network->addresses, out);
	print_prefixes("Routes", &network->routes, out);
	print_yes("DefaultRoute", network->default_route, out);
	fprintf(out, "Scope=%s\n", tb_scope_word(network->scope));
	print_yes("KillSwitch", network->kill_switch, out);
}

static void print_address(const struct network *network, FILE *out)
{
	struct in_addr ipv4 = {.s_addr = htonl(network->ipv4.address)};
	char text[INET6_ADDRSTRLEN];

	fprintf(out, "# on the bridge %s, which tapbroker-setup makes\nAddress=", network->bridge);
	if (network->ipv4_auto)
		fputs("auto", out);
	else if (network->ipv4.prefix != 0)
		fprintf(out, "%s/%u", inet_ntop(AF_INET, &ipv4, text, sizeof(text)), network->ipv4.prefix);
	if (network->ipv6.prefix != 0)
		fprintf(out, "%s%s/%u", network->ipv4.prefix != 0 || network->ipv4_auto ? " " : "",
			inet_ntop(AF_INET6, network->ipv6.address, text, sizeof(text)), network->ipv6.prefix);
	fputc('\n', out);
}

static void print_host_interface(const struct network *network, FILE *out)
{
	struct in_addr ipv4 = {.s_addr = htonl(network->ipv4.address)};
	char text[INET6_ADDRSTRLEN];

	fprintf(out, "# on %s, which tapbroker-setup makes\nHostInterface=", network->host_interface);
	if (network->ipv4.prefix != 0)
		fputs(inet_ntop(AF_INET, &ipv4, text, sizeof(text)), out);
	if (network->ipv6.prefix != 0)
		fprintf(out, "%s%s", network->ipv4.prefix != 0 ? " " : "",
			inet_ntop(AF_INET6, network->ipv6.address, text, sizeof(text)));
	fputc('\n', out);
}

static void print_ports(unsigned int first, unsigned int count, FILE *out)
{
	fprintf(out, "%u", first);
	if (count > 1)
		fprintf(out, "-%u", first + count - 1);
}

static void print_published(const struct network_publish *publish, FILE *out)
{
	static const char *const any[] = {[NETWORK_IPV4] = "0.0.0.0", [NETWORK_IPV6] = "::"};
	bool both = publish->families == (NETWORK_IPV4 | NETWORK_IPV6);
	bool ipv6 = publish->families == NETWORK_IPV6;
	char text[INET6_ADDRSTRLEN];

	fputs("Publish=", out);
	if (publish->one_address)
		inet_ntop(ipv6 ? AF_INET6 : AF_INET, publish->address, text, sizeof(text));
	if (!both)
		fprintf(out, ipv6 ? "[%s]:" : "%s:", publish->one_address ? text : any[publish->families]);
	print_ports(publish->port, publish->count, out);
	fprintf(out, ":%s:", publish->name);
	print_ports(publish->guest_port, publish->count, out);
	fprintf(out, "/%s\n", publish->udp ? "udp" : "tcp");
}

static void print_routing(const struct network *network, FILE *out)
{
	fprintf(out, "Reach=%s\nForward=%s\nMasquerade=%s\n", network_reach_words[network->reach],
		network_family_words[network->forward], network_family_words[network->masquerade]);
	if (!network->routed) {
		print_yes("DHCP", network->dhcp, out);
		print_yes("DNS", network->dns, out);
		print_yes("RA", network->ra, out);
	}
	for (size_t i = 0; i < network->allow_count; i++) {
		const struct network_prefix *prefix = &network->allow[i];
		char text[INET6_ADDRSTRLEN];

		fprintf(out, "Allow=%s/%u\n",
			inet_ntop(prefix->is_ipv6 ? AF_INET6 : AF_INET, prefix->address, text, sizeof(text)),
			prefix->bits);
	}
	for (size_t i = 0; i < network->publish_count; i++)
		print_published(&network->publish[i], out);
}

/* A device that others make. */
static void print_given(const struct network *network, FILE *out)
{
	fprintf(out, "Device=%s\nMTU=%u\nQueues=%u\n", network->device, network->mtu, network->queues);
	print_yes("VnetHeader", network->vnet_hdr, out);
	if (network->kind == TB_KIND_TAP)
		print_yes("Vhost", network->vhost, out);
	print_lease_time(network, out);
	print_yes("Listed", network->listed, out);
}

void network_print(const struct network *network, FILE *out)
{
	bool tun = network->kind == TB_KIND_TUN;
	bool macvtap = network->kind == TB_KIND_MACVTAP;
	bool port = network->bridge[0] != '\0';

	fprintf(out, "[Network]\nKind=%s\n", tb_kind_word(network->kind));
	if (network->device[0] != '\0') {
		print_given(network, out);
		return;
	}
	if (network->own_bridge) {
		print_address(network, out);
		if (network->routed && !tun)
			print_yes("Routed", true, out);
		print_routing(network, out);
	} else if (port) {
		fprintf(out, "Bridge=%s\n", network->bridge);
	}
	if (macvtap)
		fprintf(out, "Parent=%s\nMode=%s\n", network->parent, tb_mode_word(network->mode));
	if (network->host_interface[0] != '\0')
		print_host_interface(network, out);
	print_names(network, out);
	fprintf(out, "MTU=%u\nQueues=%u\n", network->mtu, network->queues);
	print_yes("VnetHeader", network->vnet_hdr, out);
	if (!tun)
		print_yes("Vhost", network->vhost, out);
	fprintf(out, "MaxPerUser=%u\nMax=%u\n", network->max_per_user, network->max);
	print_lease_time(network, out);
	if (network_has_ports(network))
		print_yes("Direct", network->direct, out);
	if (port)
		print_yes("Isolated", network->isolated, out);
	if (network->kind == TB_KIND_TAP && !port)
		print_yes("HostReplies", network->host_replies, out);
	if (macvtap)
		print_yes("AllMulticast", network->all_multicast, out);
	if (network_is_locked(network))
		network_print_locks(network, out);
	fprintf(out, "IPv6=%s\n", network->ipv6_disabled ? "disabled" : "no-ra");
	print_lifetimes(network->lifetimes, out);
	print_netns(network->netns, out);
	print_configuration(network, out);
	print_yes("Listed", network->listed, out);
}
