/* Sending, receiving and dispatching messages: see channel.h. No malloc, no stdio. */
#include "channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Room for the fds of one message, aligned as the kernel's macros want it. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(TB_FDS_MAX * sizeof(int))];
};

void tb_header_set(struct tb_header *header, uint16_t type, size_t size)
{
	header->magic = TB_MAGIC;
	header->version = TB_VERSION;
	header->type = type;
	header->size = (uint32_t)size;
	header->reserved = 0;
}

bool tb_header_valid(const struct tb_header *header, uint16_t type, size_t size)
{
	return header->magic == TB_MAGIC && header->version == TB_VERSION && header->type == type &&
	       header->size == size && header->reserved == 0;
}

int tb_send(int sock, const void *message, size_t size, const int *fds, size_t nfds)
{
	union control control;
	struct iovec part = {.iov_base = (void *)message, .iov_len = size};
	struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t sent;

	if (nfds > TB_FDS_MAX)
		return -EINVAL;
	if (nfds > 0) {
		struct cmsghdr *cmsg;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, nfds * sizeof(int));
	}
	do {
		sent = sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Takes the fds out of a received message: the kernel brings no more than there was room for, and nothing else that our
 * sockets do not ask for. Returns how many there were. */
static size_t take_fds(struct msghdr *msg, int *fds)
{
	const struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	size_t size;

	if (cmsg == NULL || cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
		return 0;
	size = cmsg->cmsg_len - CMSG_LEN(0);
	memcpy(fds, CMSG_DATA(cmsg), size);
	return size / sizeof(int);
}

static void close_all(const int *fds, size_t nfds)
{
	for (size_t i = 0; i < nfds; i++)
		close(fds[i]);
}

/* As tb_receive(), with flags for recvmsg(). *starved: the message had fds, and this process had no free descriptor for
 * one of them; then *nfds is 0. The kernel says the same of more fds than there is room for, but fills that room. */
static long receive(int sock, void *message, size_t size, int *fds, size_t *nfds, int flags, bool *starved)
{
	size_t room = *nfds;
	union control control;
	struct iovec part = {.iov_base = message, .iov_len = size};
	struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
	bool truncated;
	ssize_t got;

	*starved = false;
	if (room > TB_FDS_MAX)
		return -EINVAL;
	if (room > 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_LEN(room * sizeof(int));
	}
	do {
		got = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | flags);
	} while (got < 0 && errno == EINTR);
	*nfds = 0;
	if (got < 0)
		return -errno;
	if (room > 0)
		*nfds = take_fds(&msg, fds);
	truncated = (msg.msg_flags & MSG_CTRUNC) != 0;
	*starved = truncated && *nfds < room && (msg.msg_flags & MSG_TRUNC) == 0;
	if (truncated || (msg.msg_flags & MSG_TRUNC) != 0) {
		close_all(fds, *nfds);
		*nfds = 0;
	}
	if ((msg.msg_flags & MSG_TRUNC) != 0)
		return -EMSGSIZE;
	return truncated && !*starved ? -EPROTO : got;
}

long tb_receive(int sock, void *message, size_t size, int *fds, size_t *nfds)
{
	bool starved;
	long got = receive(sock, message, size, fds, nfds, MSG_DONTWAIT, &starved);

	return starved ? -EMFILE : got;
}

/* fds may be NULL: there were some, but no descriptor for them. */
static const struct tb_row *find_row(const struct tb_row *table, const struct tb_header *header, size_t length,
				     const int *fds, size_t nfds)
{
	const struct tb_row *row = table;

	for (; row->type != 0; row++)
		if (length == row->size && (fds != NULL ? nfds == row->nfds : row->nfds > 0) &&
		    tb_header_valid(header, row->type, row->size))
			break;
	return row;
}

/* The most fds that any row of the table takes. */
static size_t most_fds(const struct tb_row *table)
{
	size_t most = 0;

	for (const struct tb_row *row = table; row->type != 0; row++)
		if (row->nfds > most)
			most = row->nfds;
	return most;
}

/* message is where the message goes, aligned as a row's struct needs it, with room for size bytes: a larger one is none
 * of the table's. */
static int dispatch(int sock, const struct tb_row *table, void *context, void *message, size_t size, int flags)
{
	int room[TB_FDS_MAX];
	size_t nfds = most_fds(table);
	const struct tb_row *row;
	const int *fds;
	bool starved;
	long length;

	memset(message, 0, sizeof(struct tb_header));
	length = receive(sock, message, size, room, &nfds, flags, &starved);
	if (length == 0 && nfds == 0 && !starved)
		return -ECONNRESET;
	if (length < 0 && length != -EMSGSIZE && length != -EPROTO)
		return (int)length;
	fds = starved ? NULL : room;
	row = find_row(table, message, length < 0 ? 0 : (size_t)length, fds, nfds);
	if (row->type == 0) {
		close_all(room, nfds);
		return row->handle(context, NULL, NULL);
	}
	return row->handle(context, message, fds);
}

int tb_dispatch(int sock, const struct tb_row *table, void *context)
{
	uint64_t message[TB_MESSAGE_MAX / sizeof(uint64_t)];

	return dispatch(sock, table, context, message, sizeof(message), MSG_DONTWAIT);
}

int tb_dispatch_wait(int sock, const struct tb_row *table, void *context)
{
	uint64_t message[TB_WAIT_MESSAGE_MAX / sizeof(uint64_t)];

	return dispatch(sock, table, context, message, sizeof(message), 0);
}
