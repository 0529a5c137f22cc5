/* Who is at the other end: see peer.h. Runs in the monitor; SIOCUNIXFILE needs CAP_NET_ADMIN, the rest no right. Must
 * never believe the clerk or a client. */
#include "broker/monitor/peer.h"

#include "broker/shared/fd.h"
#include "broker/shared/pidfd.h"

#include <errno.h>
#include <linux/un.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

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
	pidfd = pidfd_of_peer(sock, pid);
	if (pidfd < 0)
		return pidfd;
	return is_ready(pidfd, POLLIN) ? -ESRCH : 0;
}
