/* `tapctl networks`: what there are devices of. Runs as the user. */
#include "client/tapctl/json.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/terms.h"

#include "client/tapbroker.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "usage: tapctl networks [--json | --quiet]\n"
			    "\n"
			    "  --json    one JSON array\n"
			    "  --quiet   the names only, one on a line\n";

static const struct option table[] = {
	{"json", no_argument, NULL, 'j'},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* All networks, so that nothing is printed of an answer that breaks off. */
struct list {
	struct tap_network *networks; /* their names are ours, too */
	size_t count;
};

static int list_add(const struct tap_network *network, void *arg)
{
	struct list *list = arg;
	struct tap_network *longer = realloc(list->networks, (list->count + 1) * sizeof(*longer));

	if (longer == NULL)
		return ENOMEM;
	list->networks = longer;
	longer[list->count] = *network;
	longer[list->count].name = strdup(network->name);
	if (longer[list->count].name == NULL)
		return ENOMEM;
	list->count++;
	return 0;
}

static void list_free(struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free((char *)list->networks[i].name);
	free(list->networks);
}

static void print_json(const struct list *list)
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

static void print_names(const struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		puts(list->networks[i].name);
}

static void print_table(const struct list *list)
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

/* Asks the broker. Returns an exit code. */
static int list_fetch(struct list *list)
{
	int error = tap_networks(0, list_add, list);

	if (error == 0)
		return EXIT_OK;
	if (error < 0)
		error = errno;
	complain("%s", tap_strerror(error));
	return exit_code(error);
}

int networks_main(int argc, char **argv)
{
	void (*print)(const struct list *list) = print_table;
	struct list list = {NULL, 0};
	int letter;
	int ret;

	while ((letter = getopt_long(argc, argv, "-:hq", table, NULL)) != -1) {
		switch (letter) {
		case 'j':
			print = print_json;
			break;
		case 'q':
			print = print_names;
			break;
		case 'h':
			fputs(usage, stdout);
			return finish_output();
		default:
			complain("networks: %s is no option of it; see \"tapctl networks --help\"", argv[optind - 1]);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		complain("networks takes no arguments");
		return EXIT_USAGE;
	}
	ret = list_fetch(&list);
	if (ret == EXIT_OK) {
		print(&list);
		ret = finish_output();
	}
	list_free(&list);
	return ret;
}
