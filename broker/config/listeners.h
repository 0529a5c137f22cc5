/* Programs of the host that listen on ports that are published. Runs in tapbrokerd before lock-down, as root, and in
 * the other programs that read the network files; it only looks.
 */
#ifndef TB_LISTENERS_H
#define TB_LISTENERS_H

#include "broker/config/table.h"

/* Warns of each port of Publish= on which a program of the host listens: nobody outside reaches it there. That is no
 * mistake: it may have listened first, or come later. */
void listeners_warn(const struct network_table *table);

#endif
