/* The command lines of list, show, release, revoke and watch, which are alike. */
#ifndef TAPCTL_LEASE_OPTIONS_H
#define TAPCTL_LEASE_OPTIONS_H

#include <stdbool.h>

struct lease_options {
	unsigned int flags; /* TAP_ALL; TAP_INTERACTIVE, which is the default at a terminal */
	bool json;
	bool quiet;
	bool yes;                /* do not ask */
	const char *network;     /* NULL: the words name leases */
	const char *external_id; /* or a pattern; NULL: all */
	bool help;
	char **words; /* what is no option */
	int count;    /* of them */
};

/* What a command can be told: the letters of its options in lease_options.c, and how many words it takes. */
struct lease_command {
	const char *options;
	const char *usage; /* printed for --help */
	int least;         /* words */
	int most;          /* -1: any number */
};

/* Reads argv. Says what is wrong with it. Returns EXIT_OK or EXIT_USAGE; if there is help, nothing else was checked,
 * and the usage was printed. */
int lease_options_read(int argc, char **argv, const struct lease_command *command, struct lease_options *options);

#endif
