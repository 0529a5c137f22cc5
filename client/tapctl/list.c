/* `tapctl list`: the leases that there are. Runs as the user. */
#include "client/tapctl/lease_options.h"
#include "client/tapctl/leases.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/terms.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct lease_command command = {
	.options = "ajqin",
	.most = 0,
	.usage = "usage: tapctl list [OPTION ...]\n"
		 "\n"
		 "  --all               the leases of all users, if polkit permits it\n"
		 "  --json              one JSON array, with everything that is known\n"
		 "  --quiet             the ids only, one on a line\n"
		 "  --interactive       polkit may ask for a password (the default at a terminal)\n"
		 "  --no-ask-password   polkit may not\n",
};

static void print_json(const struct lease_list *list)
{
	struct json json = JSON_TO(stdout);

	json_open(&json, NULL, '[');
	for (size_t i = 0; i < list->count; i++)
		lease_json(&json, &list->leases[i]);
	json_close(&json, ']');
	putchar('\n');
}

static void print_ids(const struct lease_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		puts(list->leases[i].id);
}

static int network_width(const struct lease_list *list)
{
	int width = (int)strlen("NETWORK");

	for (size_t i = 0; i < list->count; i++)
		if ((int)strlen(list->leases[i].network) > width)
			width = (int)strlen(list->leases[i].network);
	return width;
}

static void print_lease(const struct tap_lease *lease, int width, bool all)
{
	char kind[TERM_TEXT], lifetime[TERM_TEXT];
	char since[TIME_TEXT];
	char user[USER_TEXT];

	time_write(lease->since, since);
	printf("%s  %-*s  %-15s  %-7s  %-10s  %7u  %s", lease->id, width, lease->network, lease->name,
	       kind_term(lease->kind, kind), lifetime_term(lease->lifetime, lifetime), lease->pid, since);
	if (all) {
		user_write(lease->uid, user);
		printf("  %-12s  %12" PRIu64 "  %12" PRIu64, user, lease->rx_bytes, lease->tx_bytes);
	}
	putchar('\n');
}

static void print_table(const struct lease_list *list, bool all)
{
	int width = network_width(list);

	if (list->count == 0) {
		fputs(all ? "Nobody holds a device.\n" : "You hold no device.\n", stderr);
		return;
	}
	printf("%-32s  %-*s  %-15s  %-7s  %-10s  %7s  %-19s", "LEASE", width, "NETWORK", "NAME", "KIND", "LIFETIME",
	       "PID", "SINCE");
	printf(all ? "  %-12s  %12s  %12s\n" : "\n", "USER", "RX-BYTES", "TX-BYTES");
	for (size_t i = 0; i < list->count; i++)
		print_lease(&list->leases[i], width, all);
}

int list_main(int argc, char **argv)
{
	struct lease_list list = LEASES_NONE;
	struct lease_options options;
	int ret;

	ret = lease_options_read(argc, argv, &command, &options);
	if (ret != EXIT_OK || options.help)
		return ret;
	if (options.json && options.quiet) {
		complain("list: --json and --quiet do not go together");
		return EXIT_USAGE;
	}
	ret = leases_fetch(options.flags & ((options.flags & TAP_ALL) != 0 ? ~0u : ~TAP_INTERACTIVE), &list);
	if (ret == EXIT_OK) {
		if (options.json)
			print_json(&list);
		else if (options.quiet)
			print_ids(&list);
		else
			print_table(&list, (options.flags & TAP_ALL) != 0);
		ret = finish_output();
	}
	leases_free(&list);
	return ret;
}
