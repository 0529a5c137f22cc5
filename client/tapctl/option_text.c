/* The texts of options: which was refused, and numbers that are their values. Runs as the user. */
#include "client/tapctl/tapctl.h"

#include "proto/number.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Of several letters behind one "-", getopt says which. */
void option_write(char **argv, char text[OPTION_TEXT])
{
	const char *word = argv[optind - 1];

	if (optopt == 0 || strncmp(word, "--", 2) == 0)
		snprintf(text, OPTION_TEXT, "%s", word);
	else
		snprintf(text, OPTION_TEXT, "-%c", optopt);
}

int option_number(const char *option, unsigned int least, unsigned int most, unsigned int *value)
{
	uint64_t number;

	if (tb_number_read(optarg, least, most, &number) < 0) {
		complain("--%s=%s: a number from %u to %u is wanted", option, optarg, least, most);
		return EXIT_USAGE;
	}
	*value = (unsigned int)number;
	return EXIT_OK;
}

int option_timeout(int *timeout)
{
	unsigned int seconds = 0;
	int ret;

	if (strcmp(optarg, "none") == 0) {
		*timeout = -1;
		return EXIT_OK;
	}
	ret = option_number("timeout", 1, INT_MAX / 1000, &seconds);
	*timeout = (int)seconds * 1000;
	return ret;
}
