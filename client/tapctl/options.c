/* The command line of `tapctl get`, which `tapctl explain` takes as well. Runs as the user. */
#include "client/tapctl/options.h"

#include "client/tapctl/agent.h"
#include "client/tapctl/names.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/words.h"
#include "proto/message.h"
#include "proto/words.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static const struct option table[] = {
	{"name", required_argument, NULL, 'n'},
	{"kind", required_argument, NULL, 'k'},
	{"mtu", required_argument, NULL, 'm'},
	{"queues", required_argument, NULL, 'Q'},
	{"vnet-hdr", no_argument, NULL, 'v'},
	{"lifetime", required_argument, NULL, 'l'},
	{"persistent", no_argument, NULL, 'p'},
	{"named", no_argument, NULL, 'd'},
	{"bridge", no_argument, NULL, 'b'},
	{"interactive", no_argument, NULL, 'i'},
	{"no-ask-password", no_argument, NULL, 'a'},
	{"timeout", required_argument, NULL, 't'},
	{"confine", no_argument, NULL, 'c'},
	{"vhost", no_argument, NULL, 'V'},
	{"json", no_argument, NULL, 'j'},
	{"quiet", no_argument, NULL, 'q'},
	{"configure", no_argument, NULL, 'C'},
	{"supervise", no_argument, NULL, 'S'},
	{"netns", no_argument, NULL, 'N'},
	{"external-id", required_argument, NULL, 'x'},
	{"process", required_argument, NULL, 'P'},
	{"help", no_argument, NULL, 'h'},
	TUNNEL_OPTIONS,
	{NULL, 0, NULL, 0},
};

static int kind_read(unsigned int *kind)
{
	if (tb_kind_read(optarg, kind) == 0)
		return EXIT_OK;
	complain("--kind=%s: tap, tun or macvtap is wanted", optarg);
	return EXIT_USAGE;
}

/* The namespace that is to end is the caller's. */
static int lifetime_read(struct tap_request *request)
{
	if (tb_lifetime_read(optarg, &request->lifetime) < 0) {
		complain("--lifetime=%s: session, fd, persistent, namespace or named is wanted", optarg);
		return EXIT_USAGE;
	}
	if (request->lifetime == TAP_LIFETIME_NAMESPACE)
		request->flags |= TAP_NETNS;
	return EXIT_OK;
}

static int process_read(struct get_options *options)
{
	unsigned int pid = 0;
	int ret = option_number("process", 1, INT_MAX, &pid);

	options->process = (int)pid;
	return ret;
}

static int refuse_process(const struct get_options *options)
{
	complain("%s: --process is an option of \"tapctl explain\"", options->verb);
	return EXIT_USAGE;
}

static int network_read(struct get_options *options)
{
	if (options->count == DEVICES_MAX) {
		complain("%s: \"%s\" is one network too many, %d are possible; a command goes behind \"--\"",
			 options->verb, optarg, DEVICES_MAX);
		return EXIT_USAGE;
	}
	return device_read(optarg, &options->of_all, &options->devices[options->count++]);
}

/* It may well be one of a command's. */
static int refuse_option(int letter, char **argv, const struct get_options *options)
{
	char command[160];

	if (letter == ':' || options->count == 0 || options->has_command)
		return option_refuse(letter, argv, table, NULL);
	snprintf(command, sizeof(command), "a command stands behind \"--\": tapctl %s %s -- COMMAND ...", options->verb,
		 options->devices[0].word);
	return option_refuse(letter, argv, table, command);
}

/* Two devices cannot have the same address. */
static int tunnel_read(int letter, struct get_options *options)
{
	if (options->count > 0)
		return tunnel_option_read(options->verb, letter, optarg, &options->devices[options->count - 1].tunnel);
	complain("%s: addresses and routes are of one device; put them behind its network", options->verb);
	return EXIT_USAGE;
}

static int option_read(int letter, char **argv, struct get_options *options)
{
	struct tap_request *request =
		options->count == 0 ? &options->of_all : &options->devices[options->count - 1].request;

	switch (letter) {
	case 1:
		return network_read(options);
	case 'n':
		request->name = optarg;
		return EXIT_OK;
	case 'k':
		return kind_read(&request->kind);
	case 'm':
		return option_number("mtu", TB_MTU_MIN, TB_MTU_MAX, &request->mtu);
	case 'Q':
		return option_number("queues", 1, 16, &request->queues);
	case 'v':
		request->flags |= TAP_VNET_HDR;
		return EXIT_OK;
	case 'V':
		request->flags |= TAP_VHOST | TAP_VNET_HDR;
		return EXIT_OK;
	case 'l':
		return lifetime_read(request);
	case 'p':
		request->lifetime = TAP_LIFETIME_PERSISTENT;
		return EXIT_OK;
	case 'd':
		request->lifetime = TAP_LIFETIME_NAMED;
		return EXIT_OK;
	case 'b':
		request->flags |= TAP_BRIDGE;
		return EXIT_OK;
	case 'x':
		request->external_id = optarg;
		return EXIT_OK;
	case 'N':
		request->flags |= TAP_NETNS;
		return EXIT_OK;
	case 'i':
		options->flags |= TAP_INTERACTIVE;
		return EXIT_OK;
	case 'a':
		options->flags &= ~TAP_INTERACTIVE;
		return EXIT_OK;
	case 't':
		return option_timeout(&options->timeout);
	case 'c':
		options->confine = true;
		return EXIT_OK;
	case 'C':
		options->configure = true;
		return EXIT_OK;
	case 'S':
		options->supervise = true;
		return EXIT_OK;
	case 'j':
		options->json = true;
		return EXIT_OK;
	case 'q':
		options->quiet = true;
		return EXIT_OK;
	case 'h':
		options->help = true;
		return EXIT_OK;
	case 'P':
		return options->explains ? process_read(options) : refuse_process(options);
	case ':':
	case '?':
		return refuse_option(letter, argv, options);
	default:
		return tunnel_read(letter, options);
	}
}

