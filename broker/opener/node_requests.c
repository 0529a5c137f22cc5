/* Answers the monitor's requests for device nodes: see node_requests.h. Runs in tapbroker-opener, as uid 0 without
 * capabilities. */
#include "broker/opener/node_requests.h"

#include "broker/opener/device_node.h"
#include "broker/shared/fd.h"
#include "proto/broker.h"
#include "proto/channel.h"
#include "proto/message.h"
#include "proto/name.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* Waits until the channel can be read, or written. */
static int opener_wait(const struct opener *opener, short events)
{
	struct pollfd pollfd = {.fd = opener->channel, .events = events};

	return poll(&pollfd, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

/* Answers the request: either no error and an fd or -1, or an error and -1. */
static int opener_answer(const struct opener *opener, const struct tb_node_request *request, uint16_t type, int error,
			 int fd)
{
	struct tb_node_answer message = {.error = error, .serial = request->serial};
	int ret;

	tb_header_set(&message.header, type, sizeof(message));
	do {
		ret = tb_send(opener->channel, &message, sizeof(message), &fd, fd >= 0 ? 1 : 0);
	} while (ret == -EAGAIN && opener_wait(opener, POLLOUT) == 0);
	return ret == -EPIPE ? -ECONNRESET : ret;
}

/* Closes our copy of the fd, and says so: whoever closes a device's last fd waits until the kernel has deleted it, and
 * that must not be us, while others wait for their nodes. */
static int opener_say_closed(const struct opener *opener, const struct tb_node_request *request, int fd)
{
	close(fd);
	return opener_answer(opener, request, TB_ANS_CLOSED, 0, -1);
}

/* True if the request says exactly what its kind of node needs, and nothing else. The name then holds no slash and no
 * "..", so that a path made of it stays where it should. */
static bool node_request_valid(const struct tb_node_request *request)
{
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

static int on_node_request(void *context, const void *message, const int *fds)
{
	const struct opener *opener = context;
	const struct tb_node_request *request = message;
	int fd TB_CLOSE = -1;
	int error;
	int ret;

	(void)fds;
	if (!node_request_valid(request) || request->uid != 0)
		return -EBADMSG;
	if (request->node == TB_NODE_TUN)
		fd = tun_node_open(opener->dev);
	else if (request->node == TB_NODE_VHOST)
		fd = vhost_node_open(opener->dev);
	else
		fd = tap_node_open(opener->dev, opener->net, request->name, request->ifindex);
	error = fd < 0 ? -fd : 0;
	ret = opener_answer(opener, request, TB_ANS_NODE, error, fd);
	/* Other processes of root's have too many fds on their way: the next request may do better. */
	if (ret == -ETOOMANYREFS)
		ret = opener_answer(opener, request, TB_ANS_NODE, ETOOMANYREFS, -1);
	else if (ret == 0 && fd >= 0)
		ret = opener_say_closed(opener, request, tb_take(&fd));
	return ret;
}

static int on_grant_request(void *context, const void *message, const int *fds)
{
	const struct opener *opener = context;
	const struct tb_node_request *request = message;
	int ret = 0;

	(void)fds;
	if (!node_request_valid(request) || request->node != TB_NODE_TAP)
		return -EBADMSG;
	/* Root owns the node already. */
	if (request->uid != 0)
		ret = tap_node_grant(opener->dev, opener->net, request->name, request->ifindex, request->uid);
	return opener_answer(opener, request, TB_ANS_GRANT, -ret, -1);
}

static int on_false_request(void *context, const void *message, const int *fds)
{
	(void)context;
	(void)message;
	(void)fds;
	return -EBADMSG;
}

static const struct tb_row requests[] = {
	{TB_REQ_NODE, sizeof(struct tb_node_request), 0, on_node_request},
	{TB_REQ_GRANT, sizeof(struct tb_node_request), 0, on_grant_request},
	{0, 0, 0, on_false_request},
};

int node_requests_step(struct opener *opener)
{
	int ret = opener_wait(opener, POLLIN);

	if (ret == 0)
		ret = tb_dispatch(opener->channel, requests, opener);
	return ret == -EAGAIN ? 0 : ret;
}
