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

/* Takes the fds out of a received message. Returns how many there were; *foreign says if there was anything else. */
static size_t take_fds(struct msghdr *msg, int *fds, size_t room, bool *foreign)
{
	size_t taken = 0;

	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		size_t count;

		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS) {
			*foreign = true;
			continue;
		}
		count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
			if (taken < room) {
				fds[taken++] = fd;
			} else {
				close(fd);
				*foreign = true;
			}
		}
	}
	return taken;
}

static void close_all(const int *fds, size_t nfds)
{
	for (size_t i = 0; i < nfds; i++)
		close(fds[i]);
}

long tb_receive(int sock, void *message, size_t size, int *fds, size_t *nfds)
{
	size_t room = *nfds;
	union control control;
	struct iovec part = {.iov_base = message, .iov_len = size};
	struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
	bool foreign = false;
	ssize_t got;

	if (room > TB_FDS_MAX)
		return -EINVAL;
	if (room > 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(room * sizeof(int));
	}
	do {
		got = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	} while (got < 0 && errno == EINTR);
	*nfds = 0;
	if (got < 0)
		return -errno;
	if (room > 0)
		*nfds = take_fds(&msg, fds, room, &foreign);
	if (foreign || (msg.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) != 0) {
		close_all(fds, *nfds);
		*nfds = 0;
		return (msg.msg_flags & MSG_TRUNC) != 0 ? -EMSGSIZE : -EPROTO;
	}
	return got;
}

static const struct tb_row *find_row(const struct tb_row *table, const struct tb_header *header, size_t length,
				     size_t nfds)
{
	const struct tb_row *row = table;

	for (; row->type != 0; row++)
		if (length == row->size && nfds == row->nfds && tb_header_valid(header, row->type, row->size))
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

int tb_dispatch(int sock, const struct tb_row *table, void *context)
{
	union {
		struct tb_header header;
		char bytes[TB_MESSAGE_MAX];
		uint64_t aligned;
	} message;
	int fds[TB_FDS_MAX];
	size_t nfds = most_fds(table);
	const struct tb_row *row;
	long length;

	memset(&message.header, 0, sizeof(message.header));
	length = tb_receive(sock, message.bytes, sizeof(message), fds, &nfds);
	if (length == 0 && nfds == 0)
		return -ECONNRESET;
	if (length < 0 && length != -EMSGSIZE && length != -EPROTO)
		return (int)length;
	row = find_row(table, &message.header, length < 0 ? 0 : (size_t)length, nfds);
	if (row->type == 0) {
		close_all(fds, nfds);
		return row->handle(context, NULL, NULL);
	}
	return row->handle(context, message.bytes, fds);
}