/* The index of "--", or argc. What stands behind it is the command's own and no business of getopt's. */
static int find_command(int argc, char **argv)
{
	int i = 1;

	while (i < argc && strcmp(argv[i], "--") != 0)
		i++;
	return i;
}

/* Says what is wrong with a word of a command, if anything is. */
static int check_word(const struct get_options *options, enum word_fault fault, const char *braced)
{
	switch (fault) {
	case WORDS_GOOD:
		return EXIT_OK;
	case WORDS_NO_DEVICE:
		complain("get: %s does not say of which device: with several it is {%s.%s, {%s.%s", braced,
			 options->devices[0].alias, braced + 1, options->devices[1].alias, braced + 1);
		return EXIT_USAGE;
	case WORDS_NO_TEXT:
		complain(
			"get: %s: the device will not have that; fd, fds and lifeline come without --persistent and --named, vhostfd and vhostfds with --vhost",
			braced);
		return EXIT_USAGE;
	default:
		complain(
			"get: %s is not a word that is replaced (\"tapctl get --help\" lists them); write {%s for the text itself",
			braced, braced);
		return EXIT_USAGE;
	}
}

static int check_words(const struct get_options *options)
{
	struct word_owner owners[DEVICES_MAX];
	char braced[BRACED_TEXT];
	int ret = EXIT_OK;

	for (size_t i = 0; i < options->count; i++)
		owners[i] =
			(struct word_owner){options->devices[i].alias, words_of_request(&options->devices[i].request)};
	for (char **argument = options->command; ret == EXIT_OK && *argument != NULL; argument++)
		ret = check_word(options, words_check(owners, options->count, *argument, braced), braced);
	return ret;
}

static int check_command(const struct get_options *options)
{
	if (options->explains)
		return EXIT_OK;
	if (options->command == NULL) {
		if (!options->confine && !options->configure && !options->supervise)
			return EXIT_OK;
		complain("get: %s is for a command, and there is none; it goes behind \"--\"",
			 options->confine     ? "--confine"
			 : options->configure ? "--configure"
					      : "--supervise");
		return EXIT_USAGE;
	}
	if (options->command[0] == NULL) {
		complain("get: there is no command behind \"--\"");
		return EXIT_USAGE;
	}
	if (options->json) {
		complain(
			"get: --json is for holding a device; a command gets what it needs as {words} and TAPBROKER_ variables");
		return EXIT_USAGE;
	}
	return check_words(options);
}

static int check_device(const struct get_options *options, const struct device *device)
{
	const struct tap_request *request = &device->request;

	if (network_name_check(options->verb, request->network, (request->flags & TAP_BRIDGE) != 0) != EXIT_OK)
		return EXIT_USAGE;
	if (request->name != NULL && interface_name_check(options->verb, request->name) != EXIT_OK)
		return EXIT_USAGE;
	if (request->external_id != NULL && external_id_check(options->verb, request->external_id, false) != EXIT_OK)
		return EXIT_USAGE;
	if (tunnel_mtu_check(options->verb, &device->tunnel, request->mtu) != EXIT_OK)
		return EXIT_USAGE;
	if ((request->flags & TAP_VHOST) == 0 || !tb_lifetime_by_name(request->lifetime))
		return EXIT_OK;
	complain(
		"%s: --vhost does not go with a device to open by name: without fds of the device, vhost-net has nothing to serve",
		options->verb);
	return EXIT_USAGE;
}

static int check_networks(const struct get_options *options)
{
	if (options->count == 0) {
		complain("%s: no network is named; \"tapctl networks\" lists them", options->verb);
		return EXIT_USAGE;
	}
	if (options->count > 1 && options->of_all.name != NULL) {
		complain("%s: --name=%s would be the name of each device; put it behind its network", options->verb,
			 options->of_all.name);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < options->count; i++)
		if (check_device(options, &options->devices[i]) != EXIT_OK)
			return EXIT_USAGE;
	return devices_check(options->devices, options->count);
}

int get_options_read(int argc, char **argv, struct get_options *options)
{
	int end = find_command(argc, argv);
	int ret = EXIT_OK;
	int letter;

	*options = (struct get_options){.of_all = TAP_REQUEST_INIT, .flags = at_terminal() ? TAP_INTERACTIVE : 0};
	options->verb = argv[0];
	options->explains = strcmp(argv[0], "explain") == 0;
	options->has_command = end < argc;
	/* "-": a word that is no option comes as 1, wherever it stands; ":": we say ourselves what is wrong. */
	while (ret == EXIT_OK && (letter = getopt_long(end, argv, "-:hijqn:", table, NULL)) != -1)
		ret = option_read(letter, argv, options);
	if (ret != EXIT_OK || options->help)
		return ret;
	if (options->json && options->quiet) {
		complain("%s: --json and --quiet do not go together", options->verb);
		return EXIT_USAGE;
	}
	if (options->has_command)
		options->command = argv + end + 1;
	for (size_t i = 0; i < options->count; i++) {
		options->devices[i].request.flags |= options->flags;
		options->devices[i].request.timeout = options->timeout;
	}
	ret = check_networks(options);
	return ret != EXIT_OK ? ret : check_command(options);
}
