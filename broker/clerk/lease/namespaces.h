/* The ends of network namespaces, with which leases end whose lifetime is TB_LIFETIME_NAMESPACE. Runs in the clerk.
 *
 * The kernel has a number here for each namespace that somebody has asked about, as the monitor has; the number keeps
 * nothing alive, and its end is told to everybody.
 */
#ifndef TB_NAMESPACES_H
#define TB_NAMESPACES_H

/* Listens from now on; before the first lease is taken over. Returns 0 or a negative errno. */
int namespaces_init(void);

#endif
