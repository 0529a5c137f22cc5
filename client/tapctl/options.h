/* The command line of `tapctl get`. */
#ifndef TAPCTL_OPTIONS_H
#define TAPCTL_OPTIONS_H

#include "client/tapbroker.h"

#include <stdbool.h>

struct get_options {
	struct tap_request request; /* its strings are those of argv */
	bool json;
	bool help;
	char **command; /* NULL: none */
};

/* Reads the options, which may stand before and after the network, up to "--". Says what is wrong with them.
 * Returns EXIT_OK or EXIT_USAGE. */
int get_options_read(int argc, char **argv, struct get_options *options);

#endif
