/* Opening the shield: what is needed of it later, and whether it works. Runs in tapbrokerd as root, before lock-down.
 * */
#ifndef TB_SHIELDING_H
#define TB_SHIELDING_H

#include "broker/config/table.h"
#include "broker/monitor/children.h"
#include "broker/monitor/holdings.h"

/* Enters the shield, which tapbroker-setup has made, opens there what the monitor, its reaper and the clerk need,
 * starts the opener there, and comes back; the right to enter a namespace is given up with that. equipment's sockets
 * in the shield are the caller's. Where there is no shield, or it is not as it must be, monitor->workshop.shield.netns
 * is -1, and the log says why, if it matters. */
void shielding_open(struct monitor *monitor, const struct options *options, struct equipment *equipment);

/* Makes a first port, reads it back and deletes it: then the kernel has all that a port needs, and its modules are
 * loaded. Switches the networks off that need the shield, if there is none, or if the port cannot be made: in words,
 * and never puts their taps anywhere else. */
void shielding_check(struct monitor *monitor, struct network_table *table);

/* Writes what the rules of monitor->networks are in the shield. */
void shielding_finish(struct monitor *monitor);

#endif
