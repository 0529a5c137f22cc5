/* `tapctl status`: who is where. Runs as the user. */
#include "client/tapctl/lease_options.h"
#include "client/tapctl/leases.h"
#include "client/tapctl/network_list.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/terms.h"
#include "client/tapctl/tunnel_show.h"
#include "client/tapctl/waiting.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct lease_command command = {
	.options = "ajqin",
	.most = 0,
	.usage = "usage: tapctl status [OPTION ...]\n"
		 "\n"
		 "  -a, --all           the leases of all users, if polkit permits it; root sees them anyway\n"
		 "  -j, --json          one JSON object\n"
		 "  -q, --quiet         no hints\n"
		 "  -i, --interactive   polkit may ask for a password (the default at a terminal)\n"
		 "  --no-ask-password   polkit may not\n",
};

/* All that is told. */
struct status {
	struct network_list networks;
	struct lease_list leases;
	struct block_list blocks;
};

#define PROCESS_TEXT 32

/* The name of a process; empty if it has ended, or is another's where /proc hides those. */
static void process_write(unsigned int pid, char text[PROCESS_TEXT])
{
	char path[64];
	ssize_t length = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, text, PROCESS_TEXT - 1);
		close(fd);
	}
	text[length > 0 ? length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	for (char *byte = text; *byte != '\0'; byte++)
		if (*byte < ' ' || *byte > '~')
			*byte = '?';
}

static void print_lease(const struct tap_lease *lease, bool last)
{
	char process[PROCESS_TEXT], user[USER_TEXT], since[TIME_TEXT], lifetime[TERM_TEXT], tunnel[TUNNEL_TEXT];

	process_write(lease->pid, process);
	user_write(lease->uid, user);
	time_write(lease->since, since);
	printf("%s %s  %s  %s  pid %u%s%s%s  since %s%s\n", last ? "`-" : "|-", lease->name, user,
	       lifetime_term(lease->lifetime, lifetime), lease->pid, process[0] != '\0' ? " (" : "", process,
	       process[0] != '\0' ? ")" : "", since,
	       (lease->flags & TAP_NETNS) != 0 ? "  in the namespace of its user" : "");
	tunnel_write(lease, tunnel);
	if (tunnel[0] != '\0')
		printf("%s     %s\n", last ? " " : "|", tunnel);
}

static size_t count_of(const struct lease_list *leases, const char *network)
{
	size_t count = 0;

	for (size_t i = 0; i < leases->count; i++)
		count += strcmp(leases->leases[i].network, network) == 0;
	return count;
}

static void print_leases(const struct lease_list *leases, const char *network)
{
	size_t left = count_of(leases, network);

	for (size_t i = 0; i < leases->count; i++)
		if (strcmp(leases->leases[i].network, network) == 0)
			print_lease(&leases->leases[i], --left == 0);
}

static void print_network(const struct tap_network *network)
{
	char kind[TERM_TEXT];

	if ((network->traits & TAP_NETWORK_OFF) != 0) {
		printf("%s  off\n", network->name);
		return;
	}
	printf("%s  %s%s%s  %u of %u are yours\n", network->name, kind_term(network->kind, kind),
	       network->lower[0] != '\0' ? " on " : "", network->lower, network->held, network->limit);
}

/* Leases of networks that the caller does not see: those that are not listed, or configured no more. */
static void print_others(const struct network_list *networks, const struct lease_list *leases)
{
	for (size_t i = 0; i < leases->count; i++) {
		const char *network = leases->leases[i].network;
		bool first = true;

		for (size_t j = 0; j < i; j++)
			first = first && strcmp(leases->leases[j].network, network) != 0;
		if (!first || networks_find(networks, network) != NULL)
			continue;
		puts(network);
		print_leases(leases, network);
	}
}

