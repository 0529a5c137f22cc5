/* Which leases `tapctl revoke --network=NAME` means: see revoke_network.h. Runs as the user. */
#include "client/tapctl/revoke_network.h"

#include "client/tapctl/agent.h"
#include "client/tapctl/names.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/terms.h"

#include <stdio.h>
#include <string.h>

/* Says what would end, on standard error: standard output may be for a program. */
static void show(const struct lease_list *list, const char *network)
{
	fprintf(stderr, "Network %s has %zu lease%s:\n", network, list->count, list->count == 1 ? "" : "s");
	for (size_t i = 0; i < list->count; i++) {
		const struct tap_lease *lease = &list->leases[i];
		char since[TIME_TEXT];
		char user[USER_TEXT];

		time_write(lease->since, since);
		user_write(lease->uid, user);
		fprintf(stderr, "  %-15s  of %s, pid %u, since %s\n", lease->name, user, lease->pid, since);
	}
}

/* Returns EXIT_OK for a yes. */
static int confirm(const struct lease_list *list, const char *network)
{
	char answer[16] = "";

	if (!at_terminal()) {
		complain(
			"revoke: --network=%s would end %zu lease%s, and nobody is at a terminal to be asked: add --yes",
			network, list->count, list->count == 1 ? "" : "s");
		return EXIT_USAGE;
	}
	show(list, network);
	fputs("End all of them? [y/N] ", stderr);
	if (fgets(answer, sizeof(answer), stdin) == NULL)
		answer[0] = '\0';
	if (strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0)
		return EXIT_OK;
	complain("revoke: nothing was revoked");
	return EXIT_REFUSED;
}

int revoke_network_ask(const struct lease_options *options, struct lease_list *list)
{
	int ret;

	if (network_name_check("revoke", options->network, false) != EXIT_OK)
		return EXIT_USAGE;
	ret = leases_fetch(options->flags | TAP_ALL, list);
	if (ret != EXIT_OK)
		return ret;
	leases_keep_network(list, options->network);
	if (list->count == 0) {
		complain("revoke: there is no lease of a network %s", options->network);
		return EXIT_REFUSED;
	}
	return options->yes ? EXIT_OK : confirm(list, options->network);
}
