/* What an earlier broker left: the leases are taken over, and devices that are nobody's any more are deleted. Runs in
 * the clerk, before it serves anybody.
 */
#ifndef TB_ADOPT_H
#define TB_ADOPT_H

#include "broker/config/table.h"

/* stored: the names of the lifelines that the supervisor kept, with ':' between them, of which the first is this fd and
 * each other the next; away: those of devices that are in their clients' network namespaces, and whose fds the monitor
 * has. Either may be NULL. Both are taken apart. Returns 0 or a negative errno. */
int adopt(const struct network_table *table, char *stored, int first_fd, char *away);

#endif
