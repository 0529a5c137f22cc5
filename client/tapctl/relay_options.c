/* The command line of `tapctl relay`: see relay_options.h. Runs as the user. */
#include "client/tapctl/relay_options.h"

#include "client/tapctl/names.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/variables.h"
#include "client/tapctl/waiting.h"
#include "proto/message.h"

#include <getopt.h>

static const struct option table[] = {
	{"name", required_argument, NULL, 'n'},
	{"mtu", required_argument, NULL, 'm'},
	{"no-configure", no_argument, NULL, 'N'},
	{"timeout", required_argument, NULL, 't'},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	TUNNEL_OPTIONS,
	{NULL, 0, NULL, 0},
};

static int option_read(int letter, char **argv, struct relay_options *options)
{
	switch (letter) {
	case 'n':
		options->request.name = optarg;
		return EXIT_OK;
	case 'm':
		return option_number("mtu", TB_MTU_MIN, TB_MTU_MAX, &options->request.mtu);
	case 'N':
		options->configure = false;
		return EXIT_OK;
	case 't':
		return option_timeout(&options->request.timeout);
	case 'q':
		hints_off();
		return EXIT_OK;
	case 'h':
		options->help = true;
		return EXIT_OK;
	case ':':
	case '?':
		return option_refuse(letter, argv, table, NULL);
	default:
		return tunnel_option_read("relay", letter, optarg, &options->more);
	}
}

/* OpenVPN starts a program without arguments, so the network may stand in the environment. */
static int network_read(int argc, char **argv, struct relay_options *options)
{
	options->request.network = optind < argc ? argv[optind] : variable("TAPBROKER_NETWORK");
	if (options->request.network == NULL) {
		complain(
			"relay: no network is named, neither here nor by TAPBROKER_NETWORK; \"tapctl networks\" lists them");
		return EXIT_USAGE;
	}
	if (argc - optind > 1) {
		complain("relay takes one network");
		return EXIT_USAGE;
	}
	return network_name_check("relay", options->request.network, false);
}

int relay_options_read(int argc, char **argv, struct relay_options *options)
{
	int ret = EXIT_OK;
	int letter;

	*options = (struct relay_options){.request = TAP_REQUEST_INIT, .configure = true};
	while (ret == EXIT_OK && (letter = getopt_long(argc, argv, ":hqn:", table, NULL)) != -1)
		ret = option_read(letter, argv, options);
	if (ret != EXIT_OK || options->help)
		return ret;
	if (options->request.name != NULL && interface_name_check("relay", options->request.name) != EXIT_OK)
		return EXIT_USAGE;
	return network_read(argc, argv, options);
}
