/* Checks the network files without starting anything: see check.h. It reads what tapbrokerd would read, with the rights
 * of its caller, and asks the kernel which interfaces exist; it changes nothing.
 */
#include "broker/config/check.h"

#include "broker/config/network.h"
#include "broker/config/network_file.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "proto/words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_RIGHT 0
#define EXIT_FAILED 1  /* nothing can be said about the files */
#define EXIT_MISTAKE 2 /* what the administrator has to mend */

#define NAMES_A_LINE 8 /* so many fit into a line of a network file */

static void print_yes(const char *key, bool value, FILE *out)
{
	fprintf(out, "%s=%s\n", key, value ? "yes" : "no");
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

static void print_address(const struct network *network, FILE *out)
{
	struct in_addr ipv4 = {.s_addr = htonl(network->ipv4.address)};
	char text[INET6_ADDRSTRLEN];

	fprintf(out, "# on the bridge %s, which tapbroker-setup makes\nAddress=", network->bridge);
	if (network->ipv4.prefix != 0)
		fprintf(out, "%s/%u", inet_ntop(AF_INET, &ipv4, text, sizeof(text)), network->ipv4.prefix);
	if (network->ipv6.prefix != 0)
		fprintf(out, "%s%s/%u", network->ipv4.prefix != 0 ? " " : "",
			inet_ntop(AF_INET6, network->ipv6.address, text, sizeof(text)), network->ipv6.prefix);
	fputc('\n', out);
}

void network_print(const struct network *network, FILE *out)
{
	bool tun = network->kind == TB_KIND_TUN;
	bool macvtap = network->kind == TB_KIND_MACVTAP;
	bool port = network->bridge[0] != '\0';

	fprintf(out, "[Network]\nKind=%s\n", tb_kind_word(network->kind));
	if (network->own_bridge)
		print_address(network, out);
	else if (port)
		fprintf(out, "Bridge=%s\n", network->bridge);
	if (macvtap)
		fprintf(out, "Parent=%s\nMode=%s\n", network->parent, tb_mode_word(network->mode));
	print_names(network, out);
	fprintf(out, "MTU=%u\nQueues=%u\n", network->mtu, network->queues);
	print_yes("VnetHeader", network->vnet_hdr, out);
	if (!tun)
		print_yes("Vhost", network->vhost, out);
	fprintf(out, "MaxPerUser=%u\nMax=%u\n", network->max_per_user, network->max);
	if (network->max_lease_time != 0)
		fprintf(out, "MaxLeaseTimeSec=%u\n", network->max_lease_time);
	else
		fputs("MaxLeaseTimeSec=infinity\n", out);
	if (port)
		print_yes("Isolated", network->isolated, out);
	if (network->kind == TB_KIND_TAP && !port)
		print_yes("HostReplies", network->host_replies, out);
	if (macvtap)
		print_yes("AllMulticast", network->all_multicast, out);
	fprintf(out, "IPv6=%s\n", network->ipv6_disabled ? "disabled" : "no-ra");
	print_lifetimes(network->lifetimes, out);
	print_netns(network->netns, out);
	print_yes("Listed", network->listed, out);
}

static void warn_missing(const struct network *network, const char *key, const char *interface)
{
	if (interface[0] == '\0' || if_nametoindex(interface) != 0)
		return;
	if (network->own_bridge)
		tb_log(TB_LOG_WARNING,
		       "network %s: its bridge %s is not there now; until tapbroker-setup start has made it, devices are refused",
		       network->name, interface);
	else
		tb_log(TB_LOG_WARNING,
		       "network %s: %s=%s: there is no such interface now; until it is made, devices are refused",
		       network->name, key, interface);
}

/* One of the bridge's numbers in /sys; 0 if it cannot be read. */
static unsigned int bridge_number(const char *bridge, const char *file)
{
	char path[64 + TB_NAME_SIZE];
	char text[32] = "";
	int fd TB_CLOSE = -1;

	snprintf(path, sizeof(path), "/sys/class/net/%s/bridge/%s", bridge, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	return (unsigned int)strtoul(text, NULL, 10);
}

/* A port goes through two steps, listening and learning, before it forwards; the kernel tells
 * hundredths of a second. */
static void warn_of_stp(const struct network *network)
{
	if (network->bridge[0] != '\0' && bridge_number(network->bridge, "stp_state") != 0)
		tb_log(TB_LOG_WARNING,
		       "network %s: Bridge=%s has the spanning tree protocol on: each new device is silent for %u seconds, and its guest's DHCP client may give up; see tapbroker-network(5)",
		       network->name, network->bridge, 2 * bridge_number(network->bridge, "forward_delay") / 100);
}

void networks_warn(const struct network_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		warn_of_stp(&table->networks[i]);
		warn_missing(&table->networks[i], "Bridge", table->networks[i].bridge);
		warn_missing(&table->networks[i], "Parent", table->networks[i].parent);
	}
}

static void print_all(const struct network_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct network *network = &table->networks[i];

		printf("# %s%s\n", network->name, network->off ? ": off" : "");
		if (!network->off)
			network_print(network, stdout);
		putchar('\n');
	}
}

/* A directory that is not there holds no mistakes, but whoever names it has made one. */
static bool directory_there(const char *path)
{
	struct stat status;

	if (stat(path, &status) == 0)
		return true;
	tb_log(TB_LOG_ERROR, "%s: %s", path, strerror(errno));
	return false;
}

static bool is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

int config_check(const char *path, const char *config_dir, const char *vendor_dir)
{
	static struct network_table table;
	const char *directory = path != NULL ? path : config_dir;
	bool one_file = path != NULL && !is_directory(path);
	int mistakes;

	if (!one_file && !directory_there(directory))
		return EXIT_MISTAKE;
	mistakes = one_file ? networks_read_file(&table, path) : networks_read(&table, directory, vendor_dir);
	if (mistakes < 0) {
		tb_log(TB_LOG_ERROR, "cannot read the network files: %s", strerror(-mistakes));
		return EXIT_FAILED;
	}
	print_all(&table);
	fflush(stdout);
	networks_warn(&table);
	if (mistakes > 0) {
		tb_log(TB_LOG_ERROR, "%zu network%s, %d mistake%s", table.count, table.count == 1 ? "" : "s", mistakes,
		       mistakes == 1 ? "" : "s");
		return EXIT_MISTAKE;
	}
	if (table.count == 0 && !one_file) {
		tb_log(TB_LOG_ERROR, "there is no network file in %s/networks.d, nor in %s/networks.d", directory,
		       vendor_dir);
		return EXIT_MISTAKE;
	}
	printf("%zu network%s, no mistakes\n", table.count, table.count == 1 ? "" : "s");
	return fflush(stdout) == 0 ? EXIT_RIGHT : EXIT_FAILED;
}
