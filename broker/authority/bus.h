/* The connection to the system bus, by which polkitd is reached. Runs in the authority: own uid, no capability. The bus
 * may be absent, die and come back at any time; that is never a reason to end.
 */
#ifndef TB_AUTHORITY_BUS_H
#define TB_AUTHORITY_BUS_H

#include <gio/gio.h>

/* Called when an attempt to connect has ended: with the connection, which stays the bus's, or with an error, which
 * stays the caller's. */
typedef void bus_opened(GDBusConnection *connection, const GError *error);

/* Begins to connect, unless that has begun already or is done. opened is called from the main loop, once for each
 * attempt. */
void bus_open(bus_opened *opened);

/* The connection, or NULL if there is none (any more). It stays the bus's. */
GDBusConnection *bus_connection(void);

#endif
