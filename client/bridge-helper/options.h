/* The command line of tapbroker-bridge-helper. */
#ifndef BRIDGE_HELPER_OPTIONS_H
#define BRIDGE_HELPER_OPTIONS_H

#include <stdbool.h>

struct helper_options {
	/* What QEMU and libvirt say, in any order. */
	const char *bridge; /* NULL: not said */
	int fd;             /* of the socket that the device is sent over; -1: not said */
	bool vnet_hdr;

	/* What only we know. */
	const char *network; /* NULL: the bridge says which */
	const char *name;    /* NULL: the broker chooses */
	unsigned int mtu;    /* 0: the network's */
	bool interactive;

	bool help;
	bool version;
};

/* Reads them; the strings are those of argv. Returns 0, or -EINVAL and what is wrong in wrong[]. */
#define HELPER_WRONG_SIZE 200
int helper_options_read(int argc, char **argv, struct helper_options *options, char wrong[HELPER_WRONG_SIZE]);

#endif
