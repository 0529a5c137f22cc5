/* The texts of options: which was refused, and numbers that are their values. Runs as the user. */
#include "client/tapctl/tapctl.h"

#include "proto/number.h"
#include "proto/suggest.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define OPTION_TEXT 64
#define OPTIONS_MAX 48 /* of one command */

/* The option that getopt_long() has just refused, as it was typed, as far as it fits. Of several letters behind one
 * "-", getopt says which. */
static void option_write(char **argv, char text[OPTION_TEXT])
{
	const char *word = argv[optind - 1];

	if (optopt == 0 || strncmp(word, "--", 2) == 0)
		snprintf(text, OPTION_TEXT, "%s", word);
	else
		snprintf(text, OPTION_TEXT, "-%c", optopt);
}

/* The long option of the table that has or nearly has this name; NULL: none. */
static const char *option_meant(const char *name, const struct option *table)
{
	const char *names[OPTIONS_MAX];
	size_t count = 0;

	for (; count < OPTIONS_MAX && table[count].name != NULL; count++) {
		if (strcmp(table[count].name, name) == 0)
			return table[count].name;
		names[count] = table[count].name;
	}
	return tb_suggest(name, names, count);
}

/* For "--name" or "--name=value"; a single letter is too little to guess by. */
static int refuse_unknown(const char *verb, const char *option, const struct option *table, const char *more)
{
	size_t length = strcspn(option, "=");
	const char *meant = NULL;
	char name[OPTION_TEXT];

	if (strncmp(option, "--", 2) == 0) {
		snprintf(name, sizeof(name), "%.*s", (int)(length - 2), option + 2);
		meant = option_meant(name, table);
	}
	if (meant != NULL && strcmp(meant, name) == 0) {
		complain("%s: --%s takes no value; see \"tapctl %s --help\"", verb, name, verb);
		return EXIT_USAGE;
	}
	if (more != NULL)
		complain("%s: %s is no option of it; %s%s%s%s", verb, option, more,
			 meant != NULL ? "; or did you mean --" : "", meant != NULL ? meant : "",
			 meant != NULL ? "?" : "");
	else if (meant != NULL)
		complain("%s: there is no option %s; did you mean --%s?", verb, option, meant);
	else
		complain("%s: there is no option %s; see \"tapctl %s --help\"", verb, option, verb);
	return EXIT_USAGE;
}

int option_refuse(int letter, char **argv, const struct option *table, const char *more)
{
	char option[OPTION_TEXT];

	option_write(argv, option);
	if (letter != ':')
		return refuse_unknown(argv[0], option, table, more);
	complain("%s: %s wants a value; see \"tapctl %s --help\"", argv[0], option, argv[0]);
	return EXIT_USAGE;
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
