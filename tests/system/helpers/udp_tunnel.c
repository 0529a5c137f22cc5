/* udp_tunnel NETWORK SERVER PORT ADDRESS ROUTE...: a tunnel without rights, as a program that knows libtapbroker writes
 * it. Packets of the device travel in UDP to SERVER:PORT (IPv4), and back. ADDRESS may be several, with commas between.
 * "-" in front of a ROUTE excludes it; "!" in place of one asks for the kill switch.
 *
 * Runs as an ordinary user, and asks nobody but the broker.
 */
#include "client/tapbroker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ENTRIES_MAX 64

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "udp_tunnel: %s: %s\n", what, tap_strerror(errno));
	exit(1);
}

static void add(struct tap_configuration *configuration, unsigned int kind, const char *prefix)
{
	static struct tap_entry entries[ENTRIES_MAX];

	configuration->entries = entries;
	if (configuration->entries_count < ENTRIES_MAX)
		entries[configuration->entries_count++] = (struct tap_entry){.kind = kind, .prefix = prefix};
}

static int connect_to(const char *server, const char *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (inet_pton(AF_INET, server, &address.sin_addr) != 1 || sock < 0 ||
	    connect(sock, (struct sockaddr *)&address, sizeof(address)) < 0)
		fail(server);
	return sock;
}

/* What does not arrive is lost, as packets are. */
static int pass(int from, int to)
{
	char packet[65536];
	ssize_t size = read(from, packet, sizeof(packet));

	if (size <= 0)
		return errno == ECONNREFUSED ? 0 : -1;
	return write(to, packet, (size_t)size) < 0 && errno == EBADFD ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct tap_configuration configuration = TAP_CONFIGURATION_INIT;
	struct pollfd ends[2] = {{.events = POLLIN}, {.events = POLLIN}};
	struct tap *tap;

	if (argc < 5)
		return 2;
	ends[0].fd = tap_open(argv[1], &tap);
	if (ends[0].fd < 0)
		fail(argv[1]);
	ends[1].fd = connect_to(argv[2], argv[3]);
	configuration.lease = tap_lease_id(tap);
	add(&configuration, TAP_ENTRY_SERVER, argv[2]);
	for (char *address = strtok(argv[4], ","); address != NULL; address = strtok(NULL, ","))
		add(&configuration, TAP_ENTRY_ADDRESS, address);
	for (int i = 5; i < argc; i++) {
		if (argv[i][0] == '!')
			configuration.flags |= TAP_KILL_SWITCH;
		else
			add(&configuration, argv[i][0] == '-' ? TAP_ENTRY_EXCLUDE : TAP_ENTRY_ROUTE,
			    argv[i] + (argv[i][0] == '-'));
	}
	if (tap_configure(&configuration) < 0)
		fail(argv[4]);
	puts(tap_name(tap));
	fflush(stdout);
	while (poll(ends, 2, -1) > 0)
		for (int i = 0; i < 2; i++)
			if (ends[i].revents != 0 && pass(ends[i].fd, ends[1 - i].fd) < 0)
				fail("packets");
	return 1;
}
