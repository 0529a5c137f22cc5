/* The connection to the system bus: see bus.h. Runs in the authority; never blocks, and never ends the process.
 *
 * The connection is our own, not the one that GLib shares within a process: GLib would hand that one out again, dead or
 * not, as long as anybody has a reference to it.
 */
#include "broker/authority/bus.h"

static struct {
	GDBusConnection *connection;
	bus_opened *opened; /* not NULL while an attempt is under way */
} bus;

static void bus_finish(GError *error)
{
	bus_opened *opened = bus.opened;

	bus.opened = NULL;
	opened(bus.connection, error);
	g_clear_error(&error);
}

static void on_bus_connected(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;

	(void)source;
	(void)data;
	bus.connection = g_dbus_connection_new_for_address_finish(result, &error);
	bus_finish(error);
}

void bus_open(bus_opened *opened)
{
	GError *error = NULL;
	char *address;

	if (bus.opened != NULL || bus_connection() != NULL)
		return;
	bus.opened = opened;
	address = g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SYSTEM, NULL, &error);
	if (address == NULL) {
		bus_finish(error);
		return;
	}
	g_dbus_connection_new_for_address(address,
					  G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
						  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
					  NULL, NULL, on_bus_connected, NULL);
	g_free(address);
}

GDBusConnection *bus_connection(void)
{
	if (bus.connection != NULL && g_dbus_connection_is_closed(bus.connection))
		g_clear_object(&bus.connection);
	return bus.connection;
}
