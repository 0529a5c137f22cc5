/* The way to polkitd: see connection.h. Runs in the authority; never blocks, and never ends the process.
 *
 * Both the bus connection and polkit's object are singletons of their libraries, which hand out the same one, dead or
 * not, as long as anybody has a reference. So there is one owner for both, here, and a dead pair is dropped whole.
 */
#include "broker/authority/connection.h"

#include <stdbool.h>

static struct {
	GDBusConnection *bus;
	PolkitAuthority *authority;
	connection_opened *opened; /* not NULL while an attempt is under way */
} connection;

static void drop(void)
{
	if (connection.bus != NULL)
		g_signal_handlers_disconnect_by_data(connection.bus, &connection);
	g_clear_object(&connection.authority);
	g_clear_object(&connection.bus);
}

static void on_closed(GDBusConnection *bus, gboolean vanished, GError *error, gpointer data)
{
	(void)bus;
	(void)vanished;
	(void)error;
	(void)data;
	drop();
}

static void finish(const GError *error)
{
	connection_opened *opened = connection.opened;

	connection.opened = NULL;
	if (error != NULL)
		drop();
	opened(error);
}

static void on_authority(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;

	(void)source;
	(void)data;
	connection.authority = polkit_authority_get_finish(result, &error);
	/* The bus may have gone in the meantime; then this object is of no use. */
	if (error == NULL && connection.bus == NULL)
		error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CLOSED, "the bus was closed");
	finish(error);
	g_clear_error(&error);
}

static void on_bus(GObject *source, GAsyncResult *result, gpointer data)
{
	GError *error = NULL;

	(void)source;
	(void)data;
	connection.bus = g_bus_get_finish(result, &error);
	if (error != NULL) {
		finish(error);
		g_clear_error(&error);
		return;
	}
	/* Otherwise GLib ends the process when the bus goes away. */
	g_dbus_connection_set_exit_on_close(connection.bus, FALSE);
	g_signal_connect(connection.bus, "closed", G_CALLBACK(on_closed), &connection);
	polkit_authority_get_async(NULL, on_authority, NULL);
}

void connection_open(connection_opened *opened)
{
	if (connection.authority != NULL || connection.opened != NULL)
		return;
	connection.opened = opened;
	g_bus_get(G_BUS_TYPE_SYSTEM, NULL, on_bus, NULL);
}

PolkitAuthority *connection_authority(void)
{
	return connection.opened == NULL ? connection.authority : NULL;
}

void connection_check(const GError *error)
{
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED) && connection.opened == NULL)
		drop();
}
