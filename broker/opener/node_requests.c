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

/* Sends an answer to the request, with an fd or -1. */
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

/* True if the request says exactly what its kind of node needs, and nothing else. The name then holds no slash and no
 * "..", so that a path made of it stays where it should. */
static bool node_request_valid(const struct tb_node_request *request)
{
	switch (request->node) {
	case TB_NODE_TUN:
	case TB_NODE_VHOST:
		return request->ifindex == 0 && request->uid == 0 &&
		       tb_field_empty(request->name, sizeof(request->name));
	case TB_NODE_TAP:
		return request->ifindex != 0 && tb_name_valid(request->name, sizeof(request->name));
	default:
		return false;
	}
}

/* Opens the node, and lets the request's user open it, too. Returns the fd or a negative errno. */
static int open_node(const struct opener *opener, const struct tb_node_request *request)
{
	int fd TB_CLOSE = -1;
	int ret;

	if (request->node == TB_NODE_TUN)
		return tun_node_open(opener->dev);
	if (request->node == TB_NODE_VHOST)
		return vhost_node_open(opener->dev);
	fd = tap_node_open(opener->dev, opener->net, request->name, request->ifindex);
	if (fd < 0)
		return fd;
	ret = request->uid != 0 ? tap_node_grant(fd, request->name, request->uid) : 0;
	return ret < 0 ? ret : tb_take(&fd);
}

/* Our own copy of the fd is closed before the last word: whoever closes a device's last fd waits until the kernel has
 * deleted it, and that must not be us, while others wait for their nodes. */
static int on_node_request(void *context, const void *message, const int *fds)
{
	const struct opener *opener = context;
	const struct tb_node_request *request = message;
	int fd TB_CLOSE = -1;
	int error;
	int ret = 0;

	(void)fds;
	if (!node_request_valid(request))
		return -EBADMSG;
	fd = open_node(opener, request);
	error = fd < 0 ? -fd : 0;
	if (fd >= 0)
		ret = opener_answer(opener, request, TB_NODE_FD, 0, fd);
	tb_close(&fd);
	/* Other processes of root's have too many fds on their way: the next request may do better. */
	if (ret == -ETOOMANYREFS)
		error = ETOOMANYREFS;
	else if (ret < 0)
		return ret;
	return opener_answer(opener, request, TB_ANS_NODE, error, -1);
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
	{0, 0, 0, on_false_request},
};

int node_requests_step(struct opener *opener)
{
	int ret = opener_wait(opener, POLLIN);

	if (ret == 0)
		ret = tb_dispatch(opener->channel, requests, opener);
	return ret == -EAGAIN ? 0 : ret;
}
