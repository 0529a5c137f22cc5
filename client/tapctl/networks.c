/* `tapctl networks`: what there are devices of. Runs as the user. */
#include "client/tapctl/json.h"
#include "client/tapctl/network_list.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/terms.h"
#include "client/tapctl/waiting.h"

#include "client/tapbroker.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "usage: tapctl networks [--json | --quiet]\n"
			    "\n"
			    "  -j, --json    one JSON array\n"
			    "  -q, --quiet   the names only, one on a line, and no hints\n";

static const struct option table[] = {
	{"json", no_argument, NULL, 'j'},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static void print_json(const struct network_list *list)
{
	struct json json = JSON_TO(stdout);
	char kind[TERM_TEXT];

	json_open(&json, NULL, '[');
	for (size_t i = 0; i < list->count; i++) {
		const struct tap_network *network = &list->networks[i];

		json_open(&json, NULL, '{');
		json_string(&json, "name", network->name);
		json_string(&json, "kind", kind_term(network->kind, kind));
		json_number(&json, "mtu", network->mtu);
		json_number(&json, "queues", network->queues);
		json_bool(&json, "vnet_hdr", (network->flags & TAP_VNET_HDR) != 0);
		json_bool(&json, "vhost", (network->flags & TAP_VHOST) != 0);
		json_number(&json, "held", network->held);
		json_number(&json, "limit", network->limit);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	putchar('\n');
}

static void print_names(const struct network_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		puts(list->networks[i].name);
}

static void print_table(const struct network_list *list)
{
	int width = (int)strlen("NETWORK");
	char kind[TERM_TEXT];

	if (list->count == 0) {
		fputs("There is no network, or none that is listed: tapbroker-network(5).\n", stderr);
		return;
	}
	for (size_t i = 0; i < list->count; i++)
		if ((int)strlen(list->networks[i].name) > width)
			width = (int)strlen(list->networks[i].name);
	printf("%-*s  %-7s  %5s  %6s  %-8s  %-5s  %s\n", width, "NETWORK", "KIND", "MTU", "QUEUES", "VNET-HDR", "VHOST",
	       "HELD/LIMIT");
	for (size_t i = 0; i < list->count; i++) {
		const struct tap_network *network = &list->networks[i];

		printf("%-*s  %-7s  %5u  %6u  %-8s  %-5s  %u/%u\n", width, network->name,
		       kind_term(network->kind, kind), network->mtu, network->queues,
		       (network->flags & TAP_VNET_HDR) != 0 ? "yes" : "no",
		       (network->flags & TAP_VHOST) != 0 ? "yes" : "no", network->held, network->limit);
	}
}

int networks_main(int argc, char **argv)
{
	void (*print)(const struct network_list *list) = print_table;
	struct network_list list = NETWORKS_NONE;
	char option[OPTION_TEXT];
	int letter;
	int ret;

	while ((letter = getopt_long(argc, argv, ":hjq", table, NULL)) != -1) {
		switch (letter) {
		case 'j':
			print = print_json;
			break;
		case 'q':
			print = print_names;
			hints_off();
			break;
		case 'h':
			fputs(usage, stdout);
			return finish_output();
		default:
			option_write(argv, option);
			complain("networks: there is no option %s; see \"tapctl networks --help\"", option);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		complain("networks takes no arguments");
		return EXIT_USAGE;
	}
	ret = networks_get(&list);
	if (ret == EXIT_OK) {
		print(&list);
		ret = finish_output();
	}
	networks_free(&list);
	return ret;
}
