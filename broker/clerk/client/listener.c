/* Accepts, waits, passes on: see listener.h. Runs in tapbroker-listener, without any right.
 *
 * The path that counts is the one of a client that connects and sends at once: accept4, getsockopt, poll, sendmsg,
 * close. Only a connection that is still silent after accept4 is given to epoll.
 *
 * Nothing here may spin. What cannot be done now is not watched either: the listening socket while there is no slot or
 * no fd, the channel's writability while it is not full, a client's socket after it has become ready.
 */
#include "broker/listener/listener.h"

#include "broker/shared/log.h"
#include "proto/broker.h"
#include "proto/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_PER_STEP 64
#define ACCEPTS_PER_STEP 16  /* so that a flood of connections leaves time for those that are there */
#define ACCEPT_PAUSE 100     /* milliseconds */
#define SEND_PAUSE 10        /* milliseconds */
#define COMPLAINT_PAUSE 1000 /* milliseconds */

static uint64_t milliseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* True if there was no such complaint within the last second. */
static bool may_complain(struct listener *listener, enum listener_complaint complaint)
{
	uint64_t *last = &listener->complained[complaint];

	if (*last != 0 && listener->now < *last + COMPLAINT_PAUSE)
		return false;
	*last = listener->now;
	return true;
}

/* Watches a socket that may be watched already. data tells the event apart in listener_step(). */
static int watch(struct listener *listener, int operation, int fd, uint32_t events, void *data)
{
	struct epoll_event event = {.events = events, .data.ptr = data};

	return epoll_ctl(listener->epoll, operation, fd, &event) < 0 ? -errno : 0;
}

int listener_create(struct listener *listener, int channel, int listening, const struct listener_limits *limits)
{
	int ret;

	memset(listener, 0, sizeof(*listener));
	listener->channel = channel;
	listener->listening = listening;
	listener->epoll = -1;
	listener->limits = *limits;
	listener->channel_events = EPOLLIN | EPOLLRDHUP;
	listener->listening_events = EPOLLIN;
	listener->now = milliseconds();
	tb_header_set(&listener->message.header, TB_REQ_CLIENT, sizeof(listener->message));

	ret = connections_create(&listener->connections, limits->connections);
	if (ret < 0)
		goto out;
	listener->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (listener->epoll < 0) {
		ret = -errno;
		goto out;
	}
	ret = watch(listener, EPOLL_CTL_ADD, channel, listener->channel_events, &listener->channel);
	if (ret < 0)
		goto out;
	ret = watch(listener, EPOLL_CTL_ADD, listening, listener->listening_events, &listener->listening);
out:
	if (ret < 0)
		listener_destroy(listener);
	return ret;
}

/* Closes our copy of a connection, and frees its slot. Whoever waited for a slot or an fd may try again. */
static void drop(struct listener *listener, struct connection *connection)
{
	close(connection->fd);
	connection->fd = -1;
	connection_move(connection, &listener->connections.free);
	listener->accept_again = 0;
}

static void drop_all(struct listener *listener, struct connection_list *list)
{
	while (list->first != NULL)
		drop(listener, list->first);
}

void listener_destroy(struct listener *listener)
{
	drop_all(listener, &listener->connections.silent);
	drop_all(listener, &listener->connections.ready);
	connections_destroy(&listener->connections);
	if (listener->epoll >= 0)
		close(listener->epoll);
	listener->epoll = -1;
}

static bool may_send(const struct listener *listener)
{
	return !listener->channel_full && listener->now >= listener->send_again;
}

/* Passes one socket to the monitor. Returns -EAGAIN if that must be tried again later. */
static int pass_on(struct listener *listener, int fd)
{
	int ret = tb_send(listener->channel, &listener->message, sizeof(listener->message), &fd, 1);

	switch (ret) {
	case -EAGAIN:
		listener->channel_full = true;
		break;
	case -ETOOMANYREFS: /* so many sockets are on their way as we may have open */
	case -ENOMEM:
	case -ENOBUFS:
		listener->send_again = listener->now + SEND_PAUSE;
		break;
	case -EPIPE:
		return -ECONNRESET;
	default:
		return ret;
	}
	if (may_complain(listener, COMPLAINT_MONITOR_BUSY))
		tb_log(TB_LOG_WARNING, "listener: the monitor is behind, and takes no more requests for now: %s",
		       strerror(-ret));
	return -EAGAIN;
}

