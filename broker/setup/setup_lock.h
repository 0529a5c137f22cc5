/* One tapbroker-setup at a time changes what networks have: two would undo each other's work. For the other files of
 * this folder; they run as root. */
#ifndef TB_SETUP_LOCK_H
#define TB_SETUP_LOCK_H

#include <stdbool.h>

/* Returns a descriptor, with which the lock ends when it is closed, or a negative errno. wait: until it is free; else
 * -EWOULDBLOCK says that somebody else has it. */
int setup_lock(bool wait);

#endif
