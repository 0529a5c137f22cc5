/* The connection to the broker: see internal.h. Runs in the client's process.
 *
 * Must never take a program for the broker that is not root's: the device that it passes would be a trap, and the
 * environment of a setuid program is not believed.
 */
#include "client/libtapbroker/internal.h"
#include "proto/channel.h"
#include "proto/number.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE 3000 /* milliseconds, while nobody listens: a broker that is started again takes one or two seconds */
#define OVERFLOW_UID 65534 /* how the kernel shows a uid that this user namespace does not map */

static int socket_address(struct sockaddr_un *address)
{
	const char *path = secure_getenv("TAPBROKER_SOCKET");

	if (path == NULL || path[0] == '\0')
		path = TB_SOCKET_PATH;
	if (path[0] != '/' || strlen(path) >= sizeof(address->sun_path))
		return -EINVAL;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, strlen(path));
	return 0;
}

/* What a failed connect() means to our caller, for whom EACCES is the broker's word, and EPERM ours. */
static int connect_error(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return -ENOTCONN; /* the mode of the socket or of a directory, or a sandbox */
	case EPROTOTYPE:
		return -EPERM; /* a stream or datagram socket: not the broker's */
	case ENOTDIR:
	case ELOOP:
		return -ENOENT;
	default:
		return -error;
	}
}

/* True if a broker that is being started again makes connect() fail like this. */
static bool may_be_starting(int error, bool met)
{
	return error == ECONNREFUSED || (met && error == ENOENT);
}

/* A full backlog is EAGAIN at once on a non-blocking socket. Nothing tells when it, or a missing broker, is worth
 * trying again. */
static int connect_until(int sock, const struct sockaddr_un *address, bool met, int64_t deadline)
{
	int64_t patience = tb_deadline(PATIENCE);

	if (patience > deadline)
		patience = deadline;
	while (connect(sock, (const struct sockaddr *)address, sizeof(*address)) < 0) {
		int error = errno;

		if (error == EINTR)
			continue;
		if (error == EAGAIN) {
			if (tb_pause(deadline) < 0)
				return -ETIMEDOUT;
		} else if (!may_be_starting(error, met) || tb_pause(patience) < 0) {
			return connect_error(error);
		}
	}
	return 0;
}

/* Takes the next number of a line of them. */
static bool take_number(const char **text, uint64_t *number)
{
	*text += strspn(*text, " ");
	return tb_number_take(text, UINT32_MAX, number) == 0;
}

/* True if the kernel says that this user namespace is not the first one, where every uid is known. */
static bool namespace_hides_uids(void)
{
	uint64_t inside, outside, count;
	char map[256];
	const char *text = map;
	ssize_t length;
	int fd;

	fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, map, sizeof(map) - 1);
	close(fd);
	if (length <= 0)
		return false;
	map[length] = '\0';
	if (!take_number(&text, &inside) || !take_number(&text, &outside) || !take_number(&text, &count))
		return false;
	return !(inside == 0 && outside == 0 && count == UINT32_MAX);
}

int tb_server_check(int sock)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);
	int type;
	socklen_t type_length = sizeof(type);

	if (getsockopt(sock, SOL_SOCKET, SO_TYPE, &type, &type_length) < 0 || type != SOCK_SEQPACKET)
		return -EINVAL;
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return -EPERM;
	if (peer.uid == 0 || (peer.uid == OVERFLOW_UID && namespace_hides_uids()))
		return 0;
	return -EPERM;
}

int tb_server_connect(bool met, int64_t deadline, int *sock)
{
	struct sockaddr_un address;
	int fd = -1;
	int ret;

	ret = socket_address(&address);
	if (ret < 0)
		goto out;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		ret = -errno;
		goto out;
	}
	ret = connect_until(fd, &address, met, deadline);
	if (ret < 0)
		goto out;
	ret = tb_server_check(fd);
	if (ret < 0)
		goto out;
	*sock = fd;
	fd = -1;
out:
	if (fd >= 0)
		close(fd);
	return ret;
}

int tb_server_send(int sock, const struct tb_request *request)
{
	int ret = tb_send(sock, request, request->header.size, NULL, 0);

	return ret == -EPIPE || ret == -ENOTCONN ? -ECONNRESET : ret;
}

int tb_server_attempt(tb_attempt *attempt, void *context)
{
	int ret = attempt(context, false);

	if (ret == -ERESTART)
		ret = attempt(context, true);
	return ret == -ERESTART ? -EAGAIN : ret;
}

int tb_server_ask(const struct tb_request *request, bool met, int64_t deadline, int *sock)
{
	int ret = tb_server_connect(met, deadline, sock);

	if (ret < 0) {
		*sock = -1;
		return ret;
	}
	ret = tb_server_send(*sock, request);
	if (ret < 0) {
		close(*sock);
		*sock = -1;
	}
	return ret;
}

/* True if this could be a message of another version of the protocol. */
static bool other_version(const struct tb_header *header)
{
	return header->magic == TB_MAGIC && header->version != TB_VERSION;
}

long tb_server_receive(int sock, void *message, size_t size, int *fds, size_t *nfds, int64_t deadline)
{
	size_t room = *nfds;
	long length;

	do {
		int ret = tb_wait(sock, deadline);

		if (ret < 0)
			return ret;
		memset(message, 0, size);
		*nfds = room;
		length = tb_receive(sock, message, size, fds, nfds);
	} while (length == -EAGAIN);
	if (length == 0 && *nfds == 0)
		return -ECONNRESET;
	if ((length > 0 || length == -EMSGSIZE) && other_version(message))
		length = -EBADMSG;
	if (length == 0 || length == -EMSGSIZE)
		length = -EPROTO;
	if (length < 0)
		while (*nfds > 0)
			close(fds[--*nfds]);
	return length;
}
