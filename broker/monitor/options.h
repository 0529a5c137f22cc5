/* The command line of tapbrokerd. Runs in the monitor before lock-down. */
#ifndef TB_OPTIONS_H
#define TB_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
	const char *config_dir;
	const char *vendor_dir;
	const char *libexec_dir;
	const char *socket_path;
	uint32_t max_leases;
	uint32_t max_leases_per_user;
	uint32_t max_connections_per_user; /* that wait for an answer */
	uint32_t polkit_timeout;           /* seconds for a question that asks nobody for a password */
	uint32_t prompt_timeout;           /* seconds for one that may */
	const char *check_path;            /* what --check is about; NULL: the directories */
	bool check;
	bool json; /* --check: as JSON */
	bool opener_without_landlock;
};

/* Fills in the defaults and what the arguments say. Prints the help or the version and exits with 0 if asked to, and
 * exits with 2 and a message on a mistake. */
void options_parse(struct options *options, int argc, char **argv);

#endif
