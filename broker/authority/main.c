/* tapbroker-authority: asks polkitd what the monitor wants to know.
 *
 * Rights: a uid of its own and no capability; fd 3 is its channel to the monitor. It is the only process of the broker
 * with GLib and D-Bus in it, which is why it has nothing else: it never sees a client's socket or a device, and its yes
 * counts only for a question that the monitor has asked.
 */
#include "broker/authority/desk.h"
#include "broker/authority/sandbox.h"
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

#define CHANNEL_FD 3

static int on_ask(void *context, const void *message, const int *fds)
{
	(void)context;
	(void)fds;
	desk_ask(message);
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

static int on_unknown(void *context, const void *message, const int *fds)
{
	(void)context;
	(void)message;
	(void)fds;
	return -EPROTO;
}

static const struct tb_row rows[] = {
	{TB_REQ_ASK, sizeof(struct tb_question), 0, on_ask},
	{TB_REQ_CANCEL, sizeof(struct tb_cancel), 0, on_cancel},
	{0, 0, 0, on_unknown},
};

static gboolean on_channel(gint channel, GIOCondition condition, gpointer data)
{
	int ret = tb_dispatch(channel, rows, NULL);

	(void)condition;
	(void)data;
	if (ret == -ECONNRESET)
		exit(0);
	if (ret == -EPROTO)
		tb_die("authority: the monitor sent something that is not a message of this version");
	if (ret < 0 && ret != -EAGAIN)
		tb_die("authority: cannot receive from the monitor: %s", strerror(-ret));
	return G_SOURCE_CONTINUE;
}

/* What the libraries have to say of their own bugs, as one line of ours. Nothing below a critical: polkit's library
 * warns whenever a cancellation and the answer cross, which is not worth a line. */
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
static void check_channel(void)
{
	int type = 0;
	socklen_t size = sizeof(type);

	if (getsockopt(CHANNEL_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET)
		tb_die("authority: fd %d is not a SEQPACKET socket; it is started by tapbrokerd, not by hand",
		       CHANNEL_FD);
	if (fcntl(CHANNEL_FD, F_SETFD, FD_CLOEXEC) < 0 || fcntl(CHANNEL_FD, F_SETFL, 0) < 0)
		tb_die("authority: fd %d: %s", CHANNEL_FD, strerror(errno));
	if (close_range(CHANNEL_FD + 1, UINT_MAX, 0) < 0)
		tb_die("authority: close_range: %s", strerror(errno));
}

int main(void)
{
	GMainLoop *loop;

	check_channel();
	sandbox_enter();
	g_log_set_writer_func(on_library_log, NULL, NULL);
	desk_open(CHANNEL_FD);
	g_unix_fd_add(CHANNEL_FD, G_IO_IN, on_channel, NULL);
	loop = g_main_loop_new(NULL, FALSE);
	g_main_loop_run(loop);
}
