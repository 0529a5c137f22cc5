/* Who has connected, as an fd: see pidfd.h. Runs in the monitor and the clerk; needs no right. Must never take a number
 * where the kernel has an fd. */
#include "broker/shared/pidfd.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5; the headers of Debian 12 do not have it */
#endif

int pidfd_of_peer(int sock, pid_t pid)
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
