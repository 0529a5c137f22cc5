/* Fuzz target: one message from another process, through tb_receive and tb_dispatch, against a table of all internal
 * channels. The first byte says how many fds the message brings; the rest is the message.
 * Every message must reach exactly one handler, a known one only if it is exact, and no fd may be left open.
 */
#include "proto/broker.h"
#include "proto/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FDS_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was sent, and how often a handler was called. */
struct expectation {
	const uint8_t *message;
	size_t size;
	size_t nfds;
	int handled;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* A handler of a row that takes no fd and one of a row that takes one: what they are given is what was sent. */
static int handle_exact(struct expectation *sent, const void *message, size_t nfds)
{
	const struct tb_header *header = message;

	require(header->magic == TB_MAGIC && header->version == TB_VERSION && header->reserved == 0);
	require(header->size == sent->size && memcmp(message, sent->message, sent->size) == 0);
	require(sent->nfds == nfds);
	sent->handled++;
	return 0;
}

static int handle_plain(void *context, const void *message, const int *fds)
{
	(void)fds;
	return handle_exact(context, message, 0);
}

static int handle_with_fd(void *context, const void *message, const int *fds)
{
	require(close(fds[0]) == 0);
	return handle_exact(context, message, 1);
}

static int handle_unknown(void *context, const void *message, const int *fds)
{
	struct expectation *sent = context;

	require(message == NULL && fds == NULL);
	sent->handled++;
	return -EBADMSG;
}

static const struct tb_row all_rows[] = {
	{TB_REQ_ORDER, sizeof(struct tb_order), 1, handle_with_fd},
	{TB_REQ_ASK, sizeof(struct tb_question), 1, handle_with_fd},
	{TB_ANS_VERDICT, sizeof(struct tb_verdict), 0, handle_plain},
	{TB_REQ_CANCEL, sizeof(struct tb_cancel), 0, handle_plain},
	{TB_REQ_NODE, sizeof(struct tb_node_request), 0, handle_plain},
	{TB_NODE_FD, sizeof(struct tb_node_answer), 1, handle_with_fd},
	{0, 0, 0, handle_unknown},
};

/* A table that takes no fds at all: the kernel is offered no control buffer. */
static const struct tb_row plain_rows[] = {
	{TB_ANS_VERDICT, sizeof(struct tb_verdict), 0, handle_plain},
	{TB_REQ_NODE, sizeof(struct tb_node_request), 0, handle_plain},
	{0, 0, 0, handle_unknown},
};

static int lowest_free_fd(void)
{
	int fd = dup(STDIN_FILENO);

	require(fd >= 0);
	close(fd);
	return fd;
}

static void check_dispatch(const uint8_t *message, size_t size, size_t nfds, const struct tb_row *table)
{
	struct expectation sent = {message, size, nfds, 0};
	int before = lowest_free_fd();
	int fds[FDS_MAX];
	int pair[2];
	int ret;

	require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	for (size_t i = 0; i < nfds; i++)
		fds[i] = pair[0];
	require(tb_send(pair[0], message, size, fds, nfds) == 0);
	ret = tb_dispatch(pair[1], table, &sent);
	/* A message of no bytes that brings nothing is the same to recvmsg as a peer that has closed. */
	if (size == 0 && ret == -ECONNRESET)
		require(sent.handled == 0);
	else
		require(sent.handled == 1 && (ret == 0 || ret == -EBADMSG));
	close(pair[0]);
	close(pair[1]);
	require(lowest_free_fd() == before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	check_dispatch(data + 1, size - 1, data[0] % (FDS_MAX + 1), all_rows);
	check_dispatch(data + 1, size - 1, data[0] % (FDS_MAX + 1), plain_rows);
	return 0;
}
