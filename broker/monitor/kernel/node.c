/* Device nodes: see node.h. Runs in the monitor; needs no right.
 *
 * The opener is asked and waited for. To open a node may take the kernel as long as somebody's links take to end, so a
 * late answer fails the request that waits for it, and nothing else; it is dropped when the next one is asked for.
 * Nonsense ends the broker.
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

/* No fd has come, not even one for which this process had no descriptor: that is -EMFILE. */
#define NO_FD (-1)

/* One request to the opener, and what it has answered so far. */
struct exchange {
	struct node_source *source;
	int fd;     /* owned */
	bool ended; /* the opener has said its last word, */
	int error;  /* which is this one */
};

/* Answers to requests that nobody waits for any more come before those to the last one. */
static bool is_late(const struct node_source *source, const struct tb_node_answer *answer)
{
	if (answer->serial == 0 || answer->serial > source->serial)
		tb_die("the opener answers nonsense: to a request that nobody made");
	return answer->serial != source->serial;
}

static int take_node(void *context, const void *message, const int *fds)
{
	struct exchange *exchange = context;
	int fd = fds != NULL ? fds[0] : -EMFILE;

	if (is_late(exchange->source, message))
		closer_give(exchange->source->closer, &fd);
	else if (exchange->fd != NO_FD)
		tb_die("the opener answers nonsense: two nodes");
	else
		exchange->fd = fd;
	return 0;
}

static int take_last_word(void *context, const void *message, const int *fds)
{
	struct exchange *exchange = context;
	const struct tb_node_answer *answer = message;

	(void)fds;
	if (is_late(exchange->source, answer))
		return 0;
	if (answer->error < 0 || (answer->error == 0) != (exchange->fd != NO_FD))
		tb_die("the opener answers nonsense: %s node and the error %d", exchange->fd != NO_FD ? "a" : "no",
		       answer->error);
	exchange->ended = true;
	exchange->error = -answer->error;
	return 0;
}

static int refuse_answer(void *context, const void *message, const int *fds)
{
	(void)context, (void)message, (void)fds;
	tb_die("the opener answers nonsense");
}

static const struct tb_row answers[] = {
	{TB_NODE_FD, sizeof(struct tb_node_answer), 1, take_node},
	{TB_ANS_NODE, sizeof(struct tb_node_answer), 0, take_last_word},
	{0, 0, 0, refuse_answer},
};

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

/* Returns the fd that the opener has sent, or a negative errno. That the opener is gone is noticed where its channel is
 * watched. */
static int ask_opener(struct node_source *source, struct tb_node_request request, const char *name)
{
	struct exchange exchange = {.source = source, .fd = NO_FD};
	uint64_t deadline = monotonic_ms() + OPENER_DEADLINE_MS;
	int ret;

	tb_header_set(&request.header, TB_REQ_NODE, sizeof(request));
	memcpy(request.name, name, strlen(name));
	source->serial = source->serial == UINT32_MAX ? 1 : source->serial + 1;
	request.serial = source->serial;
	ret = tb_send(source->opener, &request, sizeof(request), NULL, 0);
	while (ret == 0 && !exchange.ended)
		ret = await_answer(&exchange, deadline);
	if (ret == 0)
		ret = exchange.error;
	if (ret < 0)
		closer_give(source->closer, &exchange.fd);
	return ret < 0 ? ret : exchange.fd;
}

/* Opens a node of a fixed name: with the monitor's own rights, or by the opener. */
static int open_or_ask(struct node_source *source, bool direct, const char *path, enum tb_node node)
{
	struct tb_node_request request = {.node = node};
	int fd;

	if (!direct)
		return ask_opener(source, request, "");
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int node_open_tun(struct node_source *source)
{
	return open_or_ask(source, source->tun_direct, NODE_TUN_PATH, TB_NODE_TUN);
}

/* A device's other fds fail at their first ioctl if they are not what they should be. This one goes to a client without
 * an ioctl of ours, so it is looked at, whoever has opened it. */
int node_open_vhost(struct node_source *source)
{
	int fd = open_or_ask(source, source->vhost_direct, NODE_VHOST_PATH, TB_NODE_VHOST);
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

int node_open_tap(struct node_source *source, const char *name, uint32_t ifindex, uid_t uid)
{
	struct tb_node_request request = {.node = TB_NODE_TAP, .ifindex = ifindex, .uid = uid};
	int fd = ask_opener(source, request, name);
	int ret;

	if (fd < 0)
		return fd;
	ret = check_number(source, fd, name, ifindex);
	if (ret == 0)
		return fd;
	closer_give(source->closer, &fd);
	return ret;
}
