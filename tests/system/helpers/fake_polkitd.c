/* fake_polkitd SECONDS: a polkitd that says yes to everything, each time after so many seconds, also to a check that
 * was cancelled meanwhile. Runs as polkitd's user, on the system bus of a test's sandbox, where no other polkitd runs.
 *
 * It says on stdout what happens: "ready", "check ID", "cancel ID" and "reply ID"; ID is the check's cancellation id.
 */
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>

static const char interface_text[] = "<node><interface name='org.freedesktop.PolicyKit1.Authority'>"
				     "<method name='CheckAuthorization'>"
				     "<arg type='(sa{sv})' direction='in'/><arg type='s' direction='in'/>"
				     "<arg type='a{ss}' direction='in'/><arg type='u' direction='in'/>"
				     "<arg type='s' direction='in'/><arg type='(bba{ss})' direction='out'/>"
				     "</method>"
				     "<method name='CancelCheckAuthorization'><arg type='s' direction='in'/></method>"
				     "</interface></node>";

static guint delay;

static void say(const char *word, const char *id)
{
	printf("%s %s\n", word, id);
	fflush(stdout);
}

struct check {
	GDBusMethodInvocation *invocation;
	char *id;
};

static gboolean reply(gpointer data)
{
	struct check *check = data;

	say("reply", check->id);
	g_dbus_method_invocation_return_value(check->invocation, g_variant_new("((bba{ss}))", TRUE, FALSE, NULL));
	g_free(check->id);
	g_free(check);
	return G_SOURCE_REMOVE;
}

static void on_call(GDBusConnection *connection, const gchar *sender, const gchar *path, const gchar *interface,
		    const gchar *method, GVariant *parameters, GDBusMethodInvocation *invocation, gpointer data)
{
	(void)connection, (void)sender, (void)path, (void)interface, (void)data;
	if (g_str_equal(method, "CheckAuthorization")) {
		struct check *check = g_new0(struct check, 1);

		check->invocation = invocation;
		g_variant_get_child(parameters, 4, "s", &check->id);
		say("check", check->id);
		g_timeout_add_seconds(delay, reply, check);
	} else {
		const char *id;

		g_variant_get(parameters, "(&s)", &id);
		say("cancel", id);
		g_dbus_method_invocation_return_value(invocation, NULL);
	}
}

static void on_name(GDBusConnection *connection, const gchar *name, gpointer data)
{
	(void)connection, (void)data;
	say("ready", name);
}

static void on_no_name(GDBusConnection *connection, const gchar *name, gpointer data)
{
	(void)connection, (void)data;
	fprintf(stderr, "fake_polkitd: cannot be %s\n", name);
	exit(1);
}

static void on_bus(GDBusConnection *connection, const gchar *name, gpointer data)
{
	static const GDBusInterfaceVTable table = {.method_call = on_call};
	GDBusNodeInfo *node = data;

	(void)name;
	g_dbus_connection_register_object(connection, "/org/freedesktop/PolicyKit1/Authority", node->interfaces[0],
					  &table, NULL, NULL, NULL);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	delay = (guint)strtoul(argv[1], NULL, 10);
	g_bus_own_name(G_BUS_TYPE_SYSTEM, "org.freedesktop.PolicyKit1", G_BUS_NAME_OWNER_FLAGS_NONE, on_bus, on_name,
		       on_no_name, g_dbus_node_info_new_for_xml(interface_text, NULL), NULL);
	g_main_loop_run(g_main_loop_new(NULL, FALSE));
}