/* Passes on whoever is ready, in the order of arrival, as far as the channel takes them. */
static int pass_on_ready(struct listener *listener)
{
	struct connection_list *ready = &listener->connections.ready;

	while (ready->first != NULL && may_send(listener)) {
		int ret = pass_on(listener, ready->first->fd);

		if (ret == -EAGAIN)
			return 0;
		if (ret < 0)
			return ret;
		drop(listener, ready->first);
	}
	return 0;
}

/* A client that has closed its side, or half of it, waits for no answer: the connection would be its lifeline. */
static bool gone(uint32_t events)
{
	return (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0;
}

/* What epoll would say now, without epoll. */
static uint32_t events_now(int fd)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN | POLLRDHUP};
	uint32_t events = 0;

	if (poll(&pollfd, 1, 0) <= 0)
		return 0;
	if ((pollfd.revents & POLLIN) != 0)
		events |= EPOLLIN;
	if ((pollfd.revents & (POLLERR | POLLHUP | POLLRDHUP | POLLNVAL)) != 0)
		events |= EPOLLRDHUP;
	return events;
}

/* The meter: true if one more connection of this uid may be held. When users have taken all slots that are theirs,
 * whoever has been silent longest makes room: a client that means it asks as soon as it is connected. */
static bool may_stay(struct listener *listener, uint32_t uid)
{
	if (uid == 0)
		return true;
	if (connections_of_uid(&listener->connections, uid) >= listener->limits.per_user) {
		if (may_complain(listener, COMPLAINT_USER_FULL))
			tb_log(TB_LOG_WARNING,
			       "listener: connection of uid %u closed: %zu others of this user wait already, "
			       "which is the limit (tapbrokerd --max-connections-per-user)",
			       uid, listener->limits.per_user);
		return false;
	}
	if (listener->connections.free.count <= LISTENER_ROOT_SLOTS) {
		struct connection *oldest = listener->connections.silent.first;

		if (oldest != NULL) {
			drop(listener, oldest);
			return true;
		}
		if (may_complain(listener, COMPLAINT_ALL_FULL))
			tb_log(TB_LOG_WARNING,
			       "listener: connection of uid %u closed: no free slot but the %d that are kept for root",
			       uid, LISTENER_ROOT_SLOTS);
		return false;
	}
	return true;
}

/* Takes over a new connection. There is a free slot. */
static int welcome(struct listener *listener, int fd)
{
	struct connection *connection = listener->connections.free.first;
	struct ucred peer;
	socklen_t size = sizeof(peer);
	uint32_t events;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || !may_stay(listener, peer.uid))
		goto refuse;
	events = events_now(fd);
	if (gone(events))
		goto refuse;
	if (events == 0 && watch(listener, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLRDHUP, connection) < 0)
		goto refuse;
	connection->fd = fd;
	connection->uid = peer.uid;
	connection->deadline = listener->now + listener->limits.deadline;
	if (events == 0) {
		connection_move(connection, &listener->connections.silent);
		return 0;
	}
	connection_move(connection, &listener->connections.ready);
	return pass_on_ready(listener);
refuse:
	close(fd);
	return 0;
}

/* Says what an error of accept4() means: 0 if the next step may simply try again. */
static int accept_failed(struct listener *listener, int error)
{
	switch (error) {
	case EAGAIN:
	case EINTR:
	case ECONNABORTED:
	case EPERM: /* a security module refused this one connection */
		return 0;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
		listener->accept_again = listener->now + ACCEPT_PAUSE;
		if (may_complain(listener, COMPLAINT_PAUSED))
			tb_log(TB_LOG_WARNING,
			       "listener: accept paused for %d ms: %s; raise LimitNOFILE= if this goes on",
			       ACCEPT_PAUSE, strerror(error));
		return 0;
	default:
		return -error;
	}
}

