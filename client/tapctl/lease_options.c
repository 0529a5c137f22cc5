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

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

/* Of those, the ones that the command has: then an option of another command is none. */
static void own_options(const struct lease_command *command, struct option own[COUNT(table)])
{
	size_t count = 0;

	for (size_t i = 0; table[i].name != NULL; i++)
		if (table[i].val == 'h' || strchr(command->options, table[i].val) != NULL)
			own[count++] = table[i];
	own[count] = (struct option){NULL, 0, NULL, 0};
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
	struct option own[COUNT(table)];
	int letter;

	own_options(command, own);
	*options = (struct lease_options){.flags = at_terminal() ? TAP_INTERACTIVE : 0};
	while ((letter = getopt_long(argc, argv, ":aijqyh", own, NULL)) != -1) {
		if (letter == ':' || (letter != 'h' && strchr(command->options, letter) == NULL))
			return option_refuse(letter, argv, own, NULL);
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
