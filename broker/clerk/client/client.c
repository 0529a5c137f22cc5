/* Who is at the other end: see client.h. Runs in the clerk; needs no right. */
#include "broker/clerk/client/client.h"

#include "broker/clerk/client/client_socket.h"
#include "broker/shared/clock.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "broker/shared/pidfd.h"
#include "proto/number.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COMPLAINT_PAUSE_MS 60000

/* Field 22 of /proc/PID/stat. */
static int process_start_time(pid_t pid, uint64_t *start_time)
{
	char path[32];
	char text[512];
	int fd TB_CLOSE = -1;
	const char *field;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	length = read(fd, text, sizeof(text) - 1);
	if (length < 0)
		return -errno;
	text[length] = '\0';
	/* The second field is the program's name in parentheses, and may hold anything, spaces and ')' as well. */
	field = strrchr(text, ')');
	for (int number = 2; field != NULL && number < 22; number++)
		field = strchr(field + 1, ' ');
	if (field == NULL)
		return -EPROTO;
	field++;
	if (tb_number_take(&field, UINT64_MAX, start_time) < 0 || *start_time == 0)
		return -EPROTO;
	return 0;
}

/* A pidfd can be read when its process has ended. */
static bool has_ended(int pidfd)
{
	struct pollfd item = {.fd = pidfd, .events = POLLIN};

	return poll(&item, 1, 0) != 0;
}

void client_complain_of_hidden(void)
{
	static uint64_t complained;
	uint64_t now = monotonic_ms();

	if (complained != 0 && now < complained + COMPLAINT_PAUSE_MS)
		return;
	complained = now;
	tb_log(TB_LOG_ERROR,
	       "/proc is mounted with hidepid=, so that the clerk cannot see its clients' processes: all of them are turned away; mount it with gid= of the primary group of the user tapbroker-clerk");
}

int client_identify(struct client *client, int sock)
{
	struct ucred credentials;
	socklen_t length = sizeof(credentials);
	int pidfd TB_CLOSE = -1;
	int ret;

	/* A process in a pid namespace that is not below ours has no number here. */
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0 || credentials.pid <= 0)
		return -ESRCH;
	/* Of an older kernel's race remains what cannot be closed: the start time that polkit is told is read after
	 * this, so polkit is asked about the process that we hold, and a process of another user fails polkit's own
	 * comparison of uids. */
	pidfd = pidfd_of_peer(sock, credentials.pid);
	if (pidfd < 0)
		return -ESRCH;
	ret = process_start_time(credentials.pid, &client->start_time);
	if ((ret == -ENOENT || ret == -EPERM) && !has_ended(pidfd))
		client_complain_of_hidden();
	if (ret < 0)
		return -ESRCH;
	/* The process still runs, so the start time just read was its own and not that of a successor. */
	if (has_ended(pidfd))
		return -ESRCH;
	client->uid = credentials.uid;
	client->gid = credentials.gid;
	client->pid = credentials.pid;
	client->pidfd = tb_take(&pidfd);
	client->sock = sock;
	return 0;
}

int process_open(pid_t pid, uint64_t start_time)
{
	int pidfd TB_CLOSE = (int)syscall(SYS_pidfd_open, pid, 0);
	uint64_t found;

	if (pidfd < 0 || process_start_time(pid, &found) < 0 || found != start_time || has_ended(pidfd))
		return -ESRCH;
	return tb_take(&pidfd);
}

bool process_visible(pid_t pid)
{
	uint64_t start_time;

	return process_start_time(pid, &start_time) == 0;
}

bool client_alive(const struct client *client)
{
	return !has_ended(client->pidfd);
}

void client_close(struct client *client)
{
	client_socket_hang_up(&client->sock);
	tb_close(&client->pidfd);
}
