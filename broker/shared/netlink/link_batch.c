/* Messages to rtnetlink and its answers: see link_batch.h. Linked into the monitor and the clerk; needs no right by
 * itself: the kernel judges each message. Must never believe an answer that is not the kernel's. */
#include "broker/shared/netlink/link_batch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <sys/socket.h>

void batch_begin(struct batch *batch, struct link_socket *sock)
{
	batch->sock = sock;
	batch->used = 0;
	batch->first = sock->sequence + 1;
	batch->expected = 0;
}

void *message_begin_as(struct batch *batch, uint16_t type, uint16_t flags, size_t size)
{
	batch->message = mnl_nlmsg_put_header(batch->bytes + batch->used);
	batch->message->nlmsg_type = type;
	batch->message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	batch->message->nlmsg_seq = ++batch->sock->sequence;
	return mnl_nlmsg_put_extra_header(batch->message, size);
}

void message_begin(struct batch *batch, uint16_t type, uint16_t flags, uint32_t ifindex)
{
	batch->info = message_begin_as(batch, type, flags, sizeof(*batch->info));
	batch->info->ifi_family = AF_UNSPEC;
	batch->info->ifi_index = (int)ifindex;
}

void message_end_unanswered(struct batch *batch)
{
	batch->used += MNL_ALIGN(batch->message->nlmsg_len);
}

void message_end(struct batch *batch)
{
	message_end_unanswered(batch);
	batch->expected++;
}

static int take_message(const struct nlmsghdr *message, struct answer *answer)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);
	bool is_error = message->nlmsg_type == NLMSG_ERROR;
	struct link link;

	if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
		answer->interrupted = true;
	if (is_error && mnl_nlmsg_get_payload_len(message) < sizeof(*error))
		return -EBADMSG;
	if (is_error && answer->error == 0)
		answer->error = error->error;
	if (is_error || message->nlmsg_type == NLMSG_DONE) {
		answer->outstanding--;
	} else if (answer->each != NULL && message->nlmsg_type == RTM_NEWLINK) {
		if (link_parse(message, &link) < 0)
			return -EBADMSG;
		answer->each(answer->context, &link);
	} else if (answer->take != NULL) {
		answer->take(answer->context, message);
	}
	return 0;
}

static int receive_answer(struct link_socket *sock, uint32_t first, struct answer *answer)
{
	while (answer->outstanding > 0) {
		struct sockaddr_nl from;
		socklen_t from_length = sizeof(from);
		ssize_t got = recvfrom(sock->fd, sock->buffer, sizeof(sock->buffer), 0, (struct sockaddr *)&from,
				       &from_length);
		int left = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		/* Anybody may send to our port; only the kernel is believed. */
		if (from.nl_pid != 0)
			continue;
		for (const struct nlmsghdr *message = (void *)sock->buffer; link_message_ok(message, left);
		     message = mnl_nlmsg_next(message, &left)) {
			int ret;

			/* What is left of an answer that we gave up. */
			if (message->nlmsg_seq < first || message->nlmsg_pid != sock->port)
				continue;
			ret = take_message(message, answer);
			if (ret < 0)
				return ret;
		}
	}
	return answer->error;
}

int batch_send(struct batch *batch, struct answer *answer)
{
	if (send(batch->sock->fd, batch->bytes, batch->used, 0) < 0)
		return -errno;
	answer->outstanding = batch->expected;
	return receive_answer(batch->sock, batch->first, answer);
}

int batch_run(struct batch *batch)
{
	struct answer answer = {.error = 0};

	return batch_send(batch, &answer);
}
