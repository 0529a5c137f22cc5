/* The broker that runs now, as `tapbrokerd --check` asks it: which networks it has read, and which leases there are.
 * Runs as whoever checks; only root is told. It starts no broker and changes nothing.
 */
#ifndef TB_RUNNING_H
#define TB_RUNNING_H

#include "broker/config/table.h"

struct running_lease {
	char network[TB_NETWORK_SIZE];
	char name[TB_NAME_SIZE];
	uint8_t lease[TB_ID_SIZE];
	uint32_t uid;
	uint32_t pid;
};

struct running {
	const struct network_table *networks; /* as it has read them */
	struct running_lease *leases;
	size_t leases_count;
};

/* Returns 0, or a negative errno: -ESRCH if no broker runs in our network namespace, -EACCES if only root may look,
 * -EINVAL if it is one of another release. What is returned lives as long as the process. */
int running_look(const char *socket_path, struct running *running);

#endif
