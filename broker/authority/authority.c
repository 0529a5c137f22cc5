/* tapbroker-authority: asks polkitd what the clerk wants to know.
 *
 * Rights: a uid of its own and no capability; fd 3 is its channel to the clerk, fd 4 the one to the monitor. It is the
 * only process of the broker with GLib and D-Bus in it, which is why it has nothing else: it never sees a client's
 * socket or a device, and its yes counts only for an order that is below the monitor's ceiling.
 */
#include "broker/authority/authority_lockdown.h"
#include "broker/authority/desk.h"
#include "broker/shared/log.h"
#include "proto/broker.h"
#include "proto/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLERK_FD 3
#define MONITOR_FD 4

static int on_ask(void *context, const void *message, const int *fds)
{
	(void)context;
	(void)fds;
	desk_ask(message);
	return 0;
}

static int on_ask_configure(void *context, const void *message, const int *fds)
{
	const struct tb_configure_question *asked = message;

	(void)context;
	(void)fds;
	desk_ask_configuration(&asked->configuration);
	return 0;
}

static int on_cancel(void *context, const void *message, const int *fds)
{
	const struct tb_cancel *cancel = message;

	(void)context;
	(void)fds;
	desk_cancel(cancel->ticket);
	return 0;
}

static int on_nonsense(void *context, const void *message, const int *fds)
{
	(void)context;
	(void)message;
	(void)fds;
	return -EPROTO;
}

static const struct tb_row clerk_rows[] = {
	{TB_REQ_ASK, sizeof(struct tb_question), 0, on_ask},
	{TB_REQ_ASK_CONFIGURE, sizeof(struct tb_configure_question), 0, on_ask_configure},
	{TB_REQ_CANCEL, sizeof(struct tb_cancel), 0, on_cancel},
	{0, 0, 0, on_nonsense},
};

/* The monitor says nothing here; the channel only ends. */
static const struct tb_row monitor_rows[] = {
	{0, 0, 0, on_nonsense},
};

/* Takes one message. The end of either channel is the end of the broker, and no news. */
static gboolean on_authority_channel(gint channel, GIOCondition condition, gpointer data)
{
	const char *sender = channel == CLERK_FD ? "clerk" : "monitor";
	int ret = tb_dispatch(channel, channel == CLERK_FD ? clerk_rows : monitor_rows, NULL);

	(void)condition;
	(void)data;
	if (ret == -ECONNRESET)
		exit(0);
	if (ret == -EPROTO)
		tb_die("authority: the %s sent something that it never sends in this version", sender);
	if (ret < 0 && ret != -EAGAIN)
		tb_die("authority: cannot receive from the %s: %s", sender, strerror(-ret));
	return G_SOURCE_CONTINUE;
}

/* What GLib has to say of its own bugs, as one line of ours; nothing below a critical. */
static GLogWriterOutput on_library_log(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data)
{
	(void)data;
	if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) == 0)
		return G_LOG_WRITER_HANDLED;
	for (gsize i = 0; i < count; i++) {
		if (strcmp(fields[i].key, "MESSAGE") == 0) {
			char *text = g_strescape(fields[i].value, "\"\\");

			tb_log(TB_LOG_ERROR, "authority: library: %s", text);
			g_free(text);
		}
	}
	return G_LOG_WRITER_HANDLED;
}

/* What tapbrokerd has passed must be what we think it is. */
static void authority_check_channel(int channel)
{
	int type = 0;
	socklen_t size = sizeof(type);

	if (getsockopt(channel, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET)
		tb_die("authority: fd %d is not a SEQPACKET socket; it is started by tapbrokerd, not by hand", channel);
	if (fcntl(channel, F_SETFD, FD_CLOEXEC) < 0 || fcntl(channel, F_SETFL, 0) < 0)
		tb_die("authority: fd %d: %s", channel, strerror(errno));
}

int main(void)
{
	GMainLoop *loop;

	tb_log_open();
	authority_check_channel(CLERK_FD);
	authority_check_channel(MONITOR_FD);
	if (close_range(MONITOR_FD + 1, UINT_MAX, 0) < 0)
		tb_die("authority: close_range: %s", strerror(errno));
	authority_lock_down();
	g_log_set_writer_func(on_library_log, NULL, NULL);
	desk_open(CLERK_FD, MONITOR_FD);
	g_unix_fd_add(CLERK_FD, G_IO_IN, on_authority_channel, NULL);
	g_unix_fd_add(MONITOR_FD, G_IO_IN, on_authority_channel, NULL);
	loop = g_main_loop_new(NULL, FALSE);
	g_main_loop_run(loop);
}
