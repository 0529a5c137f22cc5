/* `tapctl show`: everything about one lease. Runs as the user. */
#include "client/tapctl/drops.h"
#include "client/tapctl/lease_options.h"
#include "client/tapctl/leases.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/terms.h"
#include "client/tapctl/tunnel_show.h"

#include <inttypes.h>
#include <stdio.h>

static const struct lease_command command = {
	.options = "ajqin",
	.least = 1,
	.most = 1,
	.usage = "usage: tapctl show LEASE|NAME [OPTION ...]\n"
		 "\n"
		 "  -a, --all           also a lease of another user, if polkit permits it\n"
		 "  -j, --json          one JSON object\n"
		 "  -q, --quiet         no hints\n"
		 "  -i, --interactive   polkit may ask for a password (the default at a terminal)\n"
		 "  --no-ask-password   polkit may not\n",
};

/* What is printed. */
struct subject {
	const struct tap_lease *lease;
	bool json;
	struct drops drops;
};

static void print_json(const struct subject *subject, const struct tap_configuration *configuration)
{
	struct json json = JSON_TO(stdout);

	json_document(&json);
	lease_json(&json, subject->lease);
	drops_json(&json, &subject->drops);
	if (configuration->scope != TAP_SCOPE_NETWORK)
		tunnel_json(&json, configuration);
	json_end(&json);
}

static void print_lines(const struct subject *subject, const struct tap_configuration *configuration)
{
	const struct tap_lease *lease = subject->lease;
	char kind[TERM_TEXT], lifetime[TERM_TEXT];
	char mac[MAC_TEXT];
	char since[TIME_TEXT];
	char user[USER_TEXT];

	mac_write(lease->mac, mac);
	time_write(lease->since, since);
	user_write(lease->uid, user);
	printf("lease:       %s\n", lease->id);
	printf("network:     %s\n", lease->network);
	printf("name:        %s\n", lease->name);
	printf("external_id: %s\n", lease->external_id);
	printf("kind:        %s\n", kind_term(lease->kind, kind));
	printf("lifetime:    %s\n", lifetime_term(lease->lifetime, lifetime));
	printf("netns:       %s\n", netns_word(lease->flags));
	printf("ifindex:     %u\n", lease->ifindex);
	printf("mac:         %s\n", mac);
	if (lease->address[0] != '\0')
		printf("address:     %s\n", lease->address);
	if (lease->address6[0] != '\0')
		printf("address6:    %s\n", lease->address6);
	printf("mtu:         %u\n", lease->mtu);
	if (configuration->scope != TAP_SCOPE_NETWORK)
		tunnel_print(configuration);
	printf("user:        %s\n", user);
	printf("uid:         %u\n", lease->uid);
	printf("pid:         %u\n", lease->pid);
	printf("since:       %s\n", since);
	printf("rx_bytes:    %" PRIu64 "\n", lease->rx_bytes);
	printf("rx_packets:  %" PRIu64 "\n", lease->rx_packets);
	printf("tx_bytes:    %" PRIu64 "\n", lease->tx_bytes);
	printf("tx_packets:  %" PRIu64 "\n", lease->tx_packets);
	drops_print(&subject->drops);
}

static int print(const struct tap_configuration *configuration, void *arg)
{
	const struct subject *subject = arg;

	if (subject->json)
		print_json(subject, configuration);
	else
		print_lines(subject, configuration);
	return 0;
}

static int show(const struct lease_list *list, const struct lease_options *options)
{
	const struct tap_configuration none = TAP_CONFIGURATION_INIT;
	struct subject subject = {.lease = leases_find(list, options->words[0]), .json = options->json};
	int ret = EXIT_OK;

	if (subject.lease == NULL)
		return EXIT_REFUSED;
	drops_fetch(subject.lease, options->flags, &subject.drops);
	if (subject.lease->scope == TAP_SCOPE_NETWORK)
		print(&none, &subject);
	else
		ret = lease_read_configuration(subject.lease, options->flags, print, &subject);
	return ret == EXIT_OK ? finish_output() : ret;
}

int show_main(int argc, char **argv)
{
	struct lease_list list = LEASES_NONE;
	struct lease_options options;
	int ret;

	ret = lease_options_read(argc, argv, &command, &options);
	if (ret != EXIT_OK || options.help)
		return ret;
	ret = leases_fetch(options.flags, &list);
	if (ret == EXIT_OK)
		ret = show(&list, &options);
	leases_free(&list);
	return ret;
}
