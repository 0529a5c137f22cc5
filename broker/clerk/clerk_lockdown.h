/* Makes the clerk as small as it can be. Runs in the clerk, under its own uid, without a capability. */
#ifndef TB_CLERK_LOCKDOWN_H
#define TB_CLERK_LOCKDOWN_H

/* The fds that tapbrokerd passes. */
enum clerk_fd {
	MONITOR_FD = 3,
	LISTENING_FD,
	AUTHORITY_FD,
	REAPER_FD,
	NETWORKS_FD, /* stays open: `tapbrokerd --check` reads there which networks we have */
	LINKS_FD,
	NEIGHBOURS_FD,
	SHIELD_LINKS_FD,     /* /dev/null, as the next: there is no shield */
	SHIELD_QUESTIONS_FD, /* for the looker */
	TUNNELS_FD,          /* the book of tunnels */
	COUNTS_FD,           /* the kernel tells what locks have counted */
	SHIELD_COUNTS_FD,    /* the same in the shield; /dev/null: there is none */
	FIRST_STORED_FD,     /* lifelines that the supervisor kept; their names stand in the environment */
};

/* Shuts the process and its threads in: not dumpable, Landlock, seccomp. Needs no_new_privs, which it does not set.
 * Returns only if all of it worked; else the process has said why and ended. */
void clerk_lock_down(void);

#endif
