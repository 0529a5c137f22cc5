/* What OpenVPN says of its tunnel: see environment.h. Runs as the user.
 *
 * Its "redirect-gateway" for IPv4 is told only by redirect_gateway, which is missing with --route-noexec and before
 * --route-up; for IPv6 it is a list of routes like any other.
 */
#include "client/tapctl/openvpn.h"

#include "client/tapctl/tapctl.h"
#include "client/tapctl/variables.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define METRIC_MOST 0x7fffffff

static bool is_tap(void)
{
	const char *type = variable("TUNTAP_DEV_TYPE");

	if (type == NULL)
		type = variable("dev_type");
	return type != NULL && strcmp(type, "tap") == 0;
}

/* With a netmask it is an address in a network; else ifconfig_remote is the link's other end. */
static int read_address4(struct settings *settings)
{
	struct setting setting = {.kind = TAP_ENTRY_ADDRESS};
	int ret;

	if (variable("ifconfig_local") == NULL)
		return EXIT_OK;
	ret = variable_address("ifconfig_local", &setting.prefix);
	if (ret == EXIT_OK && setting.prefix.family != AF_INET)
		return variable_refuse("ifconfig_local", "an IPv4 address");
	if (ret == EXIT_OK && variable("ifconfig_netmask") != NULL)
		ret = variable_netmask("ifconfig_netmask", &setting.prefix.bits);
	else if (ret == EXIT_OK && variable("ifconfig_remote") != NULL)
		ret = variable_address("ifconfig_remote", &setting.peer);
	return ret == EXIT_OK ? variable_put(settings, &setting) : ret;
}

static int read_address6(struct settings *settings)
{
	struct setting setting = {.kind = TAP_ENTRY_ADDRESS};
	int ret;

	if (variable("ifconfig_ipv6_local") == NULL)
		return EXIT_OK;
	ret = variable_address("ifconfig_ipv6_local", &setting.prefix);
	if (ret == EXIT_OK && setting.prefix.family != AF_INET6)
		return variable_refuse("ifconfig_ipv6_local", "an IPv6 address");
	if (ret == EXIT_OK && variable("ifconfig_ipv6_netbits") != NULL)
		ret = variable_number("ifconfig_ipv6_netbits", 0, 128, &setting.prefix.bits);
	return ret == EXIT_OK ? variable_put(settings, &setting) : ret;
}

/* A route by the gateway that the host had before is one that is not to go into the tunnel. */
static bool leads_outside(const struct inet *gateway)
{
	const char *before = variable("route_net_gateway");
	struct inet outside;

	return before != NULL && inet_read_address(before, &outside) == 0 && inet_same_address(gateway, &outside);
}

/* The gateway and the metric of route number N. On a tun a gateway says nothing. */
static int read_way(const char *gateway_format, const char *metric_format, unsigned int number, struct setting *route)
{
	char name[VARIABLE_NAME];
	struct inet gateway;
	int ret;

	if (variable_numbered(metric_format, number, name) != NULL) {
		ret = variable_number(name, 0, METRIC_MOST, &route->metric);
		if (ret != EXIT_OK)
			return ret;
	}
	if (variable_numbered(gateway_format, number, name) == NULL)
		return EXIT_OK;
	ret = variable_address(name, &gateway);
	if (ret != EXIT_OK)
		return ret;
	if (leads_outside(&gateway)) {
		route->kind = TAP_ENTRY_EXCLUDE;
		route->metric = 0;
	} else if (is_tap()) {
		route->peer = gateway;
	}
	return EXIT_OK;
}

static int read_route4(unsigned int number, const char *name, struct settings *settings)
{
	struct setting route = {.kind = TAP_ENTRY_ROUTE};
	char netmask[VARIABLE_NAME];
	int ret;

	ret = variable_address(name, &route.prefix);
	if (ret == EXIT_OK && route.prefix.family != AF_INET)
		return variable_refuse(name, "an IPv4 address");
	if (ret == EXIT_OK && variable_numbered("route_netmask_%d", number, netmask) != NULL)
		ret = variable_netmask(netmask, &route.prefix.bits);
	if (ret == EXIT_OK)
		ret = read_way("route_gateway_%d", "route_metric_%d", number, &route);
	if (ret != EXIT_OK)
		return ret;
	inet_mask(&route.prefix);
	return variable_put(settings, &route);
}

static int read_route6(unsigned int number, const char *name, struct settings *settings)
{
	struct setting route = {.kind = TAP_ENTRY_ROUTE};
	int ret;

	ret = variable_prefix(name, &route.prefix);
	if (ret == EXIT_OK && route.prefix.family != AF_INET6)
		return variable_refuse(name, "an IPv6 prefix");
	if (ret == EXIT_OK)
		ret = read_way("route_ipv6_gateway_%d", "route_ipv6_metric_%d", number, &route);
	if (ret != EXIT_OK)
		return ret;
	inet_mask(&route.prefix);
	return variable_put(settings, &route);
}

/* Numbers begin with 1, and none is left out. */
static int read_routes(const char *format, int (*read)(unsigned int, const char *, struct settings *),
		       struct settings *settings)
{
	char name[VARIABLE_NAME];
	int ret = EXIT_OK;

	for (unsigned int i = 1; ret == EXIT_OK && variable_numbered(format, i, name) != NULL; i++)
		ret = read(i, name, settings);
	return ret;
}

static int read_default(struct settings *settings)
{
	const struct setting everything = {.prefix = {.family = AF_INET}, .kind = TAP_ENTRY_ROUTE};
	const char *redirect = variable("redirect_gateway");

	return redirect != NULL && strcmp(redirect, "1") == 0 ? variable_put(settings, &everything) : EXIT_OK;
}

static int read_server(struct settings *settings)
{
	const char *name = variable("trusted_ip6") != NULL ? "trusted_ip6" : "trusted_ip";
	struct setting setting = {.kind = TAP_ENTRY_SERVER};
	int ret;

	if (variable(name) == NULL)
		return EXIT_OK;
	ret = variable_address(name, &setting.prefix);
	return ret == EXIT_OK ? variable_put(settings, &setting) : ret;
}

static int read_socket(struct tunnel *tunnel)
{
	unsigned int sock;
	int ret;

	if (variable("TUNTAP_SOCKET_FD") == NULL)
		return EXIT_OK;
	ret = variable_number("TUNTAP_SOCKET_FD", 0, INT_MAX, &sock);
	if (ret == EXIT_OK)
		tunnel->sock = (int)sock;
	return ret;
}

int openvpn_read(struct tunnel *tunnel)
{
	const char *mtu = variable("TUNTAP_MTU") != NULL ? "TUNTAP_MTU" : "tun_mtu";
	int ret = read_socket(tunnel);

	tunnel->kind = is_tap() ? TAP_KIND_TAP : TAP_KIND_TUN;
	if (ret == EXIT_OK && variable(mtu) != NULL)
		ret = variable_number(mtu, 68, 65535, &tunnel->mtu);
	if (ret == EXIT_OK)
		ret = read_address4(&tunnel->settings);
	if (ret == EXIT_OK)
		ret = read_address6(&tunnel->settings);
	if (ret == EXIT_OK)
		ret = read_server(&tunnel->settings);
	if (ret == EXIT_OK)
		ret = read_default(&tunnel->settings);
	if (ret == EXIT_OK)
		ret = read_routes("route_network_%d", read_route4, &tunnel->settings);
	if (ret == EXIT_OK)
		ret = read_routes("route_ipv6_network_%d", read_route6, &tunnel->settings);
	return ret;
}
