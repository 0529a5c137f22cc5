/* What tunnels need of the host's rules: their addresses are reached through them alone, and what the host forwards
 * into them fits. Runs in tapbroker-setup, as root.
 *
 * A host answers for all its addresses on every interface. Who is next to it, on a wireless network say, could so find
 * out which address it has in a tunnel, and which connections there are through it (CVE-2019-14899). What comes to an
 * address of Addresses= by an interface that does not have it is dropped before anybody sees it.
 *
 * Programs of the host know the MTU of a tunnel; machines behind the host do not. What these say of TCP's segments is
 * made smaller on its way, in both directions: who drops ICMP would else find a connection that opens and then hangs.
 */
#include "broker/setup/setup.h"
#include "broker/setup/setup_tables.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TUNNELS_TABLE TABLES_PREFIX "tunnels"

static void write_tunnel_prefixes(FILE *out, const struct network *network)
{
	char text[TB_PREFIX_TEXT];

	for (size_t i = 0; i < network->addresses.count; i++) {
		const struct tb_prefix *prefix = &network->addresses.prefixes[i];

		tb_prefix_write(prefix, text);
		fprintf(out, "\t\t%s daddr %s fib daddr type local fib daddr . iif type != local drop\n",
			prefix->family == 4 ? "ip" : "ip6", text);
	}
}

static void write_smaller_segments(FILE *out, const char *name)
{
	static const char *const directions[] = {"iifname", "oifname"};

	for (int i = 0; i < 2; i++)
		fprintf(out, "\t\t%s \"%s\" tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu\n",
			directions[i], name);
}

/* The devices of a network have one of its names, or one that the broker has made of the network's. */
static void write_tunnel_names(FILE *out, const struct network *network)
{
	char name[TB_NAME_SIZE];

	if (network->addresses.count == 0)
		return;
	snprintf(name, sizeof(name), "%.8s-*", network->name);
	write_smaller_segments(out, name);
	for (size_t i = 0; i < network->names_count; i++)
		write_smaller_segments(out, network->names[i]);
}

static void write_tunnels(FILE *out, const struct network_table *networks)
{
	fputs("\tchain spoofed {\n"
	      "\t\ttype filter hook prerouting priority raw; policy accept;\n\t\tiifname \"lo\" accept\n",
	      out);
	for (size_t i = 0; i < networks->count; i++)
		write_tunnel_prefixes(out, &networks->networks[i]);
	fputs("\t}\n\tchain segments {\n\t\ttype filter hook forward priority mangle; policy accept;\n", out);
	for (size_t i = 0; i < networks->count; i++)
		write_tunnel_names(out, &networks->networks[i]);
	fputs("\t}\n", out);
}

static bool any_tunnel(const struct network_table *networks)
{
	for (size_t i = 0; i < networks->count; i++)
		if (networks->networks[i].addresses.count > 0)
			return true;
	return false;
}

static bool no_tunnels_stay(const void *context, const char *table)
{
	(void)context;
	(void)table;
	return false;
}

static unsigned int tunnels_stop(struct setup *setup)
{
	(void)setup;
	return tables_sweep(TUNNELS_TABLE, no_tunnels_stay, NULL);
}

static unsigned int tunnels_start(struct setup *setup)
{
	char *text = NULL;
	size_t size;
	FILE *out;
	int ret;

	if (!any_tunnel(setup->networks))
		return tunnels_stop(setup);
	out = open_memstream(&text, &size);
	if (out == NULL)
		return 1;
	write_tunnels(out, setup->networks);
	ret = fclose(out) == 0 ? table_load(TUNNELS_TABLE, text) : -errno;
	free(text);
	return ret < 0;
}

const struct setup_part setup_tunnels = {.name = "tunnels", .start = tunnels_start, .stop = tunnels_stop};
