/* /etc/qemu/bridge.conf: the access list of QEMU's own bridge helper. */
#ifndef TAPCTL_BRIDGE_CONF_H
#define TAPCTL_BRIDGE_CONF_H

#include "client/tapctl/readers.h"

#include <stddef.h>

#define BRIDGE_NAME_SIZE 16 /* its helper cuts longer names off there, too */

/* One line "allow" or "deny". Their order does not matter: whoever may read a "deny" is denied. */
struct bridge_rule {
	bool allow;
	char bridge[BRIDGE_NAME_SIZE]; /* empty: "all" */
	struct readers readers;        /* whom it concerns: the helper reads with the rights of its user */
};

struct bridge_conf {
	struct bridge_rule *rules;
	size_t count;
	unsigned int files; /* that were included */
};

/* Reads the file and what it includes, as the helper would, and says what is wrong with it, or is unclear. Returns an
 * exit code; the rules are the caller's in any case. */
int bridge_conf_read(struct bridge_conf *conf, const char *path);

void bridge_conf_free(struct bridge_conf *conf);

#endif
