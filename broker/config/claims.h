/* Names of interfaces that another program's own files speak of. Runs in tapbrokerd before lock-down, and in the other
 * programs that read the network files; it only compares. */
#ifndef TB_CLAIMS_H
#define TB_CLAIMS_H

#include "broker/config/table.h"

/* Warns if a device of the network can have a name that a file of systemd's own is for. That is no mistake: the
 * broker's own files keep systemd away, where they are installed. */
void claims_warn(const struct network *network);

#endif