static void print_block(const struct block *block)
{
	char user[USER_TEXT];

	user_write(block->uid, user);
	if (block->network[0] == '\0')
		printf("blocked  %s, by a kill switch of a network that is configured no more\n", user);
	else
		printf("blocked  %s, by a kill switch of %s  until \"tapctl unblock %s\"\n", user, block->network,
		       block->network);
}

static void print_status(const struct status *status)
{
	for (size_t i = 0; i < status->networks.count; i++) {
		print_network(&status->networks.networks[i]);
		print_leases(&status->leases, status->networks.networks[i].name);
	}
	print_others(&status->networks, &status->leases);
	for (size_t i = 0; i < status->blocks.count; i++)
		print_block(&status->blocks.blocks[i]);
	if (status->networks.count == 0 && status->leases.count == 0 && hints_wanted())
		fputs("You hold no device, and may have none of a network that is listed.\n", stderr);
}

static void status_network_json(struct json *json, const struct tap_network *network)
{
	char kind[TERM_TEXT];

	json_open(json, NULL, '{');
	json_string(json, "network", network->name);
	json_bool(json, "off", (network->traits & TAP_NETWORK_OFF) != 0);
	json_string(json, "kind", kind_term(network->kind, kind));
	json_number(json, "held", network->held);
	json_number(json, "limit", network->limit);
	if ((network->traits & TAP_NETWORK_TOLD) != 0)
		json_string(json, network->kind == TAP_KIND_MACVTAP ? "parent" : "bridge", network->lower);
	json_close(json, '}');
}

static void status_lease_json(struct json *json, const struct tap_lease *lease)
{
	char process[PROCESS_TEXT];

	process_write(lease->pid, process);
	json_open(json, NULL, '{');
	lease_json(json, lease);
	json_string(json, "process", process);
	json_close(json, '}');
}

static void block_json(struct json *json, const struct block *block)
{
	char user[USER_TEXT];

	user_write(block->uid, user);
	json_open(json, NULL, '{');
	json_string(json, "network", block->network);
	json_number(json, "uid", block->uid);
	json_string(json, "user", user);
	json_close(json, '}');
}

static void print_json(const struct status *status)
{
	struct json json = JSON_TO(stdout);

	json_document(&json);
	json_open(&json, "networks", '[');
	for (size_t i = 0; i < status->networks.count; i++)
		status_network_json(&json, &status->networks.networks[i]);
	json_close(&json, ']');
	json_open(&json, "leases", '[');
	for (size_t i = 0; i < status->leases.count; i++)
		status_lease_json(&json, &status->leases.leases[i]);
	json_close(&json, ']');
	json_open(&json, "blocks", '[');
	for (size_t i = 0; i < status->blocks.count; i++)
		block_json(&json, &status->blocks.blocks[i]);
	json_close(&json, ']');
	json_end(&json);
}

static int fetch_and_print(const struct lease_options *options)
{
	struct status status = {.networks = NETWORKS_NONE, .leases = LEASES_NONE, .blocks = {NULL, 0}};
	int ret = networks_get(&status.networks);

	if (ret == EXIT_OK)
		ret = leases_fetch(options->flags, &status.leases);
	if (ret == EXIT_OK)
		ret = blocks_fetch(options->flags, &status.blocks);
	if (ret == EXIT_OK && options->json)
		print_json(&status);
	else if (ret == EXIT_OK)
		print_status(&status);
	networks_free(&status.networks);
	leases_free(&status.leases);
	free(status.blocks.blocks);
	return ret == EXIT_OK ? finish_output() : ret;
}

int status_main(int argc, char **argv)
{
	struct lease_options options;
	int ret = lease_options_read(argc, argv, &command, &options);

	if (ret != EXIT_OK || options.help)
		return ret;
	if (geteuid() == 0)
		options.flags |= TAP_ALL;
	if ((options.flags & TAP_ALL) == 0)
		options.flags &= ~(unsigned int)TAP_INTERACTIVE;
	return fetch_and_print(&options);
}
