/* `tapctl status`: who is where. Runs as the user. */
#include "client/tapctl/lease_options.h"
#include "client/tapctl/leases.h"
#include "client/tapctl/network_list.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/terms.h"
#include "client/tapctl/waiting.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct lease_command command = {
	.options = "aqin",
	.most = 0,
	.usage = "usage: tapctl status [OPTION ...]\n"
		 "\n"
		 "  -a, --all           the leases of all users, if polkit permits it; root sees them anyway\n"
		 "  -q, --quiet         no hints\n"
		 "  -i, --interactive   polkit may ask for a password (the default at a terminal)\n"
		 "  --no-ask-password   polkit may not\n",
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
	char process[PROCESS_TEXT], user[USER_TEXT], since[TIME_TEXT], lifetime[TERM_TEXT];

	process_write(lease->pid, process);
	user_write(lease->uid, user);
	time_write(lease->since, since);
	printf("%s %s  %s  %s  pid %u%s%s%s  since %s%s\n", last ? "`-" : "|-", lease->name, user,
	       lifetime_term(lease->lifetime, lifetime), lease->pid, process[0] != '\0' ? " (" : "", process,
	       process[0] != '\0' ? ")" : "", since,
	       (lease->flags & TAP_NETNS) != 0 ? "  in the namespace of its user" : "");
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

static int fetch_and_print(unsigned int flags)
{
	struct network_list networks = NETWORKS_NONE;
	struct lease_list leases = LEASES_NONE;
	int ret = networks_get(&networks);

	if (ret == EXIT_OK)
		ret = leases_fetch(flags, &leases);
	for (size_t i = 0; ret == EXIT_OK && i < networks.count; i++) {
		print_network(&networks.networks[i]);
		print_leases(&leases, networks.networks[i].name);
	}
	if (ret == EXIT_OK)
		print_others(&networks, &leases);
	if (ret == EXIT_OK && networks.count == 0 && leases.count == 0 && hints_wanted())
		fputs("You hold no device, and may have none of a network that is listed.\n", stderr);
	networks_free(&networks);
	leases_free(&leases);
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
	return fetch_and_print(options.flags);
}
