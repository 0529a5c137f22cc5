/* Which processes the broker consists of, and what each is given. Runs in tapbrokerd before lock-down. */
#ifndef TB_CHILDREN_H
#define TB_CHILDREN_H

#include "broker/monitor/options.h"
#include "broker/monitor/holdings.h"
#include "broker/monitor/stored.h"
#include "broker/monitor/users.h"

#include <stdbool.h>

/* What the children are given, beside their channels; all of it stays the caller's. */
struct equipment {
	const struct options *options;
	const struct users *users;
	const struct stored *stored;
	int listening;
	int table; /* of the networks, sealed */
	int links; /* the kernel's news of links, and of bridges' forwarding tables: the clerk's to read */
	int neighbours;
	int tunnels;      /* the book of them */
	int shield_links; /* the same in the shield, as the next: a socket for questions about links; -1: no shield */
	int shield_questions;
	bool opener;
	bool macvtap; /* the opener is to open nodes of macvtaps */
};

/* Starts the opener in the shield, which is where the calling process is just now. Ends the process if it cannot be
 * started. */
void children_start_in_shield(struct monitor *monitor, const struct options *options);

/* Starts the clerk, the authority and, if there is to be one, the opener; and makes the reaper's channel. Ends the
 * process if one cannot be started. */
void children_start(struct monitor *monitor, const struct equipment *equipment);

#endif
