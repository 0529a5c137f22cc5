/* The command line of tapbroker-clerk: see clerk_options.h. */
#include "broker/clerk/clerk_options.h"

#include "broker/shared/log.h"
#include "proto/number.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

/* Each option is a number; --monitor has two, with a ':' between them. */
static const struct option long_options[] = {
	{"max-leases", required_argument, NULL, 'l'},
	{"max-leases-per-user", required_argument, NULL, 'u'},
	{"max-connections-per-user", required_argument, NULL, 'c'},
	{"polkit-timeout", required_argument, NULL, 'p'},
	{"prompt-timeout", required_argument, NULL, 't'},
	{"monitor", required_argument, NULL, 'm'},
	{"authority", required_argument, NULL, 'a'},
	{NULL, 0, NULL, 0},
};

static uint32_t option_number(const char *text)
{
	uint64_t value;

	if (tb_number_read(text, 1, UINT32_MAX, &value) < 0)
		tb_die("clerk: '%s' is not a number; it is started by tapbrokerd, not by hand", text);
	return (uint32_t)value;
}

static void read_monitor(struct clerk_options *options, char *text)
{
	char *colon = strchr(text, ':');

	if (colon == NULL)
		tb_die("clerk: '%s' is not UID:GID; it is started by tapbrokerd, not by hand", text);
	*colon = '\0';
	options->monitor_uid = option_number(text);
	options->monitor_gid = option_number(colon + 1);
}

void clerk_options_parse(struct clerk_options *options, int argc, char **argv)
{
	size_t given = 0;
	int option;

	memset(options, 0, sizeof(*options));
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		given++;
		switch (option) {
		case 'l':
			options->max_leases = option_number(optarg);
			break;
		case 'u':
			options->max_leases_per_user = option_number(optarg);
			break;
		case 'c':
			options->max_connections_per_user = option_number(optarg);
			break;
		case 'p':
			options->polkit_timeout = option_number(optarg);
			break;
		case 't':
			options->prompt_timeout = option_number(optarg);
			break;
		case 'm':
			read_monitor(options, optarg);
			break;
		case 'a':
			options->authority_uid = option_number(optarg);
			break;
		default:
			tb_die("clerk: unknown option; it is started by tapbrokerd, not by hand");
		}
	}
	if (optind != argc || given != sizeof(long_options) / sizeof(long_options[0]) - 1)
		tb_die("clerk: wants each of its options once; it is started by tapbrokerd, not by hand");
}
