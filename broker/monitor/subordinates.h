/* Subordinate uids: which ranges of uids are whose. Runs in tapbrokerd before lock-down, as root. */
#ifndef TB_SUBORDINATES_H
#define TB_SUBORDINATES_H

#include "broker/config/table.h"

/* Reads the file, which is /etc/subuid as a rule, into the table: see struct subordinate there. A file that is not
 * there holds no ranges; a line that makes no sense is passed over, with a word in the log. Ranges of root's are passed
 * over in silence: nobody gains anything by using them. */
void subordinates_read(const char *path, struct network_table *table);

#endif
