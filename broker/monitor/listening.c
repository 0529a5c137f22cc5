/* The listening socket: see listening.h. Runs as root, before lock-down. */
#include "broker/monitor/listening.h"

#include "broker/monitor/stored.h"
#include "broker/shared/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/un.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* First in, first out: a long queue would let one user take everybody's time. */
#define BACKLOG 64

/* How long a socket that somebody else serves is waited for: one second. */
#define SERVED_TRIES 20
#define SERVED_PAUSE_US 50000

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* Linux 6.16 */
#endif

/* What the supervisor passed must be what we would have made. */
static int check_passed(int fd)
{
	int type;
	int domain;
	int listening;
	socklen_t length = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) < 0)
		return -errno;
	if (domain != AF_UNIX || type != SOCK_SEQPACKET || !listening)
		return -EPROTOTYPE;
	/* Whatever backlog it has: a long one gives one user seconds of everybody's time. */
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return fd;
}

/* The others are lifelines that an earlier monitor has stored. */
static int find_passed(int count)
{
	int ret = -EPROTOTYPE;

	for (int fd = PASSED_FD; ret < 0 && fd < PASSED_FD + count; fd++)
		ret = check_passed(fd);
	return ret;
}

static int set_address(struct sockaddr_un *address, const char *path)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	strcpy(address->sun_path, path);
	return 0;
}

/* True if a broker answers at the address. */
static int is_served(const struct sockaddr_un *address)
{
	int fd TB_CLOSE = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
}

static int make_directory(const char *path)
{
	char directory[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	char *slash;

	strcpy(directory, path);
	slash = strrchr(directory, '/');
	if (slash == directory)
		return 0;
	*slash = '\0';
	if (mkdir(directory, 0755) < 0)
		return errno == EEXIST ? 0 : -errno;
	/* Whatever the umask: everybody is to reach the socket. */
	return chmod(directory, 0755) < 0 ? -errno : 0;
}

static int make_socket(const char *path)
{
	int fd TB_CLOSE = -1;
	struct sockaddr_un address;
	mode_t mask;
	int ret = set_address(&address, path);

	if (ret == 0)
		ret = make_directory(path);
	if (ret < 0)
		return ret;
	/* The children of a broker that was killed hold its socket for a moment longer. */
	for (int tries = 0; is_served(&address); tries++) {
		if (tries == SERVED_TRIES)
			return -EADDRINUSE;
		usleep(SERVED_PAUSE_US);
	}
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* Everybody may connect from the first moment on: polkit decides who gets anything. */
	mask = umask(0111);
	ret = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(mask);
	if (ret < 0)
		return ret;
	if (listen(fd, BACKLOG) < 0)
		return -errno;
	return tb_take(&fd);
}

int listening_socket(const char *path)
{
	int zero = 0;
	int fd;

	fd = passed_fds() > 0 ? find_passed(passed_fds()) : make_socket(path);
	/* Where the kernel can, it lets no client send us fds: dropping one may take long. */
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &zero, sizeof(zero));
	return fd;
}

int listening_origin(int listening, struct origin *origin)
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

int notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	int fd TB_CLOSE = -1;
	struct sockaddr_un address;
	size_t length;

	if (path == NULL || (path[0] != '/' && path[0] != '@') || set_address(&address, path) < 0)
		return -1;
	length = strlen(path);
	/* An abstract address is written with an '@' for its first NUL, and ends where its text ends. */
	if (address.sun_path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0)
		return -1;
	return tb_take(&fd);
}
