/* Clients' sockets: see client_socket.h. Runs in the clerk; needs no right. */
#include "broker/clerk/client/client_socket.h"

#include "broker/clerk/client/lingering.h"
#include "broker/clerk/loop.h"
#include "broker/shared/fd.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* Each message then brings its sender's ids, which nobody reads: they tell an empty message from the end, for which
 * there are none. */
int client_socket_prepare(int sock)
{
	int one = 1;

	return setsockopt(sock, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) < 0 ? -errno : 0;
}

enum queued client_socket_queued(int sock)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct ucred))]; /* no room for descriptors */
	} control;
	char byte;
	struct iovec part = {.iov_base = &byte, .iov_len = sizeof(byte)};
	struct msghdr msg = {.msg_iov = &part,
			     .msg_iovlen = 1,
			     .msg_control = control.bytes,
			     .msg_controllen = sizeof(control.bytes)};

	if (recvmsg(sock, &msg, MSG_PEEK | MSG_DONTWAIT) < 0)
		return QUEUED_NOTHING;
	if ((msg.msg_flags & MSG_CTRUNC) != 0)
		return QUEUED_FDS;
	return msg.msg_controllen > 0 ? QUEUED_BYTES : QUEUED_NOTHING;
}

bool client_socket_hung_up(int sock)
{
	struct pollfd item = {.fd = sock, .events = 0};

	return poll(&item, 1, 0) != 0;
}

void client_socket_hang_up(int *sock)
{
	enum queued queued;
	char byte;

	if (*sock < 0)
		return;
	loop_forget(*sock);
	/* From here on nobody can queue anything more in it. */
	shutdown(*sock, SHUT_RDWR);
	/* The kernel turns bytes that nobody has read into ECONNRESET for the client, ahead of our answer. */
	while ((queued = client_socket_queued(*sock)) == QUEUED_BYTES)
		recv(*sock, &byte, sizeof(byte), MSG_DONTWAIT);
	if (queued == QUEUED_FDS)
		lingering_take(tb_take(sock));
	else
		tb_close(sock);
}
