/* The monitor's own lock-down. */
#ifndef TB_SANDBOX_H
#define TB_SANDBOX_H

#include "broker/monitor/kernel/node.h"

#include <sys/types.h>

/* Becomes the monitor's own user, with CAP_NET_ADMIN and no way to any other capability, unreadable to others and kept
 * to the few paths that it needs; the device nodes that it opens itself are among them. Ends the process if anything
 * fails. */
void sandbox_drop_rights(uid_t uid, gid_t gid, const struct node_source *node);

/* The last step: from now on only the system calls of the table in sandbox.c, in every thread. Ends the process if it
 * fails. */
void sandbox_close(void);

#endif
