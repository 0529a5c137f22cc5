/* `tapbrokerd --check`. Runs as whoever calls it, and starts nothing. */
#ifndef TB_CHECK_H
#define TB_CHECK_H

#include <stdbool.h>

struct check {
	const char *path; /* a file or a directory; NULL: what the broker would read */
	const char *config_dir;
	const char *vendor_dir;
	const char *socket_path;
	bool json;
};

/* Reads the networks, logs what is wrong with them and what the machine lacks for them, and prints what they come to
 * and what a reload would change. Returns the exit status: 0, 2 if there is any mistake, 1 if the check itself
 * failed. */
int config_check(const struct check *check);

#endif
