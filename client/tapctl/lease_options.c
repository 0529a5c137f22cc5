/* The command lines about leases: see lease_options.h. Runs as the user. */
#include "client/tapctl/lease_options.h"

#include "client/tapbroker.h"
#include "client/tapctl/agent.h"
#include "client/tapctl/names.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/waiting.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const struct option table[] = {
	{"all", no_argument, NULL, 'a'},
	{"json", no_argument, NULL, 'j'},
	{"quiet", no_argument, NULL, 'q'},
	{"interactive", no_argument, NULL, 'i'},
	{"no-ask-password", no_argument, NULL, 'n'},
	{"network", required_argument, NULL, 'N'},
	{"external-id", required_argument, NULL, 'x'},
	{"yes", no_argument, NULL, 'y'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int refuse_option(int letter, char **argv)
{
	char option[OPTION_TEXT];

	option_write(argv, option);
	if (letter == ':')
		complain("%s: %s wants a value; see \"tapctl %s --help\"", argv[0], option, argv[0]);
	else
		complain("%s: there is no option %s; see \"tapctl %s --help\"", argv[0], option, argv[0]);
	return EXIT_USAGE;
}

static void option_set(int letter, struct lease_options *options)
{
	switch (letter) {
	case 'a':
		options->flags |= TAP_ALL;
		break;
	case 'j':
		options->json = true;
		errors_in_json();
		break;
	case 'q':
		options->quiet = true;
		break;
	case 'i':
		options->flags |= TAP_INTERACTIVE;
		break;
	case 'n':
		options->flags &= ~TAP_INTERACTIVE;
		break;
	case 'N':
		options->network = optarg;
		break;
	case 'x':
		options->external_id = optarg;
		break;
	case 'y':
		options->yes = true;
		break;
	default:
		options->help = true;
	}
}

static int check_words(char **argv, const struct lease_command *command, const struct lease_options *options)
{
	bool named = options->network == NULL && options->external_id == NULL;

	if (!named && options->count > 0) {
		complain("%s: either leases are named, or --%s=%s says which ones", argv[0],
			 options->network != NULL ? "network" : "external-id",
			 options->network != NULL ? options->network : options->external_id);
		return EXIT_USAGE;
	}
	if (options->external_id != NULL && external_id_check(argv[0], options->external_id, true) != EXIT_OK)
		return EXIT_USAGE;
	if (named && options->count < command->least) {
		complain("%s: no lease is named; \"tapctl list\" lists them", argv[0]);
		return EXIT_USAGE;
	}
	if (command->most >= 0 && options->count > command->most) {
		complain("%s takes %s", argv[0], command->most == 0 ? "no arguments" : "one lease");
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

int lease_options_read(int argc, char **argv, const struct lease_command *command, struct lease_options *options)
{
	int letter;

	*options = (struct lease_options){.flags = at_terminal() ? TAP_INTERACTIVE : 0};
	while ((letter = getopt_long(argc, argv, ":aijqh", table, NULL)) != -1) {
		if (letter != 'h' && strchr(command->options, letter) == NULL)
			return refuse_option(letter, argv);
		option_set(letter, options);
	}
	if (options->help) {
		fputs(command->usage, stdout);
		return finish_output();
	}
	if (options->quiet)
		hints_off();
	options->words = argv + optind;
	options->count = argc - optind;
	return check_words(argv, command, options);
}
