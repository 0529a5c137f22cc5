/* What the machine must have for the networks to work, and has not now. Runs in tapbrokerd before lock-down, as root,
 * and in the other programs that read the network files; it only looks.
 */
#ifndef TB_WORLD_H
#define TB_WORLD_H

#include "broker/config/table.h"

/* Warns of bridges and parents that are missing, or will not do what a network's file expects. That is no mistake: it
 * may be changed later. */
void world_warn(const struct network_table *table);

/* Warns of everything else that somebody who asks for a device will meet: nodes, modules, the socket at this path, the
 * actions of polkit, settings of the kernel. */
void world_warn_of_machine(const struct network_table *table, const char *socket_path);

#endif