static int accept_some(struct listener *listener)
{
	for (int i = 0; i < ACCEPTS_PER_STEP && listener->connections.free.count > 0; i++) {
		int fd = accept4(listener->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		int ret;

		if (fd < 0)
			return accept_failed(listener, errno);
		ret = welcome(listener, fd);
		if (ret < 0)
			return ret;
	}
	if (listener->connections.free.count == 0 && may_complain(listener, COMPLAINT_PAUSED))
		tb_log(TB_LOG_WARNING,
		       "listener: accept paused: all %zu slots are taken until a client asks or %u ms are over",
		       listener->limits.connections, listener->limits.deadline);
	return 0;
}

/* A silent connection has sent something, or is gone. */
static void wake_up(struct listener *listener, struct connection *connection, uint32_t events)
{
	/* Closing would not do: what was passed on lives on in the monitor, and with it the entry in epoll. */
	epoll_ctl(listener->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
	if (gone(events))
		drop(listener, connection);
	else
		connection_move(connection, &listener->connections.ready);
}

static int channel_event(struct listener *listener, uint32_t events)
{
	if (gone(events))
		return -ECONNRESET;
	if ((events & EPOLLIN) != 0)
		return -EPROTO;
	listener->channel_full = false;
	return 0;
}

static int handle_event(struct listener *listener, const struct epoll_event *event)
{
	if (event->data.ptr == &listener->channel)
		return channel_event(listener, event->events);
	/* Its slot cannot have changed hands since epoll_wait(): connections are accepted, and make room, only after
	 * all events have been handled. */
	wake_up(listener, event->data.ptr, event->events);
	return 0;
}

static void close_late(struct listener *listener)
{
	struct connection_list *silent = &listener->connections.silent;

	while (silent->first != NULL && silent->first->deadline <= listener->now)
		drop(listener, silent->first);
}

static int change_events(struct listener *listener, int fd, uint32_t *watched, uint32_t events, void *data)
{
	if (*watched == events)
		return 0;
	*watched = events;
	return watch(listener, EPOLL_CTL_MOD, fd, events, data);
}

/* Watches the two sockets for no more than can be done now. */
static int adjust_events(struct listener *listener)
{
	bool accepting = listener->connections.free.count > 0 && listener->now >= listener->accept_again;
	int ret;

	ret = change_events(listener, listener->listening, &listener->listening_events, accepting ? EPOLLIN : 0,
			    &listener->listening);
	if (ret < 0)
		return ret;
	return change_events(listener, listener->channel, &listener->channel_events,
			     EPOLLIN | EPOLLRDHUP | (listener->channel_full ? EPOLLOUT : 0), &listener->channel);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How long epoll may wait, in milliseconds; -1: for ever. */
static int patience(const struct listener *listener)
{
	const struct connections *connections = &listener->connections;
	uint64_t wake = UINT64_MAX;

	if (connections->silent.first != NULL)
		wake = earlier(wake, connections->silent.first->deadline);
	if (connections->ready.first != NULL && listener->now < listener->send_again)
		wake = earlier(wake, listener->send_again);
	if (listener->now < listener->accept_again)
		wake = earlier(wake, listener->accept_again);
	if (wake == UINT64_MAX)
		return -1;
	return wake > listener->now ? (int)(wake - listener->now) : 0;
}

int listener_step(struct listener *listener)
{
	struct epoll_event events[EVENTS_PER_STEP];
	int count = epoll_wait(listener->epoll, events, EVENTS_PER_STEP, patience(listener));
	bool knocking = false;
	int ret;

	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	listener->now = milliseconds();
	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr == &listener->listening) {
			knocking = true;
			continue;
		}
		ret = handle_event(listener, &events[i]);
		if (ret < 0)
			return ret;
	}
	close_late(listener);
	ret = pass_on_ready(listener);
	if (ret == 0 && knocking)
		ret = accept_some(listener);
	if (ret < 0)
		return ret;
	return adjust_events(listener);
}
