/* `tapctl networks`: what there are devices of. Runs as the user. */
#include "client/tapctl/json.h"
#include "client/tapctl/network_list.h"
#include "client/tapctl/published.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/terms.h"
#include "client/tapctl/waiting.h"

#include "client/tapbroker.h"
#include "proto/words.h"

#include <getopt.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char usage[] = "usage: tapctl networks [NETWORK] [--json | --quiet]\n"
			    "\n"
			    "  -j, --json    one JSON object\n"
			    "  -q, --quiet   the names only, one on a line, and no hints\n"
			    "  -h, --help    show this text\n"
			    "\n"
			    "With NETWORK, everything that is known of that one.\n";

static const struct option table[] = {
	{"json", no_argument, NULL, 'j'},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

#define LIST_TEXT 64 /* the words for a set of lifetimes or namespaces */

static bool has(const struct tap_network *network, unsigned int trait)
{
	return (network->traits & trait) != 0;
}

static bool allows(const struct tap_network *network, unsigned int flag)
{
	return (network->flags & flag) != 0;
}

/* "yes", "password" or "no": what polkit would say to a device without any wish. */
static const char *access_write(const struct tap_network *network)
{
	switch (network->access) {
	case TAP_ACCESS_YES:
		return "yes";
	case TAP_ACCESS_PASSWORD:
		return "password";
	case TAP_ACCESS_NO:
		return "no";
	default:
		return "unknown";
	}
}

/* True if the bridge or the parent is not where we are; in another network namespace than the host's that says
 * nothing. */
static bool is_missing(const struct tap_network *network)
{
	return has(network, TAP_NETWORK_TOLD) && network->lower[0] != '\0' && if_nametoindex(network->lower) == 0;
}

/* True if no packet passes there: it is switched off, or a parent without a cable. A bridge has none until it has a
 * port. */
static bool is_down(const struct tap_network *network)
{
	struct ifreq request = {.ifr_flags = 0};
	int needed = IFF_UP | (network->kind == TAP_KIND_MACVTAP ? IFF_RUNNING : 0);
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool known;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", network->lower);
	known = has(network, TAP_NETWORK_TOLD) && sock >= 0 && ioctl(sock, SIOCGIFFLAGS, &request) == 0;
	if (sock >= 0)
		close(sock);
	return known && (request.ifr_flags & needed) != needed;
}

static const char *yes_or_no(bool yes)
{
	return yes ? "yes" : "no";
}

/* Appends a word to a text, with a comma between. */
static void append(char text[LIST_TEXT], const char *word)
{
	size_t used = strlen(text);

	snprintf(text + used, LIST_TEXT - used, "%s%s", used == 0 ? "" : ",", word);
}

/* The lifetimes of this version; a later one's are not asked for by this tapctl. */
static const char *lifetimes_write(const struct tap_network *network, char text[LIST_TEXT])
{
	text[0] = '\0';
	for (unsigned int i = 0; tb_lifetime_word(i) != NULL; i++)
		if ((network->lifetimes & 1u << i) != 0)
			append(text, tb_lifetime_word(i));
	return text;
}

static const char *netns_write(const struct tap_network *network, char text[LIST_TEXT])
{
	text[0] = '\0';
	if (has(network, TAP_NETWORK_HOST))
		append(text, "host");
	if (has(network, TAP_NETWORK_CALLER))
		append(text, "caller");
	return text;
}

/* "br0", or "br0 (VLAN 20)", or for a macvtap "eth0 (bridge)"; with a "!" if it is missing or down. */
static const char *lower_write(const struct tap_network *network, char text[LIST_TEXT])
{
	const char *mode = tb_mode_word(network->mode);

	const char *missing = is_missing(network) || is_down(network) ? "!" : "";

	if (mode != NULL)
		snprintf(text, LIST_TEXT, "%s%s (%s)", network->lower, missing, mode);
	else if (network->vlan != 0)
		snprintf(text, LIST_TEXT, "%s%s (VLAN %u)", network->lower, missing, network->vlan);
	else
		snprintf(text, LIST_TEXT, "%s%s", network->lower[0] != '\0' ? network->lower : "-", missing);
	return text;
}

/* Several words as an array of strings. */
static void json_words(struct json *json, const char *key, const char *text, const char *between)
{
	json_open(json, key, '[');
	while (*text != '\0') {
		char word[LIST_TEXT];
		size_t length = strcspn(text, between);

		snprintf(word, sizeof(word), "%.*s", (int)length, text);
		json_string(json, NULL, word);
		text += length + (text[length] != '\0');
	}
	json_close(json, ']');
}

static void network_json(struct json *json, const struct tap_network *network)
{
	char lifetimes[LIST_TEXT], netns[LIST_TEXT];
	char kind[TERM_TEXT];

	json_open(json, NULL, '{');
	json_string(json, "network", network->name);
	json_bool(json, "off", has(network, TAP_NETWORK_OFF));
	json_string(json, "access", access_write(network));
	json_string(json, "kind", kind_term(network->kind, kind));
	json_number(json, "mtu", network->mtu);
	json_number(json, "queues", network->queues);
	json_bool(json, "vnet_hdr", allows(network, TAP_VNET_HDR));
	json_bool(json, "vhost", allows(network, TAP_VHOST));
	json_words(json, "lifetimes", lifetimes_write(network, lifetimes), ",");
	json_words(json, "namespaces", netns_write(network, netns), ",");
	json_words(json, "names", network->names, " ");
	json_bool(json, "more_names", has(network, TAP_NETWORK_MORE_NAMES));
	json_number(json, "held", network->held);
	json_number(json, "limit", network->limit);
	if (has(network, TAP_NETWORK_TOLD)) {
		json_string(json, network->kind == TAP_KIND_MACVTAP ? "parent" : "bridge", network->lower);
		if (tb_mode_word(network->mode) != NULL)
			json_string(json, "mode", tb_mode_word(network->mode));
		if (network->vlan != 0)
			json_number(json, "vlan", network->vlan);
		json_bool(json, "isolated", has(network, TAP_NETWORK_ISOLATED));
		json_bool(json, "missing", is_missing(network));
		json_bool(json, "down", is_down(network));
		published_json(json, network);
	}
	if (has(network, TAP_NETWORK_TOLD_ALL)) {
		json_bool(json, "listed", !has(network, TAP_NETWORK_UNLISTED));
		json_number(json, "max", network->max);
	}
	json_close(json, '}');
}

static void print_json(const struct network_list *list)
{
	struct json json = JSON_TO(stdout);

	json_document(&json);
	json_open(&json, "networks", '[');
	for (size_t i = 0; i < list->count; i++)
		network_json(&json, &list->networks[i]);
	json_close(&json, ']');
	json_end(&json);
}

static void print_names(const struct network_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		puts(list->networks[i].name);
}

/* How wide the columns are whose words differ much. */
struct columns {
	int name;
	int lower; /* 0: nothing is told */
	int lifetimes;
};

static void make_room(int *width, const char *word)
{
	if ((int)strlen(word) > *width)
		*width = (int)strlen(word);
}

static struct columns find_columns(const struct network_list *list)
{
	struct columns columns = {(int)strlen("NETWORK"), 0, (int)strlen("LIFETIMES")};
	char text[LIST_TEXT];

	for (size_t i = 0; i < list->count; i++) {
		const struct tap_network *network = &list->networks[i];

		make_room(&columns.name, network->name);
		make_room(&columns.lifetimes, lifetimes_write(network, text));
		if (!has(network, TAP_NETWORK_TOLD))
			continue;
		make_room(&columns.lower, "LEADS TO");
		make_room(&columns.lower, lower_write(network, text));
	}
	return columns;
}

static void print_network(const struct tap_network *network, const struct columns *columns)
{
	char lower[LIST_TEXT], lifetimes[LIST_TEXT], netns[LIST_TEXT];
	char kind[TERM_TEXT];

	printf("%-*s  %-7s", columns->name, network->name,
	       network->kind == TAP_KIND_ANY ? "-" : kind_term(network->kind, kind));
	if (has(network, TAP_NETWORK_OFF)) {
		puts("  off: its file has a mistake, which \"tapbrokerd --check\" shows");
		return;
	}
	printf("  %-8s", access_write(network));
	if (columns->lower > 0)
		printf("  %-*s", columns->lower, lower_write(network, lower));
	printf("  %5u  %6u  %-8s  %-5s  %-*s  %-11s  %4u/%-5u", network->mtu, network->queues,
	       yes_or_no(allows(network, TAP_VNET_HDR)), yes_or_no(allows(network, TAP_VHOST)), columns->lifetimes,
	       lifetimes_write(network, lifetimes), netns_write(network, netns), network->held, network->limit);
	printf("  %s%s%s\n", network->names, has(network, TAP_NETWORK_MORE_NAMES) ? " ..." : "",
	       has(network, TAP_NETWORK_UNLISTED) ? " (not listed)" : "");
}

static void print_table(const struct network_list *list)
{
	struct columns columns = find_columns(list);

	if (list->count == 0) {
		if (hints_wanted())
			fputs("There is no network that is listed, or none that polkit would let you have a device of: tapbroker-network(5), tapbroker-polkit(7).\n",
			      stderr);
		return;
	}
	printf("%-*s  %-7s  %-8s", columns.name, "NETWORK", "KIND", "ACCESS");
	if (columns.lower > 0)
		printf("  %-*s", columns.lower, "LEADS TO");
	printf("  %5s  %6s  %-8s  %-5s  %-*s  %-11s  %-10s  %s\n", "MTU", "QUEUES", "VNET-HDR", "VHOST",
	       columns.lifetimes, "LIFETIMES", "NETNS", "HELD/LIMIT", "NAMES");
	for (size_t i = 0; i < list->count; i++)
		print_network(&list->networks[i], &columns);
}

/* What is told of where the devices lead. */
static void print_lower(const struct tap_network *network)
{
	char lower[LIST_TEXT];

	printf("%s  %s\n",
	       network->kind == TAP_KIND_MACVTAP ? "parent:   " : "bridge:   ", lower_write(network, lower));
	printf("isolated:   %s\n", yes_or_no(has(network, TAP_NETWORK_ISOLATED)));
	if (is_missing(network))
		printf("missing:    %s is not in the network namespace that tapctl runs in\n", network->lower);
	if (is_down(network))
		printf("down:       %s is down, or has no cable: no packet passes\n", network->lower);
	published_print(network);
}

/* What is not everybody's to know. */
static void print_all(const struct tap_network *network)
{
	printf("listed:     %s\n", yes_or_no(!has(network, TAP_NETWORK_UNLISTED)));
	printf("max:        %u\n", network->max);
}

static void print_lines(const struct network_list *list)
{
	const struct tap_network *network = &list->networks[0];
	char lifetimes[LIST_TEXT], netns[LIST_TEXT];
	char kind[TERM_TEXT];

	printf("network:    %s\n", network->name);
	if (has(network, TAP_NETWORK_OFF)) {
		puts("off:        yes: its file has a mistake, which \"tapbrokerd --check\" shows");
		return;
	}
	printf("kind:       %s\n", kind_term(network->kind, kind));
	printf("access:     %s\n", access_write(network));
	printf("mtu:        %u\n", network->mtu);
	printf("queues:     %u\n", network->queues);
	printf("vnet_hdr:   %s\n", yes_or_no(allows(network, TAP_VNET_HDR)));
	printf("vhost:      %s\n", yes_or_no(allows(network, TAP_VHOST)));
	printf("lifetimes:  %s\n", lifetimes_write(network, lifetimes));
	printf("netns:      %s\n", netns_write(network, netns));
	printf("names:      %s%s\n", network->names, has(network, TAP_NETWORK_MORE_NAMES) ? " ..." : "");
	printf("held:       %u\n", network->held);
	printf("limit:      %u\n", network->limit);
	if (has(network, TAP_NETWORK_TOLD))
		print_lower(network);
	if (has(network, TAP_NETWORK_TOLD_ALL))
		print_all(network);
}

/* Prints the network of that name alone. Returns an exit code. */
static int print_one(const struct network_list *list, const char *name, void (*print)(const struct network_list *list))
{
	const struct tap_network *found = networks_find(list, name);
	const char *meant = networks_suggest(list, name);
	struct tap_network network;

	if (found == NULL) {
		complain("%s: there is no network of that name, or it is not listed%s%s%s", name,
			 meant != NULL ? "; did you mean \"" : "", meant != NULL ? meant : "",
			 meant != NULL ? "\"?" : "");
		return EXIT_REFUSED;
	}
	network = *found;
	print(&(struct network_list){&network, 1});
	return EXIT_OK;
}

int networks_main(int argc, char **argv)
{
	void (*print)(const struct network_list *list) = NULL;
	struct network_list list = NETWORKS_NONE;
	int letter;
	int ret;

	while ((letter = getopt_long(argc, argv, ":hjq", table, NULL)) != -1) {
		switch (letter) {
		case 'j':
			print = print_json;
			errors_in_json();
			break;
		case 'q':
			print = print_names;
			hints_off();
			break;
		case 'h':
			fputs(usage, stdout);
			return finish_output();
		default:
			return option_refuse(letter, argv, table, NULL);
		}
	}
	if (argc - optind > 1) {
		complain("networks takes one network");
		return EXIT_USAGE;
	}
	ret = networks_get(&list);
	if (ret == EXIT_OK && optind < argc)
		ret = print_one(&list, argv[optind], print != NULL ? print : print_lines);
	else if (ret == EXIT_OK)
		(print != NULL ? print : print_table)(&list);
	if (ret == EXIT_OK)
		ret = finish_output();
	networks_free(&list);
	return ret;
}
