/* What openconnect says of its tunnel: see environment.h. Runs as the user.
 *
 * It means what Debian's vpnc-script makes of it: without a list of routes for a family, everything goes into the
 * tunnel.
 */
#include "client/tapctl/openvpn.h"

#include "client/tapctl/tapctl.h"
#include "client/tapctl/variables.h"

#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>

/* A list of destinations: the variable with their number, and those of each. */
struct list {
	const char *count;
	const char *address;
	const char *bits;
	unsigned int most_bits;
	unsigned int kind;
};

static const struct list lists[] = {
	{"CISCO_SPLIT_INC", "CISCO_SPLIT_INC_%d_ADDR", "CISCO_SPLIT_INC_%d_MASKLEN", 32, TAP_ENTRY_ROUTE},
	{"CISCO_SPLIT_EXC", "CISCO_SPLIT_EXC_%d_ADDR", "CISCO_SPLIT_EXC_%d_MASKLEN", 32, TAP_ENTRY_EXCLUDE},
	{"CISCO_IPV6_SPLIT_INC", "CISCO_IPV6_SPLIT_INC_%d_ADDR", "CISCO_IPV6_SPLIT_INC_%d_MASKLEN", 128,
	 TAP_ENTRY_ROUTE},
	{"CISCO_IPV6_SPLIT_EXC", "CISCO_IPV6_SPLIT_EXC_%d_ADDR", "CISCO_IPV6_SPLIT_EXC_%d_MASKLEN", 128,
	 TAP_ENTRY_EXCLUDE},
};

static int read_destination(const struct list *list, unsigned int number, struct settings *settings)
{
	struct setting setting = {.kind = list->kind};
	char name[VARIABLE_NAME];
	int ret;

	variable_numbered(list->address, number, name);
	ret = variable_address(name, &setting.prefix);
	if (ret != EXIT_OK)
		return ret;
	if (inet_most_bits(&setting.prefix) != list->most_bits)
		return variable_refuse(name, "an address of the other family");
	variable_numbered(list->bits, number, name);
	ret = variable_number(name, 0, list->most_bits, &setting.prefix.bits);
	if (ret != EXIT_OK)
		return ret;
	inet_mask(&setting.prefix);
	return variable_put(settings, &setting);
}

static int read_list(const struct list *list, struct settings *settings)
{
	unsigned int count = 0;
	int ret = EXIT_OK;

	if (variable(list->count) == NULL)
		return EXIT_OK;
	ret = variable_number(list->count, 0, SETTINGS_MAX, &count);
	for (unsigned int i = 0; ret == EXIT_OK && i < count; i++)
		ret = read_destination(list, i, settings);
	return ret;
}

/* The address itself, and a route for everything if no list says otherwise. */
static int put_address(struct settings *settings, const struct inet *address, const char *routes)
{
	struct setting setting = {.prefix = *address, .kind = TAP_ENTRY_ADDRESS};
	int ret = variable_put(settings, &setting);

	if (ret != EXIT_OK || variable(routes) != NULL)
		return ret;
	setting = (struct setting){.prefix = {.family = address->family}, .kind = TAP_ENTRY_ROUTE};
	return variable_put(settings, &setting);
}

static int read_address4(struct settings *settings)
{
	struct inet address;
	int ret;

	if (variable("INTERNAL_IP4_ADDRESS") == NULL)
		return EXIT_OK;
	ret = variable_address("INTERNAL_IP4_ADDRESS", &address);
	if (ret == EXIT_OK && address.family != AF_INET)
		return variable_refuse("INTERNAL_IP4_ADDRESS", "an IPv4 address");
	if (ret == EXIT_OK && variable("INTERNAL_IP4_NETMASKLEN") != NULL)
		ret = variable_number("INTERNAL_IP4_NETMASKLEN", 0, 32, &address.bits);
	return ret == EXIT_OK ? put_address(settings, &address, "CISCO_SPLIT_INC") : ret;
}

/* The netmask is address and bits in one. */
static int read_address6(struct settings *settings)
{
	const char *name = variable("INTERNAL_IP6_NETMASK") != NULL ? "INTERNAL_IP6_NETMASK" : "INTERNAL_IP6_ADDRESS";
	struct inet address;
	int ret;

	if (variable(name) == NULL)
		return EXIT_OK;
	ret = variable_prefix(name, &address);
	if (ret == EXIT_OK && address.family != AF_INET6)
		return variable_refuse(name, "an IPv6 address");
	return ret == EXIT_OK ? put_address(settings, &address, "CISCO_IPV6_SPLIT_INC") : ret;
}

static int read_server(struct settings *settings)
{
	struct setting setting = {.kind = TAP_ENTRY_SERVER};
	int ret;

	if (variable("VPNGATEWAY") == NULL)
		return EXIT_OK;
	ret = variable_address("VPNGATEWAY", &setting.prefix);
	return ret == EXIT_OK ? variable_put(settings, &setting) : ret;
}

int openconnect_read(struct tunnel *tunnel)
{
	unsigned int sock;
	int ret;

	ret = variable_number("VPNFD", 0, INT_MAX, &sock);
	if (ret != EXIT_OK)
		return ret;
	tunnel->sock = (int)sock;
	if (variable("INTERNAL_IP4_MTU") != NULL)
		ret = variable_number("INTERNAL_IP4_MTU", 68, 65535, &tunnel->mtu);
	if (ret == EXIT_OK)
		ret = read_address4(&tunnel->settings);
	if (ret == EXIT_OK)
		ret = read_address6(&tunnel->settings);
	if (ret == EXIT_OK)
		ret = read_server(&tunnel->settings);
	for (size_t i = 0; ret == EXIT_OK && i < sizeof(lists) / sizeof(lists[0]); i++)
		ret = read_list(&lists[i], &tunnel->settings);
	return ret;
}
