/* The command line of `tapctl get`, and of `tapctl explain`, which takes the same. */
#ifndef TAPCTL_OPTIONS_H
#define TAPCTL_OPTIONS_H

#include "client/tapctl/devices.h"

#include <stdbool.h>
#include <stddef.h>

struct get_options {
	const char *verb; /* the command: get or explain */
	bool explains;    /* it is explain, to which the command behind "--" is nothing */
	int process;      /* explain: the process that is asked about; 0: tapctl itself */
	struct device devices[DEVICES_MAX];
	size_t count;              /* of them */
	struct tap_request of_all; /* what stands before the first network */
	unsigned int flags;        /* TAP_INTERACTIVE: of each request, wherever the option stands */
	int timeout;               /* the same */
	bool confine;
	bool configure; /* the command may configure its devices, by ip and ifconfig */
	bool supervise; /* and by ioctl calls */
	bool json;
	bool quiet;
	bool help;
	bool has_command; /* there is a "--" */
	char **command;   /* NULL: none */
};

/* Reads the options, up to "--". One that describes a device is meant for the network that it stands behind, or for all
 * of them if it stands before the first. Says what is wrong with them. Returns EXIT_OK or EXIT_USAGE. */
int get_options_read(int argc, char **argv, struct get_options *options);

#endif
