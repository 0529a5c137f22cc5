/* Accepts, meters, waits: see listener.h. Runs in the clerk; needs no right.
 *
 * The path that counts is the one of a client that connects and sends at once: accept4, setsockopt, getsockopt, poll.
 * Only a connection that is still silent after accept4 is given to epoll.
 *
 * Nothing here may spin: while there is no slot or no fd, or too many sockets wait for their last close, the listening
 * socket is not watched.
 */
#include "broker/clerk/client/listener.h"

#include "broker/clerk/client/connection.h"
#include "broker/clerk/client/client_socket.h"
#include "broker/clerk/client/lingering.h"
#include "broker/clerk/loop.h"
#include "broker/shared/clock.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define ACCEPTS_PER_STEP 16 /* so that a flood of connections leaves time for those that are there */
#define ACCEPT_PAUSE_MS 100 /* after an error that concerns all */
#define COMPLAINT_PAUSE_MS 1000

/* What is logged at most once a second. */
enum complaint { COMPLAINT_USER_FULL, COMPLAINT_ALL_FULL, COMPLAINT_PAUSED, COMPLAINTS };

static struct listener_limits limits;
static struct connections connections;
static int listening = -1;
static void (*ready)(int sock);
static void (*turn_away)(int sock);
static bool accepting;        /* the listening socket is watched */
static uint64_t accept_again; /* not before this millisecond of the monotonic clock */
static uint64_t complained[COMPLAINTS];

/* True if there was no such complaint within the last second. */
static bool may_complain(enum complaint complaint)
{
	uint64_t now = monotonic_ms();

	if (complained[complaint] != 0 && now < complained[complaint] + COMPLAINT_PAUSE_MS)
		return false;
	complained[complaint] = now;
	return true;
}

/* Closes a connection that will not ask any more. */
static void connection_drop(struct connection *connection)
{
	int sock = connection->sock;

	connection_free(&connections, connection);
	client_socket_hang_up(&sock);
}

/* The meter: true if one more connection of this uid may be held. When users have taken all slots that are theirs,
 * whoever has been silent longest makes room: a client that means it asks as soon as it is connected. */
static bool may_stay(uid_t uid)
{
	struct connection *oldest = TAILQ_FIRST(&connections.silent);

	if (uid == 0)
		return true;
	if (connections_of(&connections, limits.account(uid)) >= limits.per_user) {
		if (may_complain(COMPLAINT_USER_FULL))
			tb_log(TB_LOG_WARNING,
			       "connection of uid %u closed: %zu others of this user wait already, which is the limit (tapbrokerd --max-connections-per-user)",
			       uid, limits.per_user);
		return false;
	}
	if (connections.free_count > LISTENER_ROOT_SLOTS)
		return true;
	if (oldest != NULL) {
		connection_drop(oldest);
		return true;
	}
	if (may_complain(COMPLAINT_ALL_FULL))
		tb_log(TB_LOG_WARNING, "connection of uid %u closed: no free slot but the %d that are kept for root",
		       uid, LISTENER_ROOT_SLOTS);
	return false;
}

/* True if there is something to be read: a request, or the news that the client has hung up. */
static bool readable(int sock)
{
	struct pollfd item = {.fd = sock, .events = POLLIN};

	return poll(&item, 1, 0) > 0;
}

/* Keeps the connection until it says something. Returns 0 or a negative errno. */
static int await_request(int sock, uint32_t uid)
{
	struct connection *connection = connection_take(&connections);
	int ret;

	if (connection == NULL)
		return -ENOBUFS;
	ret = loop_watch(sock, EPOLLIN, LOOP_CONNECTION, (uint32_t)(connection - connections.slots));
	if (ret < 0) {
		connection_free(&connections, connection);
		return ret;
	}
	connection->sock = sock;
	connection->account = limits.account(uid);
	connection->deadline = monotonic_ms() + limits.deadline_ms;
	return 0;
}

static void welcome(int sock)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (client_socket_prepare(sock) < 0 || getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
		client_socket_hang_up(&sock);
		return;
	}
	if (!may_stay(peer.uid))
		turn_away(sock);
	else if (readable(sock))
		ready(sock);
	else if (await_request(sock, peer.uid) < 0)
		client_socket_hang_up(&sock);
}

/* Watches the listening socket for no more than can be done now. */
static void set_accepting(bool now)
{
	int ret;

	if (accepting == now)
		return;
	accepting = now;
	ret = loop_watch(listening, now ? EPOLLIN : 0, LOOP_LISTENING, 0);
	if (ret < 0)
		tb_die("clerk: cannot watch the listening socket: %s", strerror(-ret));
}

/* One connection failed, or all do: then there is a pause. */
static void accept_failed(int error)
{
	switch (error) {
	case EAGAIN:
	case EINTR:
	case ECONNABORTED:
	case EPERM: /* a security module refused this one connection */
		return;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
		accept_again = monotonic_ms() + ACCEPT_PAUSE_MS;
		if (may_complain(COMPLAINT_PAUSED))
			tb_log(TB_LOG_WARNING,
			       "no connection is accepted for %d ms: %s; raise LimitNOFILE= if this goes on",
			       ACCEPT_PAUSE_MS, strerror(error));
		set_accepting(false);
		return;
	default:
		tb_die("clerk: accept4: %s", strerror(error));
	}
}

static void on_listening(uint32_t number, uint32_t events)
{
	(void)number, (void)events;
	for (int i = 0; i < ACCEPTS_PER_STEP && connections.free_count > 0; i++) {
		int sock = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (sock < 0) {
			accept_failed(errno);
			return;
		}
		welcome(sock);
	}
	if (connections.free_count > 0)
		return;
	set_accepting(false);
	if (may_complain(COMPLAINT_PAUSED))
		tb_log(TB_LOG_WARNING,
		       "no connection is accepted: all %zu slots are taken until a client asks or %u ms are over",
		       limits.connections, limits.deadline_ms);
}

/* A silent connection has sent something, or has hung up. */
static void on_connection(uint32_t number, uint32_t events)
{
	struct connection *connection = &connections.slots[number];
	int sock = connection->sock;

	(void)events;
	/* It has made room for another in this very step. */
	if (sock < 0 || !readable(sock))
		return;
	connection_free(&connections, connection);
	loop_forget(sock);
	ready(sock);
}

int listener_init(int socket, const struct listener_limits *bounds, void (*take)(int sock), void (*refuse)(int sock))
{
	int ret;

	connections_destroy(&connections);
	ret = connections_init(&connections, bounds->connections);
	if (ret < 0)
		return ret;
	limits = *bounds;
	listening = socket;
	ready = take;
	turn_away = refuse;
	accept_again = 0;
	accepting = false;
	loop_handle(LOOP_LISTENING, on_listening);
	loop_handle(LOOP_CONNECTION, on_connection);
	return 0;
}

int listener_expire(void)
{
	uint64_t now = monotonic_ms();
	struct connection *first;
	int timeout = -1;

	while ((first = TAILQ_FIRST(&connections.silent)) != NULL && first->deadline <= now)
		connection_drop(first);
	if (first != NULL)
		timeout = (int)(first->deadline - now);
	if (now < accept_again)
		return loop_nearer(timeout, (int)(accept_again - now));
	set_accepting(connections.free_count > 0 && !lingering_many());
	return timeout;
}
