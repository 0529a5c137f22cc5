/* The cost of a bridge helper. See helper.h. */

#include "tests/bench/helper.h"
#include "tests/bench/stats.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child: closes every fd but the socket, as QEMU 7.2 does, then becomes the helper. QEMU runs under that uid. */
static _Noreturn void helper_exec(const char *path, uid_t uid, int sock, const char *bridge)
{
	char fd_option[32], bridge_option[64];
	long open_max = sysconf(_SC_OPEN_MAX);

	if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
		_exit(126);
	for (int fd = 3; fd < open_max; fd++)
		if (fd != sock)
			close(fd);
	snprintf(fd_option, sizeof(fd_option), "--fd=%d", sock);
	snprintf(bridge_option, sizeof(bridge_option), "--br=%s", bridge);
	execl(path, path, "--use-vnet", fd_option, bridge_option, (char *)NULL);
	_exit(127);
}

/* One byte, and one fd with it. */
static int receive_fd(int sock)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(sizeof(size_t))));
	char byte;
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *header;
	int fd = -1;

	if (recvmsg(sock, &message, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

int helper_open(const char *path, uid_t uid, const char *bridge, struct helper_times *times)
{
	int pair[2], status, fd;
	double start;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		fail("socketpair");
	start = now_us();
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0)
		helper_exec(path, uid, pair[1], bridge);
	close(pair[1]);
	fd = receive_fd(pair[0]);
	times->fd = now_us() - start;
	close(pair[0]);
	if (waitpid(pid, &status, 0) != pid || status != 0 || fd < 0) {
		errno = EIO;
		fail(path);
	}
	times->exit = now_us() - start;
	return fd;
}
