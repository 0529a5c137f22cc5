/* The command line of tapbroker-clerk, which tapbrokerd writes. Runs in the clerk before lock-down. */
#ifndef TB_CLERK_OPTIONS_H
#define TB_CLERK_OPTIONS_H

#include <stdint.h>
#include <sys/types.h>

struct clerk_options {
	uint32_t max_leases;
	uint32_t max_leases_per_user;
	uint32_t max_connections_per_user;
	uint32_t polkit_timeout; /* seconds */
	uint32_t prompt_timeout; /* seconds */
	uid_t monitor_uid;       /* who owns devices that nobody is to open by name */
	gid_t monitor_gid;
	uid_t authority_uid;
};

/* Reads the arguments. Ends the process if one is missing or wrong. */
void clerk_options_parse(struct clerk_options *options, int argc, char **argv);

#endif
