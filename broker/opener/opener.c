/* Answers the monitor's requests for device nodes: see opener.h. Runs in tapbroker-opener, as uid 0 without
 * capabilities. */
#include "broker/opener/opener.h"

#include "broker/opener/node.h"
#include "broker/shared/fd.h"
#include "proto/channel.h"
#include "proto/broker.h"
#include "proto/message.h"
#include "proto/name.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* Waits until the channel can be read, or written. */
static int channel_wait(const struct opener *opener, short events)
{
	struct pollfd pollfd = {.fd = opener->channel, .events = events};

	return poll(&pollfd, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

/* Sends the answer: either no error and an fd, or an error and -1. */
static int answer(const struct opener *opener, uint16_t type, int error, int fd)
{
	struct tb_node_answer message;
	int ret;

	memset(&message, 0, sizeof(message));
	tb_header_set(&message.header, type, sizeof(message));
	message.error = error;
	do {
		ret = tb_send(opener->channel, &message, sizeof(message), &fd, fd >= 0 ? 1 : 0);
	} while (ret == -EAGAIN && channel_wait(opener, POLLOUT) == 0);
	return ret;
}

/* Closes our copy of the fd, and says so: whoever closes a device's last fd waits until the kernel has deleted it, and
 * that must not be us, while others wait for their nodes. */
static int say_closed(const struct opener *opener, int fd)
{
	close(fd);
	return answer(opener, TB_ANS_CLOSED, 0, -1);
}

/* True if the request says exactly what its kind of node needs, and nothing else. The name then holds no slash and no
 * "..", so that a path made of it stays where it should. */
static bool request_valid(const struct tb_node_request *request)
{
	if (request->serial != 0)
		return false;
	switch (request->node) {
	case TB_NODE_TUN:
	case TB_NODE_VHOST:
		return request->ifindex == 0 && tb_field_empty(request->name, sizeof(request->name));
	case TB_NODE_TAP:
		return request->ifindex != 0 && tb_name_valid(request->name, sizeof(request->name));
	default:
		return false;
	}
}

static int open_node(void *context, const void *message, const int *fds)
{
	const struct opener *opener = context;
	const struct tb_node_request *request = message;
	int fd TB_CLOSE = -1;
	int error;
	int ret;

	(void)fds;
	if (!request_valid(request) || request->uid != 0)
		return -EBADMSG;
	if (request->node == TB_NODE_TUN)
		fd = tun_node_open(opener->dev);
	else if (request->node == TB_NODE_VHOST)
		fd = vhost_node_open(opener->dev);
	else
		fd = tap_node_open(opener->dev, opener->net, request->name, request->ifindex);
	error = fd < 0 ? -fd : 0;
	ret = answer(opener, TB_ANS_NODE, error, fd);
	/* Other processes of root's have too many fds on their way: the next request may do better. */
	if (ret == -ETOOMANYREFS)
		ret = answer(opener, TB_ANS_NODE, ETOOMANYREFS, -1);
	else if (ret == 0 && fd >= 0)
		ret = say_closed(opener, tb_take(&fd));
	return ret == -EPIPE ? -ECONNRESET : ret;
}

static int grant_node(void *context, const void *message, const int *fds)
{
	const struct opener *opener = context;
	const struct tb_node_request *request = message;
	int ret;

	(void)fds;
	if (!request_valid(request) || request->node != TB_NODE_TAP || request->uid == 0)
		return -EBADMSG;
	ret = tap_node_grant(opener->dev, opener->net, request->name, request->ifindex, request->uid);
	ret = answer(opener, TB_ANS_GRANT, -ret, -1);
	return ret == -EPIPE ? -ECONNRESET : ret;
}

static int refuse_message(void *context, const void *message, const int *fds)
{
	(void)context;
	(void)message;
	(void)fds;
	return -EBADMSG;
}

static const struct tb_row requests[] = {
	{TB_REQ_NODE, sizeof(struct tb_node_request), 0, open_node},
	{TB_REQ_GRANT, sizeof(struct tb_node_request), 0, grant_node},
	{0, 0, 0, refuse_message},
};

int opener_step(struct opener *opener)
{
	int ret = channel_wait(opener, POLLIN);

	if (ret == 0)
		ret = tb_dispatch(opener->channel, requests, opener);
	return ret == -EAGAIN ? 0 : ret;
}
