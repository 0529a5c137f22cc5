/* Which option was refused. Runs as the user. */
#include "client/tapctl/tapctl.h"

#include <getopt.h>
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
