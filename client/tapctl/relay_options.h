/* The command line of `tapctl relay`. */
#ifndef TAPCTL_RELAY_OPTIONS_H
#define TAPCTL_RELAY_OPTIONS_H

#include "client/tapctl/tunnel_options.h"

#include <stdbool.h>

struct relay_options {
	struct tap_request request; /* its strings are those of argv, or of the environment */
	struct tunnel_options more; /* beside what the environment says */
	bool configure;             /* false: the administrator does it */
	bool help;
};

/* Reads the options. Says what is wrong with them. Returns EXIT_OK or EXIT_USAGE. */
int relay_options_read(int argc, char **argv, struct relay_options *options);

#endif
