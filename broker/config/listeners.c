/* Programs that listen on published ports: see listeners.h. Runs in tapbrokerd before lock-down, as root, or as whoever
 * checks the files. It reads /proc/net; it must never take a port itself, not even for a moment.
 */
#include "broker/config/listeners.h"

#include "broker/config/findings.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* A socket as a line of these files tells it: "  0: 0100007F:0035 00000000:0000 0A ...". */
struct listener {
	bool udp;
	bool any_address;
	uint32_t families; /* by which it is reached */
	unsigned int port;
	uint8_t address[16];
};

/* The states that the kernel writes: TCP_LISTEN, and TCP_CLOSE, which a socket of UDP has that asks nobody. */
#define STATE_LISTEN 0x0a
#define STATE_CLOSE 0x07

/* The files have each 32 bits of an address as a number of this machine's. */
static void take_listener_address(struct listener *listener, const char *digits)
{
	static const uint8_t none[16];
	unsigned int word;

	memset(listener->address, 0, sizeof(listener->address));
	for (size_t i = 0; i < strlen(digits) / 8; i++)
		if (sscanf(digits + 8 * i, "%8X", &word) == 1)
			memcpy(listener->address + 4 * i, &word, sizeof(word));
	listener->any_address = memcmp(listener->address, none, sizeof(none)) == 0;
}

/* False if the line is of no socket that waits for others. */
static bool take_line(struct listener *listener, const char *line, bool udp)
{
	char digits[33];
	unsigned int state;

	if (sscanf(line, " %*u: %32[0-9A-F]:%X %*[0-9A-F:] %X", digits, &listener->port, &state) != 3 ||
	    state != (udp ? STATE_CLOSE : STATE_LISTEN))
		return false;
	listener->udp = udp;
	take_listener_address(listener, digits);
	if (strlen(digits) == 8)
		listener->families = NETWORK_IPV4;
	else
		listener->families = listener->any_address ? NETWORK_IPV4 | NETWORK_IPV6 : NETWORK_IPV6;
	return true;
}

/* True if it stays reached: by programs of this host alone, or by guests on a bridge of ours. */
static bool is_untouched(const struct network_table *table, const struct listener *listener)
{
	struct in6_addr ipv6;

	memcpy(&ipv6, listener->address, sizeof(ipv6));
	if (listener->families == NETWORK_IPV4 ? listener->address[0] == 127 : IN6_IS_ADDR_LOOPBACK(&ipv6))
		return true;
	for (size_t i = 0; i < table->count && !listener->any_address; i++) {
		const struct network *network = &table->networks[i];
		uint32_t ipv4 = htonl(network->ipv4.address);

		if (network->own_bridge && (memcmp(listener->address, &ipv4, sizeof(ipv4)) == 0 ||
					    memcmp(listener->address, network->ipv6.address, 16) == 0))
			return true;
	}
	return false;
}

static bool is_taken_from(const struct network_publish *publish, const struct listener *listener)
{
	return publish->udp == listener->udp && (publish->families & listener->families) != 0 &&
	       listener->port >= publish->port && listener->port < publish->port + publish->count &&
	       (!publish->one_address || listener->any_address ||
		memcmp(publish->address, listener->address, sizeof(listener->address)) == 0);
}

static void warn_of_listener(const struct network_table *table, const struct listener *listener)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct network *network = &table->networks[i];

		for (size_t j = 0; j < network->publish_count; j++)
			if (is_taken_from(&network->publish[j], listener))
				found_warning(
					network->name,
					"Publish=%u: a program of this host listens on port %u/%s, and nobody outside reaches it there any more; stop it, or choose another port",
					network->publish[j].port, listener->port, listener->udp ? "udp" : "tcp");
	}
}

static void warn_of_file(const struct network_table *table, const char *path, bool udp)
{
	FILE *file = fopen(path, "re");
	struct listener listener;
	char line[512];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (take_line(&listener, line, udp) && !is_untouched(table, &listener))
			warn_of_listener(table, &listener);
	if (file != NULL)
		fclose(file);
}

void listeners_warn(const struct network_table *table)
{
	warn_of_file(table, "/proc/net/tcp", false);
	warn_of_file(table, "/proc/net/tcp6", false);
	warn_of_file(table, "/proc/net/udp", true);
	warn_of_file(table, "/proc/net/udp6", true);
}
