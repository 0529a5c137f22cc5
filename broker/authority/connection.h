/* The way to polkitd: the system bus, and polkit's own object on it. Runs in the authority: own uid, no capability. The
 * bus and polkitd may be absent, die and come back at any time; that is never a reason to end.
 */
#ifndef TB_AUTHORITY_CONNECTION_H
#define TB_AUTHORITY_CONNECTION_H

#include <polkit/polkit.h>

/* Called when an attempt to connect has ended. error is NULL if it succeeded; else it stays the caller's. */
typedef void connection_opened(const GError *error);

/* Begins to connect, unless that has begun already or is done. opened is called from the main loop, once for each
 * attempt. */
void connection_open(connection_opened *opened);

/* polkit's object, or NULL if we are not connected. It belongs to the connection. */
PolkitAuthority *connection_authority(void);

/* Gives the connection up if it is the reason for this error; the next connection_open() makes a new one. */
void connection_check(const GError *error);

#endif
