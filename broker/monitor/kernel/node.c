/* Device nodes: see node.h. Runs in the monitor; needs no right.
 *
 * The opener is asked and waited for. To open a node may take the kernel as long as somebody's links take to end, so a
 * late answer fails the request that waits for it, and nothing else; when it comes it is dropped. Nonsense ends the
 * broker.
 */
#include "broker/monitor/kernel/node.h"

#include "broker/shared/clock.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "broker/shared/vhost.h"
#include "proto/broker.h"
#include "proto/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
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

/* One request to the opener, and what it has answered so far. */
struct exchange {
	struct node_source *source;
	uint16_t awaited; /* enum tb_broker_type, of the answer; 0: none, all are late */
	bool answered;
	bool closed; /* the opener has closed its own copy of the fd */
	int error;
	int fd; /* owned */
};

/* True if the answer is to this request; false if it is late. */
static bool is_current(const struct exchange *exchange, const struct tb_node_answer *answer, uint16_t type)
{
	uint32_t last = exchange->source->serial;

	if (answer->serial == 0 || answer->serial > last)
		tb_die("the opener answers nonsense: to a request that nobody made");
	if (answer->serial != last || exchange->awaited == 0)
		return false;
	if (type != exchange->awaited || exchange->answered)
		tb_die("the opener answers nonsense: twice, or something else");
	return true;
}

static int take_node(void *context, const void *message, const int *fds)
{
	const struct tb_node_answer *answer = message;
	struct exchange *exchange = context;
	int fd = fds != NULL ? fds[0] : -1;

	if (answer->error != 0)
		tb_die("the opener answers nonsense: an fd and the error %d", answer->error);
	if (!is_current(exchange, answer, TB_ANS_NODE)) {
		closer_give(exchange->source->closer, &fd);
		return 0;
	}
	exchange->answered = true;
	exchange->error = fd < 0 ? -EMFILE : 0;
	exchange->fd = fd;
	return 0;
}

static int take_error(void *context, const void *message, const int *fds)
{
	const struct tb_node_answer *answer = message;
	struct exchange *exchange = context;

	(void)fds;
	if (answer->error <= 0)
		tb_die("the opener answers nonsense: no fd and the error %d", answer->error);
	if (is_current(exchange, answer, TB_ANS_NODE)) {
		exchange->answered = true;
		exchange->error = -answer->error;
	}
	return 0;
}

static int take_granted(void *context, const void *message, const int *fds)
{
	const struct tb_node_answer *answer = message;
	struct exchange *exchange = context;

	(void)fds;
	if (answer->error < 0)
		tb_die("the opener answers nonsense: the error %d", answer->error);
	if (is_current(exchange, answer, TB_ANS_GRANT)) {
		exchange->answered = true;
		exchange->error = -answer->error;
	}
	return 0;
}

static int take_closed(void *context, const void *message, const int *fds)
{
	const struct tb_node_answer *answer = message;
	struct exchange *exchange = context;

	(void)fds;
	if (answer->error != 0)
		tb_die("the opener answers nonsense: it has closed the fd, with the error %d", answer->error);
	if (answer->serial == 0 || answer->serial > exchange->source->serial)
		tb_die("the opener answers nonsense: to a request that nobody made");
	if (answer->serial == exchange->source->serial)
		exchange->closed = true;
	return 0;
}

static int refuse_answer(void *context, const void *message, const int *fds)
{
	(void)context, (void)message, (void)fds;
	tb_die("the opener answers nonsense");
}

static const struct tb_row answers[] = {
	{TB_ANS_NODE, sizeof(struct tb_node_answer), 1, take_node},
	{TB_ANS_NODE, sizeof(struct tb_node_answer), 0, take_error},
	{TB_ANS_GRANT, sizeof(struct tb_node_answer), 0, take_granted},
	{TB_ANS_CLOSED, sizeof(struct tb_node_answer), 0, take_closed},
	{0, 0, 0, refuse_answer},
};

int node_take_late(struct node_source *source)
{
	struct exchange none = {.source = source, .fd = -1};
	int ret = tb_dispatch(source->opener, answers, &none);

	return ret == -EAGAIN ? 0 : ret;
}

/* Until the opener has closed its own copy of an fd, the kernel could make it wait for the device's end. */
static bool is_complete(const struct exchange *exchange)
{
	return exchange->answered && (exchange->fd < 0 || exchange->closed);
}

