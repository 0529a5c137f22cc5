/* `tapctl get`: asks for devices, then runs a command with them or holds them. Runs as the user. */
#include "client/tapctl/devices.h"
#include "client/tapctl/network_list.h"
#include "client/tapctl/options.h"
#include "client/tapctl/run.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/waiting.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
	"usage: tapctl get [OPTION ...] [ALIAS=]NETWORK [OPTION ...] ... [-- COMMAND ...]\n"
	"\n"
	"Of one device, behind its network; those up to --bridge before the first network, of all:\n"
	"  -n, --name=NAME     ask for an interface of this name\n"
	"  --kind=KIND         tap, tun or macvtap: be refused rather than get another\n"
	"  --mtu=BYTES         68 to 65535\n"
	"  --queues=N          1 to 16, one fd each\n"
	"  --vnet-hdr          each packet is preceded by a struct virtio_net_hdr\n"
	"  --vhost             also a vhost-net fd for each queue; implies --vnet-hdr\n"
	"  --lifetime=WHAT     session (the default), fd, persistent, named, or namespace: a device to open by\n"
	"                      name with --netns, which stays until that namespace ends\n"
	"  --persistent        a device to open by name, which stays until it is released\n"
	"  --named             a device to open by name, which ends with COMMAND\n"
	"  --external-id=ID    your own name for the lease, that of a container for example\n"
	"  --netns             a device in the network namespace that tapctl is in, not in the host's\n"
	"  --bridge            NETWORK may also be the bridge of a network\n" TUNNEL_USAGE "\n"
	"Of the whole, anywhere:\n"
	"  -i, --interactive   polkit may ask for a password (the default at a terminal)\n"
	"  --no-ask-password   polkit may not\n"
	"  --timeout=SECONDS   how long to wait for each answer, or \"none\"\n"
	"  --confine           COMMAND cannot change what the devices are, only use them\n"
	"  --configure         COMMAND may give them addresses, routes and MTU with ip and ifconfig\n"
	"  --supervise         and by ioctl calls, as SIOCSIFMTU\n"
	"  -j, --json          say what was got as one JSON object on a line for each\n"
	"  -q, --quiet         print the names of the devices only, and no hints\n"
	"  -h, --help          show this text\n"
	"\n"
	"In the arguments of COMMAND, {fd} {fds} {name} {mac} {mtu} {ifindex} {lease} {lifeline}\n"
	"{vhostfd} {vhostfds} {address} {prefix} {gateway} {address6} {prefix6} {gateway6} are replaced; with several networks, {NETWORK.fd} or {ALIAS.fd} and so on.\n"
	"\"{{\" stands for \"{\".\n"
	"The devices come all or not at all.\n"
	"Without COMMAND they are held until SIGINT, SIGTERM or SIGHUP, if they are not persistent.\n";

static bool is_any_held(const struct get_options *options)
{
	for (size_t i = 0; i < options->count; i++)
		if (device_is_held(&options->devices[i]))
			return true;
	return false;
}

/* Prints the devices and holds them. A signal may come as soon as somebody has read of them. Returns an exit code. */
static int print_and_hold(const struct get_options *options)
{
	bool held = is_any_held(options);
	int signals = held ? devices_hold_signals() : -1;
	int ret;

	if (held && signals < 0)
		return EXIT_FAILED;
	for (size_t i = 0; i < options->count; i++) {
		if (options->quiet) {
			puts(tap_name(options->devices[i].tap));
		} else {
			if (i > 0 && !options->json)
				putchar('\n');
			device_print(&options->devices[i], options->json);
		}
	}
	ret = finish_output();
	return ret == EXIT_OK && held ? devices_hold(options->devices, options->count, signals) : ret;
}

/* True if the word stands where a command would, had somebody forgotten the "--". */
static bool may_be_command(const struct get_options *options, size_t device)
{
	const struct device *one = &options->devices[device];

	return options->command == NULL && device > 0 && strcmp(one->word, one->request.network) == 0 &&
	       (one->request.flags & TAP_BRIDGE) == 0;
}

/* Returns EXIT_USAGE after saying that the word is no network, or EXIT_OK. */
static int check_listed(const struct network_list *list, const char *first, const char *word)
{
	const char *meant;

	if (networks_find(list, word) != NULL)
		return EXIT_OK;
	meant = networks_suggest(list, word);
	if (meant != NULL)
		complain("get: \"%s\" is not a network that is listed; did you mean \"%s\"?", word, meant);
	else
		complain(
			"get: \"%s\" is not a network that is listed; a command stands behind \"--\": tapctl get %s -- %s ...; a network that is not listed needs an alias: x=%s",
			word, first, word, word);
	return EXIT_USAGE;
}

/* Checks the words that may be a command, before anything is made. Returns an exit code. */
static int check_no_command_meant(const struct get_options *options)
{
	struct network_list list = NETWORKS_NONE;
	bool fetched = false;
	int ret = EXIT_OK;

	for (size_t i = 0; i < options->count && ret == EXIT_OK; i++) {
		if (!may_be_command(options, i))
			continue;
		if (!fetched)
			ret = networks_get(&list);
		fetched = true;
		if (ret == EXIT_OK)
			ret = check_listed(&list, options->devices[0].word, options->devices[i].word);
	}
	networks_free(&list);
	return ret;
}

int get_main(int argc, char **argv)
{
	static struct get_options options; /* large */
	int ret;

	ret = get_options_read(argc, argv, &options);
	if (ret != EXIT_OK)
		return ret;
	if (options.help) {
		fputs(usage, stdout);
		return finish_output();
	}
	if (options.quiet)
		hints_off();
	if (options.json)
		errors_in_json();
	ret = check_no_command_meant(&options);
	if (ret != EXIT_OK)
		return ret;
	ret = devices_ask(options.devices, options.count);
	if (ret != EXIT_OK)
		return ret;
	ret = options.command != NULL ? run_command(&options) : print_and_hold(&options);
	devices_close(options.devices, options.count);
	return ret;
}
