/* Who is at the other end: see peer.h. Runs in the monitor; SIOCUNIXFILE needs CAP_NET_ADMIN, the rest no right. */
#include "broker/monitor/peer.h"

#include "broker/shared/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/un.h>
#include <poll.h>
#include <stdbool.h>
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
int peer_check_origin(int sock, const struct origin *origin)
{
	int path_fd TB_CLOSE = -1;
	struct stat status;
	int type;
	int listening;
	socklen_t length = sizeof(int);

	if (getsockopt(sock, SOL_SOCKET, SO_TYPE, &type, &length) < 0 ||
	    getsockopt(sock, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) < 0)
		return -EPROTOTYPE;
	if (type != SOCK_SEQPACKET || listening)
		return -EPROTOTYPE;
	path_fd = ioctl(sock, SIOCUNIXFILE);
	if (path_fd < 0 && (errno == EMFILE || errno == ENFILE))
		return -EMFILE;
	if (path_fd < 0 || fstat(path_fd, &status) < 0)
		return -EPROTOTYPE;
	return status.st_dev == origin->device && status.st_ino == origin->inode ? 0 : -EPROTOTYPE;
}

/* A pidfd of the process that connected. An older kernel knows only its number: if the process has ended since and
 * another has got the number, we hold the wrong one. The start time that polkit was told is then all that tells them
 * apart. */
static int open_pidfd(int sock, pid_t pid)
{
	int pidfd = -1;
	socklen_t length = sizeof(pidfd);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &length) == 0)
		return pidfd;
	if (errno == ENOPROTOOPT)
		pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return errno == EMFILE || errno == ENFILE ? -EMFILE : -ESRCH;
	return pidfd;
}

static bool is_ready(int fd, short events)
{
	struct pollfd item = {.fd = fd, .events = events};

	return poll(&item, 1, 0) != 0;
}

int peer_check(int sock, uid_t uid, gid_t gid, pid_t pid)
{
	struct ucred credentials;
	socklen_t length = sizeof(credentials);
	int pidfd TB_CLOSE = -1;

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0)
		return -EPERM;
	/* A process in a pid namespace that is not below ours has no number here. */
	if (credentials.uid != uid || credentials.gid != gid || credentials.pid != pid || pid <= 0)
		return -EPERM;
	/* Reading is shut down, so POLLRDHUP says nothing: a client that is gone has shut down both. */
	if (is_ready(sock, 0))
		return -ESRCH;
	pidfd = open_pidfd(sock, pid);
	if (pidfd < 0)
		return pidfd;
	return is_ready(pidfd, POLLIN) ? -ESRCH : 0;
}
