/* Who is at the other end: see peer.h. Runs in the monitor; SIOCUNIXFILE needs CAP_NET_ADMIN, the rest no right. */
#include "broker/monitor/peer.h"

#include "broker/shared/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/un.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5; the headers of Debian 12 do not have it */
#endif

int origin_init(struct origin *origin, int listening)
{
	struct stat status;

	origin->path_fd = ioctl(listening, SIOCUNIXFILE);
	if (origin->path_fd < 0)
		return -errno;
	if (fstat(origin->path_fd, &status) < 0)
		return -errno;
	origin->device = status.st_dev;
	origin->inode = status.st_ino;
	return 0;
}

/* An accepted socket is bound where its listening socket is: the kernel copies the path, and no other socket can be
 * bound to that inode. The listening socket itself has the peer credentials of whoever made it, so it is no client. */
static int check_origin(int sock, const struct origin *origin)
{
	int path_fd TB_CLOSE = -1;
	struct stat status;
	int type;
	int listening;
	socklen_t length = sizeof(int);

	if (getsockopt(sock, SOL_SOCKET, SO_TYPE, &type, &length) < 0 ||
	    getsockopt(sock, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) < 0)
		return -errno;
	if (type != SOCK_SEQPACKET || listening)
		return -EPROTOTYPE;
	path_fd = ioctl(sock, SIOCUNIXFILE);
	if (path_fd < 0 || fstat(path_fd, &status) < 0)
		return -EPROTOTYPE;
	return status.st_dev == origin->device && status.st_ino == origin->inode ? 0 : -EPROTOTYPE;
}

int process_start_time(pid_t pid, uint64_t *start_time)
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
	*start_time = strtoull(field + 1, NULL, 10);
	return *start_time != 0 ? 0 : -EPROTO;
}

/* A pidfd of the process that connected. An older kernel knows only its number: if the process has ended since and
 * another has got the number, we hold the wrong one. What remains of that race is closed as far as it can be: the
 * start time that polkit is told is read after this, so polkit is asked about the process that we hold, and a
 * process of another user fails polkit's own comparison of uids. */
static int open_pidfd(int sock, pid_t pid)
{
	int pidfd = -1;
	socklen_t length = sizeof(pidfd);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &length) == 0)
		return pidfd;
	if (errno != ENOPROTOOPT)
		return -ESRCH;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	return pidfd < 0 ? -ESRCH : pidfd;
}

static bool fd_ready(int fd, short events)
{
	struct pollfd item = {.fd = fd, .events = events};

	return poll(&item, 1, 0) != 0;
}

int peer_identify(struct peer *peer, int sock, const struct origin *origin)
{
	struct ucred credentials;
	socklen_t length = sizeof(credentials);
	int pidfd TB_CLOSE = -1;
	int ret = check_origin(sock, origin);

	if (ret < 0)
		return ret;
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0)
		return -errno;
	/* A process in a pid namespace that is not below ours has no number here. */
	if (credentials.pid <= 0)
		return -ESRCH;
	pidfd = open_pidfd(sock, credentials.pid);
	if (pidfd < 0)
		return -ESRCH;
	peer->uid = credentials.uid;
	peer->gid = credentials.gid;
	peer->pid = credentials.pid;
	ret = process_start_time(peer->pid, &peer->start_time);
	if (ret < 0)
		return -ESRCH;
	/* The process still runs, so the start time just read was its own and not that of a successor. */
	if (fd_ready(pidfd, POLLIN))
		return -ESRCH;
	peer->pidfd = tb_take(&pidfd);
	peer->sock = sock;
	return 0;
}

int process_open(pid_t pid, uint64_t start_time)
{
	int pidfd TB_CLOSE = (int)syscall(SYS_pidfd_open, pid, 0);
	uint64_t found;

	if (pidfd < 0 || process_start_time(pid, &found) < 0 || found != start_time || fd_ready(pidfd, POLLIN))
		return -ESRCH;
	return tb_take(&pidfd);
}

bool peer_alive(const struct peer *peer)
{
	return !fd_ready(peer->pidfd, POLLIN);
}

bool peer_quiet(const struct peer *peer)
{
	return !fd_ready(peer->sock, POLLIN | POLLRDHUP);
}

void hang_up(int *sock)
{
	char byte;

	if (*sock < 0)
		return;
	/* The kernel turns what nobody has read into ECONNRESET for the sender, ahead of our answer. */
	shutdown(*sock, SHUT_RDWR);
	while (recv(*sock, &byte, sizeof(byte), MSG_DONTWAIT) > 0)
		;
	tb_close(sock);
}

void peer_close(struct peer *peer)
{
	hang_up(&peer->sock);
	tb_close(&peer->pidfd);
}
