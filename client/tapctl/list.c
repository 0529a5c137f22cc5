/* `tapctl list`: the leases that there are. Runs as the user. */
#include "client/tapctl/lease_options.h"
#include "client/tapctl/leases.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/terms.h"
#include "client/tapctl/tunnel_show.h"
#include "client/tapctl/waiting.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct lease_command command = {
	.options = "ajqinx",
	.most = 0,
	.usage = "usage: tapctl list [OPTION ...]\n"
		 "\n"
		 "  -a, --all           the leases of all users, if polkit permits it\n"
		 "  --external-id=ID    those with this external id; ID* stands for all that begin so\n"
		 "  -j, --json          one JSON object, with everything that is known\n"
		 "  -q, --quiet         the ids only, one on a line, and no hints\n"
		 "  -i, --interactive   polkit may ask for a password (the default at a terminal)\n"
		 "  --no-ask-password   polkit may not\n",
};

static void print_json(const struct lease_list *list)
{
	struct json json = JSON_TO(stdout);

	json_document(&json);
	json_open(&json, "leases", '[');
	for (size_t i = 0; i < list->count; i++) {
		json_open(&json, NULL, '{');
		lease_json(&json, &list->leases[i]);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_end(&json);
}

static void print_ids(const struct lease_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		puts(list->leases[i].id);
}

/* How wide the columns are whose words differ much. */
struct widths {
	int name;
	int network;
	int user;
	int address; /* 0: no lease has one */
};

static void widen(int *width, const char *word)
{
	if ((int)strlen(word) > *width)
		*width = (int)strlen(word);
}

/* For whoever is behind the device, or else the device's own. */
static const char *address_of(const struct tap_lease *lease)
{
	return lease->address[0] != '\0' ? lease->address : tunnel_first_address(lease);
}

static struct widths find_widths(const struct lease_list *list)
{
	struct widths widths = {(int)strlen("NAME"), (int)strlen("NETWORK"), (int)strlen("USER"), 0};
	char user[USER_TEXT];

	for (size_t i = 0; i < list->count; i++) {
		user_write(list->leases[i].uid, user);
		widen(&widths.name, list->leases[i].name);
		widen(&widths.network, list->leases[i].network);
		widen(&widths.user, user);
		widen(&widths.address, address_of(&list->leases[i]));
	}
	return widths;
}

static void print_lease(const struct tap_lease *lease, const struct widths *widths, bool all)
{
	char kind[TERM_TEXT], lifetime[TERM_TEXT];
	char since[TIME_TEXT];
	char user[USER_TEXT];

	time_write(lease->since, since);
	user_write(lease->uid, user);
	printf("%-*s  %-*s  %-7s  %-10s  %7u  %s", widths->name, lease->name, widths->network, lease->network,
	       kind_term(lease->kind, kind), lifetime_term(lease->lifetime, lifetime), lease->pid, since);
	if (widths->address != 0)
		printf("  %-*s", widths->address, address_of(lease));
	if (all)
		printf("  %-*s  %12" PRIu64 "  %12" PRIu64, widths->user, user, lease->rx_bytes, lease->tx_bytes);
	printf("  %s\n", lease->id);
}

/* The id stands last: it is longer than all the rest, and a narrow terminal may break it. */
static void print_table(const struct lease_list *list, bool all)
{
	struct widths widths = find_widths(list);

	if (list->count == 0) {
		if (hints_wanted())
			fputs(all ? "Nobody holds a device.\n" : "You hold no device.\n", stderr);
		return;
	}
	printf("%-*s  %-*s  %-7s  %-10s  %7s  %-19s", widths.name, "NAME", widths.network, "NETWORK", "KIND",
	       "LIFETIME", "PID", "SINCE");
	if (widths.address != 0)
		printf("  %-*s", widths.address, "ADDRESS");
	if (all)
		printf("  %-*s  %12s  %12s", widths.user, "USER", "RX-BYTES", "TX-BYTES");
	puts("  LEASE");
	for (size_t i = 0; i < list->count; i++)
		print_lease(&list->leases[i], &widths, all);
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
	ret = leases_fetch(options.flags & ((options.flags & TAP_ALL) != 0 ? ~0 : ~TAP_INTERACTIVE), &list);
	if (ret == EXIT_OK) {
		if (options.external_id != NULL)
			leases_keep_external_id(&list, options.external_id);
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
