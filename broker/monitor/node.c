/* Device nodes: see node.h. Runs in the monitor.
 *
 * The opener is asked and waited for: it only opens a file, and a process of ours that does not answer within the
 * deadline, or answers nonsense, ends the broker.
 */
#include "broker/monitor/node.h"

#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "broker/shared/vhost.h"
#include "proto/broker.h"
#include "proto/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define OPENER_DEADLINE_MS 2000

bool node_is_public(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && (status.st_mode & 0006) == 0006;
}

/* What the opener has answered so far. */
struct reply {
	int error;
	int fd;
};

static int take_fd(void *context, const void *message, const int *fds)
{
	const struct tb_node_answer *answer = message;
	struct reply *reply = context;

	if (answer->error != 0 || answer->serial != 0)
		tb_die("the opener answers nonsense: an fd and the error %d", answer->error);
	reply->fd = fds[0];
	return 0;
}

static int take_nonsense(void *context, const void *message, const int *fds)
{
	(void)context, (void)message, (void)fds;
	tb_die("the opener answers nonsense");
}

static int take_granted(void *context, const void *message, const int *fds)
{
	const struct tb_node_answer *answer = message;
	struct reply *reply = context;

	(void)fds;
	if (answer->error < 0 || answer->serial != 0)
		tb_die("the opener answers nonsense: the error %d", answer->error);
	reply->error = -answer->error;
	return 0;
}

static int take_error(void *context, const void *message, const int *fds)
{
	const struct tb_node_answer *answer = message;
	struct reply *reply = context;

	(void)fds;
	if (answer->error <= 0 || answer->serial != 0)
		tb_die("the opener answers nonsense: no fd and the error %d", answer->error);
	reply->error = -answer->error;
	return 0;
}

static int take_closed(void *context, const void *message, const int *fds)
{
	const struct tb_node_answer *answer = message;

	(void)context, (void)fds;
	if (answer->error != 0 || answer->serial != 0)
		tb_die("the opener answers nonsense: it has closed the fd, with the error %d", answer->error);
	return 0;
}

/* Waits for the next message of the opener, and takes it by one of the rows. */
static void await(int opener, const struct tb_row *rows, struct reply *reply)
{
	struct pollfd item = {.fd = opener, .events = POLLIN};
	int ret;

	if (poll(&item, 1, OPENER_DEADLINE_MS) <= 0)
		tb_die("the opener has not answered for %d ms", OPENER_DEADLINE_MS);
	ret = tb_dispatch(opener, rows, reply);
	if (ret < 0)
		tb_die("the opener is gone: %s", strerror(-ret));
}

/* Sends the request and takes the answer by one of the rows. */
static struct reply exchange(int opener, const struct tb_node_request *request, const struct tb_row *rows)
{
	struct reply reply = {.error = 0, .fd = -1};
	int ret = tb_send(opener, request, sizeof(*request), NULL, 0);

	if (ret < 0)
		tb_die("cannot ask the opener: %s", strerror(-ret));
	await(opener, rows, &reply);
	return reply;
}

static int ask_for_fd(int opener, enum tb_node node, const char *name, uint32_t ifindex)
{
	static const struct tb_row rows[] = {
		{TB_ANS_NODE, sizeof(struct tb_node_answer), 1, take_fd},
		{TB_ANS_NODE, sizeof(struct tb_node_answer), 0, take_error},
		{0, 0, 0, take_nonsense},
	};
	/* Until the opener has closed its own copy, the kernel could make it wait for the device's end. */
	static const struct tb_row closed[] = {
		{TB_ANS_CLOSED, sizeof(struct tb_node_answer), 0, take_closed},
		{0, 0, 0, take_nonsense},
	};
	struct tb_node_request request = {.node = node, .ifindex = ifindex};
	struct reply reply;

	tb_header_set(&request.header, TB_REQ_NODE, sizeof(request));
	memcpy(request.name, name, strlen(name));
	reply = exchange(opener, &request, rows);
	if (reply.fd < 0)
		return reply.error;
	await(opener, closed, &reply);
	return reply.fd;
}

int node_grant(const struct node_source *source, const char *name, uint32_t ifindex, uid_t uid)
{
	static const struct tb_row rows[] = {
		{TB_ANS_GRANT, sizeof(struct tb_node_answer), 0, take_granted},
		{0, 0, 0, take_nonsense},
	};
	struct tb_node_request request = {.node = TB_NODE_TAP, .ifindex = ifindex, .uid = uid};

	tb_header_set(&request.header, TB_REQ_GRANT, sizeof(request));
	memcpy(request.name, name, strlen(name));
	return exchange(source->opener, &request, rows).error;
}

static int open_path(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int node_open_tun(const struct node_source *source)
{
	return source->tun_direct ? open_path(NODE_TUN_PATH) : ask_for_fd(source->opener, TB_NODE_TUN, "", 0);
}

/* A device's other fds fail at their first ioctl if they are not what they should be. This one goes to a client without
 * an ioctl of ours, so it is looked at, whoever has opened it. */
int node_open_vhost(const struct node_source *source)
{
	int fd TB_CLOSE =
		source->vhost_direct ? open_path(NODE_VHOST_PATH) : ask_for_fd(source->opener, TB_NODE_VHOST, "", 0);
	struct stat status;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(TB_VHOST_MAJOR, TB_VHOST_MINOR))
		return -ENODEV;
	return tb_take(&fd);
}

int node_open_tap(const struct node_source *source, const char *name, uint32_t ifindex)
{
	return ask_for_fd(source->opener, TB_NODE_TAP, name, ifindex);
}
