/* The command line of tapbrokerd: see options.h. Runs before lock-down, as root, on root's arguments. */
#include "broker/monitor/options.h"

#include "proto/number.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
	"Usage: tapbrokerd [OPTION...]\n"
	"       tapbrokerd --check [--vendor-dir=DIR] [--json] [PATH]\n"
	"Hands out tun, tap and macvtap devices to programs without privileges.\n"
	"\n"
	"      --check [PATH]                check the network files, or this file, or those below this\n"
	"                                    directory; print what they come to and what a reload\n"
	"                                    would change, start nothing\n"
	"      --json                        the same as one JSON object\n"
	"      --config-dir=DIR              instead of " TB_CONFIG_DIR "\n"
	"      --vendor-dir=DIR              instead of " TB_VENDOR_DIR "\n"
	"      --libexec-dir=DIR             where the other processes' programs are, instead of\n"
	"                                    " TB_LIBEXEC_DIR "\n"
	"      --socket=PATH                 listen here, instead of " TB_SOCKET_PATH "\n"
	"      --max-leases=N                devices in all (1024)\n"
	"      --max-leases-per-user=N       devices of one user, over all networks (64)\n"
	"      --max-connections-per-user=N  requests of one user that wait at the same time (8)\n"
	"      --polkit-timeout=SECONDS      how long polkit may take (25)\n"
	"      --prompt-timeout=SECONDS      the same where somebody may be asked for a password (120)\n"
	"      --opener-without-landlock     run the opener even if the kernel has no Landlock\n"
	"      --help                        print this and exit\n"
	"      --version                     print the version and exit\n"
	"\n"
	"See tapbrokerd(8).\n";

enum option_code {
	OPTION_CHECK = 1,
	OPTION_JSON,
	OPTION_CONFIG_DIR,
	OPTION_VENDOR_DIR,
	OPTION_LIBEXEC_DIR,
	OPTION_SOCKET,
	OPTION_MAX_LEASES,
	OPTION_MAX_LEASES_PER_USER,
	OPTION_MAX_CONNECTIONS_PER_USER,
	OPTION_POLKIT_TIMEOUT,
	OPTION_PROMPT_TIMEOUT,
	OPTION_OPENER_WITHOUT_LANDLOCK,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{"check", no_argument, NULL, OPTION_CHECK},
	{"json", no_argument, NULL, OPTION_JSON},
	{"config-dir", required_argument, NULL, OPTION_CONFIG_DIR},
	{"vendor-dir", required_argument, NULL, OPTION_VENDOR_DIR},
	{"libexec-dir", required_argument, NULL, OPTION_LIBEXEC_DIR},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"max-leases", required_argument, NULL, OPTION_MAX_LEASES},
	{"max-leases-per-user", required_argument, NULL, OPTION_MAX_LEASES_PER_USER},
	{"max-connections-per-user", required_argument, NULL, OPTION_MAX_CONNECTIONS_PER_USER},
	{"polkit-timeout", required_argument, NULL, OPTION_POLKIT_TIMEOUT},
	{"prompt-timeout", required_argument, NULL, OPTION_PROMPT_TIMEOUT},
	{"opener-without-landlock", no_argument, NULL, OPTION_OPENER_WITHOUT_LANDLOCK},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0},
};

/* option is without the two dashes in front. */
static _Noreturn void option_error(const char *option, const char *value, const char *what)
{
	fprintf(stderr, "tapbrokerd: --%s=%s: %s\nTry 'tapbrokerd --help'.\n", option, value, what);
	exit(2);
}

static uint32_t parse_number(const char *option, const char *text, uint32_t least, uint32_t most)
{
	uint64_t number;
	char what[80];

	if (tb_number_read(text, least, most, &number) < 0) {
		snprintf(what, sizeof(what), "not a number from %u to %u", least, most);
		option_error(option, text, what);
	}
	return (uint32_t)number;
}

static const char *parse_path(const char *option, const char *text)
{
	if (text[0] != '/')
		option_error(option, text, "not an absolute path");
	return text;
}

void options_parse(struct options *options, int argc, char **argv)
{
	int index = 0;
	int code;

	*options = (struct options){
		.config_dir = TB_CONFIG_DIR,
		.vendor_dir = TB_VENDOR_DIR,
		.libexec_dir = TB_LIBEXEC_DIR,
		.socket_path = TB_SOCKET_PATH,
		.max_leases = 1024,
		.max_leases_per_user = 64,
		.max_connections_per_user = 8,
		.polkit_timeout = 25,
		.prompt_timeout = 120,
	};
	while ((code = getopt_long(argc, argv, "", long_options, &index)) != -1) {
		const char *option = long_options[index].name;

		switch (code) {
		case OPTION_CHECK:
			options->check = true;
			break;
		case OPTION_JSON:
			options->json = true;
			break;
		case OPTION_CONFIG_DIR:
			options->config_dir = parse_path(option, optarg);
			break;
		case OPTION_VENDOR_DIR:
			options->vendor_dir = parse_path(option, optarg);
			break;
		case OPTION_LIBEXEC_DIR:
			options->libexec_dir = parse_path(option, optarg);
			break;
		case OPTION_SOCKET:
			options->socket_path = parse_path(option, optarg);
			break;
		case OPTION_MAX_LEASES:
			options->max_leases = parse_number(option, optarg, 1, 16384);
			break;
		case OPTION_MAX_LEASES_PER_USER:
			options->max_leases_per_user = parse_number(option, optarg, 1, 16384);
			break;
		case OPTION_MAX_CONNECTIONS_PER_USER:
			options->max_connections_per_user = parse_number(option, optarg, 1, 128);
			break;
		case OPTION_POLKIT_TIMEOUT:
			options->polkit_timeout = parse_number(option, optarg, 1, 600);
			break;
		case OPTION_PROMPT_TIMEOUT:
			options->prompt_timeout = parse_number(option, optarg, 1, 600);
			break;
		case OPTION_OPENER_WITHOUT_LANDLOCK:
			options->opener_without_landlock = true;
			break;
		case OPTION_HELP:
			fputs(help_text, stdout);
			exit(0);
		case OPTION_VERSION:
			puts("tapbrokerd " TB_RELEASE);
			exit(0);
		default:
			fputs("Try 'tapbrokerd --help'.\n", stderr);
			exit(2);
		}
	}
	if (options->json && !options->check) {
		fputs("tapbrokerd: --json goes with --check\nTry 'tapbrokerd --help'.\n", stderr);
		exit(2);
	}
	if (options->check && optind < argc)
		options->check_path = argv[optind++];
	if (optind < argc) {
		fprintf(stderr, "tapbrokerd: %s: unexpected argument\nTry 'tapbrokerd --help'.\n", argv[optind]);
		exit(2);
	}
}
