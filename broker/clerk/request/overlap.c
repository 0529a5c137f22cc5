/* Overlapping routes: see overlap.h. Runs in the clerk; needs no right. It reads the kernel's tables in /proc, and does
 * not ask for a dump, which may wait for seconds for whoever holds the lock on links. */
#include "broker/clerk/request/overlap.h"

#include "broker/shared/fd.h"
#include "proto/hex.h"
#include "proto/name.h"
#include "proto/prefix.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A shorter route is one to the whole world in some parts, as VPNs have them. */
#define IPV4_ROUTE_MIN 4
#define IPV6_ROUTE_MIN 8

/* A route, as one line of the table says it. */
struct overlap_route {
	struct tb_prefix to;
	char device[TB_NAME_SIZE];
};

/* Interface, destination and so on; addresses and masks are numbers of this machine, as they lie in memory. */
static bool read_ipv4(const char *line, struct overlap_route *route)
{
	uint32_t to, mask;

	if (sscanf(line, "%15s %x %*x %*x %*u %*u %*u %x", route->device, &to, &mask) != 3)
		return false;
	route->to = (struct tb_prefix){.family = 4, .length = (uint8_t)__builtin_popcount(mask)};
	memcpy(route->to.address, &to, sizeof(to));
	return route->to.length >= IPV4_ROUTE_MIN;
}

/* Destination, its length, source, its length, gateway, metric, two counters, flags, interface. */
static bool read_ipv6(const char *line, struct overlap_route *route)
{
	char to[2 * sizeof(route->to.address) + 1];
	unsigned int length;

	if (sscanf(line, "%32s %x %*s %*x %*s %*x %*x %*x %*x %15s", to, &length, route->device) != 3)
		return false;
	route->to = (struct tb_prefix){.family = 6, .length = (uint8_t)length};
	return tb_hex_read(to, route->to.address, sizeof(route->to.address)) == 0 && length >= IPV6_ROUTE_MIN;
}

/* One family's table, and what is looked for in it. */
struct overlap_search {
	const char *path;
	bool (*read)(const char *line, struct overlap_route *route);
	struct tb_prefix wanted;
	const struct network *network; /* whose own routes do not count */
};

static bool is_own(const struct network *network, const char *device)
{
	return strcmp(device, network->bridge) == 0 || (network->routed && network_has_device(network, device));
}

static bool line_meets(const struct overlap_search *search, const char *line, char other[TB_NAME_SIZE])
{
	struct overlap_route route = {.device = ""};

	if (!search->read(line, &route) || is_own(search->network, route.device) || strcmp(route.device, "lo") == 0 ||
	    (!tb_prefix_covers(&route.to, &search->wanted) && !tb_prefix_covers(&search->wanted, &route.to)))
		return false;
	memcpy(other, route.device, TB_NAME_SIZE);
	return true;
}

/* Looks at each whole line of the text. Returns how many bytes they are. */
static size_t look_at_lines(const struct overlap_search *search, char *text, bool *found, char other[TB_NAME_SIZE])
{
	char *line = text;
	char *end;

	while (!*found && (end = strchr(line, '\n')) != NULL) {
		*end = '\0';
		*found = line_meets(search, line, other);
		line = end + 1;
	}
	return (size_t)(line - text);
}

static bool search_table(const struct overlap_search *search, char other[TB_NAME_SIZE])
{
	static char text[4096];
	int fd TB_CLOSE = open(search->path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	bool found = false;
	ssize_t got;

	while (fd >= 0 && !found && (got = read(fd, text + length, sizeof(text) - 1 - length)) > 0) {
		size_t whole;

		length += (size_t)got;
		text[length] = '\0';
		whole = look_at_lines(search, text, &found, other);
		length -= whole;
		memmove(text, text + whole, length);
	}
	return found;
}

bool overlap_there(const struct network *network, char other[TB_NAME_SIZE])
{
	struct overlap_search search4 = {.path = "/proc/self/net/route",
					 .read = read_ipv4,
					 .wanted = {.family = 4, .length = network->ipv4.prefix},
					 .network = network};
	struct overlap_search search6 = {.path = "/proc/self/net/ipv6_route",
					 .read = read_ipv6,
					 .wanted = {.family = 6, .length = network->ipv6.prefix},
					 .network = network};
	uint32_t ipv4 = htonl(network->ipv4.address);

	memcpy(search4.wanted.address, &ipv4, sizeof(ipv4));
	memcpy(search6.wanted.address, network->ipv6.address, sizeof(search6.wanted.address));
	return (network->ipv4.prefix != 0 && search_table(&search4, other)) ||
	       (network->ipv6.prefix != 0 && search_table(&search6, other));
}