/* Waits for the opener's next message, and takes it. Returns 0 or a negative errno. */
static int await_answer(struct exchange *exchange, uint64_t deadline)
{
	struct pollfd item = {.fd = exchange->source->opener, .events = POLLIN};
	uint64_t now = monotonic_ms();
	int ret;

	if (now >= deadline)
		return -ETIMEDOUT;
	if (poll(&item, 1, (int)(deadline - now)) < 0 && errno != EINTR)
		return -errno;
	ret = tb_dispatch(exchange->source->opener, answers, exchange);
	return ret == -EAGAIN ? 0 : ret;
}

/* Returns the fd that the opener has sent, 0 for an answer without one, or a negative errno. That the opener is gone is
 * noticed where its channel is watched. */
static int ask_opener(struct node_source *source, uint16_t type, struct tb_node_request *request)
{
	struct exchange exchange = {.source = source, .awaited = type + 1, .fd = -1};
	uint64_t deadline = monotonic_ms() + OPENER_DEADLINE_MS;
	int ret;

	tb_header_set(&request->header, type, sizeof(*request));
	source->serial = source->serial == UINT32_MAX ? 1 : source->serial + 1;
	request->serial = source->serial;
	ret = tb_send(source->opener, request, sizeof(*request), NULL, 0);
	while (ret == 0 && !is_complete(&exchange))
		ret = await_answer(&exchange, deadline);
	if (ret == 0)
		ret = exchange.error;
	if (ret < 0) {
		closer_give(source->closer, &exchange.fd);
		return ret;
	}
	return exchange.fd < 0 ? 0 : exchange.fd;
}

static int ask_for_node(struct node_source *source, enum tb_node node, const char *name, uint32_t ifindex)
{
	struct tb_node_request request = {.node = node, .ifindex = ifindex};

	memcpy(request.name, name, strlen(name));
	return ask_opener(source, TB_REQ_NODE, &request);
}

int node_grant(struct node_source *source, const char *name, uint32_t ifindex, uid_t uid)
{
	struct tb_node_request request = {.node = TB_NODE_TAP, .ifindex = ifindex, .uid = uid};

	/* Root may open it anyway. */
	if (uid == 0)
		return 0;
	memcpy(request.name, name, strlen(name));
	return ask_opener(source, TB_REQ_GRANT, &request);
}

static int open_path(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int node_open_tun(struct node_source *source)
{
	return source->tun_direct ? open_path(NODE_TUN_PATH) : ask_for_node(source, TB_NODE_TUN, "", 0);
}

/* A device's other fds fail at their first ioctl if they are not what they should be. This one goes to a client without
 * an ioctl of ours, so it is looked at, whoever has opened it. */
int node_open_vhost(struct node_source *source)
{
	int fd = source->vhost_direct ? open_path(NODE_VHOST_PATH) : ask_for_node(source, TB_NODE_VHOST, "", 0);
	struct stat status;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) &&
	    status.st_rdev == makedev(TB_VHOST_MAJOR, TB_VHOST_MINOR))
		return fd;
	closer_give(source->closer, &fd);
	return -ENODEV;
}

/* The number that sysfs tells of this macvtap's node is not parsed, but compared with that of the fd, as text. An
 * interface of another network namespace may have the same ifindex, name and address; its node has another number, and
 * sysfs does not show it. */
static int check_number(const struct node_source *source, int fd, const char *name, uint32_t ifindex)
{
	char path[64];
	char number[32];
	char shown[32];
	int file TB_CLOSE = -1;
	struct stat status;
	ssize_t length;

	if (fstat(fd, &status) < 0)
		return -errno;
	snprintf(path, sizeof(path), "%s/macvtap/tap%u/dev", name, ifindex);
	snprintf(number, sizeof(number), "%u:%u\n", major(status.st_rdev), minor(status.st_rdev));
	file = openat(source->sysfs, path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -errno;
	length = read(file, shown, sizeof(shown));
	if (length < 0)
		return -errno;
	if (!S_ISCHR(status.st_mode) || (size_t)length != strlen(number) || memcmp(shown, number, (size_t)length) != 0)
		return -ESTALE;
	return 0;
}

int node_open_tap(struct node_source *source, const char *name, uint32_t ifindex)
{
	int fd = ask_for_node(source, TB_NODE_TAP, name, ifindex);
	int ret;

	if (fd < 0)
		return fd;
	ret = check_number(source, fd, name, ifindex);
	if (ret == 0)
		return fd;
	closer_give(source->closer, &fd);
	return ret;
}
