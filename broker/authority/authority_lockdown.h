/* Makes the authority as small as it can be, before anything of GLib runs in it. */
#ifndef TB_AUTHORITY_LOCKDOWN_H
#define TB_AUTHORITY_LOCKDOWN_H

/* Checks that the process has no rights, then shuts it in: environment, memory, not dumpable, Landlock, seccomp.
 * Call it before any function of GLib and before there is a second thread: what it does to one thread holds for those
 * that this thread starts, and GLib starts some.
 * Returns only if all of it worked; else the process has said why and ended. */
void authority_lock_down(void);

#endif
