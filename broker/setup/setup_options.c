/* The command line of tapbroker-setup: see setup_options.h. Runs as root, on root's arguments. */
#include "broker/setup/setup_options.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
	"Usage: tapbroker-setup [OPTION...] start | stop | watch\n"
	"       tapbroker-setup [OPTION...] --check\n"
	"Makes what networks of tapbrokerd have of their own, such as a bridge, and takes it back.\n"
	"\n"
	"  start               make what the network files ask for; what is there already is left, what no\n"
	"                      file asks for any more is taken back\n"
	"  stop                take back all that was made\n"
	"  watch               stay, and load its rules again when others have flushed them: nft flush ruleset;\n"
	"                      put back what firewalld and Docker forget when they load theirs\n"
	"      --check         say what start would refuse and what is missing; change nothing\n"
	"      --config-dir=DIR  instead of " TB_CONFIG_DIR "\n"
	"      --vendor-dir=DIR  instead of " TB_VENDOR_DIR "\n"
	"      --help          print this\n"
	"      --version       print the version\n";

enum { OPTION_CHECK = 1, OPTION_CONFIG_DIR, OPTION_VENDOR_DIR, OPTION_HELP, OPTION_VERSION };

static const struct option long_options[] = {
	{"check", no_argument, NULL, OPTION_CHECK},
	{"config-dir", required_argument, NULL, OPTION_CONFIG_DIR},
	{"vendor-dir", required_argument, NULL, OPTION_VENDOR_DIR},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0},
};

static _Noreturn void wrong_usage(const char *what, const char *why)
{
	fprintf(stderr, "tapbroker-setup: %s: %s\nTry 'tapbroker-setup --help'.\n", what, why);
	exit(2);
}

static const char *absolute_path(const char *path)
{
	if (path[0] != '/')
		wrong_usage(path, "not an absolute path");
	return path;
}

static enum setup_action action_of(const char *word)
{
	if (word == NULL)
		wrong_usage("no action", "say start, stop, watch or --check");
	if (strcmp(word, "start") == 0)
		return SETUP_START;
	if (strcmp(word, "stop") == 0)
		return SETUP_STOP;
	if (strcmp(word, "watch") == 0)
		return SETUP_WATCH;
	wrong_usage(word, "it is start, stop or watch");
}

void setup_options_parse(struct setup_options *options, int argc, char **argv)
{
	bool check = false;
	int code;

	*options = (struct setup_options){.config_dir = TB_CONFIG_DIR, .vendor_dir = TB_VENDOR_DIR};
	while ((code = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (code) {
		case OPTION_CHECK:
			check = true;
			break;
		case OPTION_CONFIG_DIR:
			options->config_dir = absolute_path(optarg);
			break;
		case OPTION_VENDOR_DIR:
			options->vendor_dir = absolute_path(optarg);
			break;
		case OPTION_HELP:
			fputs(help_text, stdout);
			exit(0);
		case OPTION_VERSION:
			puts("tapbroker-setup " TB_RELEASE);
			exit(0);
		default:
			fputs("Try 'tapbroker-setup --help'.\n", stderr);
			exit(2);
		}
	}
	options->action = check ? SETUP_CHECK : action_of(argv[optind++]);
	if (optind < argc)
		wrong_usage(argv[optind], "unexpected argument");
}
