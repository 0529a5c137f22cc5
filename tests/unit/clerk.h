/* The clerk without its main, for unit tests and for fuzz_clerk: its books, between pretended others.
 *
 * Sockets, messages and the event loop are real. What is not real stands here: the time, which passes when the test
 * says so; the uid of a peer; the looker, which is a list of jobs; failures, which the test orders. They take the place
 * of the functions of the same name. One program includes this once.
 */
#ifndef TEST_CLERK_H
#define TEST_CLERK_H

#include "broker/clerk/client/client.h"
#include "broker/clerk/client/lingering.h"
#include "broker/clerk/client/client_socket.h"
#include "broker/clerk/lease/deletion.h"
#include "broker/clerk/lease/guard.h"
#include "broker/clerk/lease/keeping.h"
#include "broker/clerk/lease/mend.h"
#include "broker/clerk/lease/looker.h"
#include "broker/clerk/lease/lease_state.h"
#include "broker/clerk/lease/lease_time.h"
#include "broker/clerk/lease/tunnels.h"
#include "broker/clerk/lease/turns.h"
#include "broker/clerk/loop.h"
#include "broker/clerk/monitor.h"
#include "broker/clerk/request/configure.h"
#include "broker/clerk/request/drops.h"
#include "broker/clerk/request/flow.h"
#include "broker/clerk/request/list_stream.h"
#include "broker/clerk/request/order.h"
#include "broker/clerk/request/question.h"
#include "broker/shared/alias.h"
#include "broker/shared/clock.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "broker/shared/netlink/link_events.h"
#include "broker/shared/tunnel_book.h"
#include "proto/channel.h"

#include <errno.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define CLERK_UID 501
#define MONITOR_UID 502
#define MONITOR_GID 503
#define AUTHORITY_UID 504
#define ALICE 1000
#define BOB 1001

#define TEST_FDS 4096
#define LOOKER_JOBS 256

/* Ends the program if what must be true is not. */
#define require(condition)                                                                        \
	do {                                                                                      \
		if (!(condition)) {                                                               \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                  \
		}                                                                                 \
	} while (0)

/* The time. */
static uint64_t test_now = 1000000;

uint64_t monotonic_ms(void)
{
	return test_now;
}

uint64_t realtime_seconds(void)
{
	return 1700000000;
}

/* Log and death. A test that expects the clerk to end sets may_die and calls setjmp(died). */
static char test_logged[512]; /* the last line */
static bool may_die;
static jmp_buf died;

__attribute__((format(printf, 1, 0))) static inline void test_log_line(const char *format, va_list arguments)
{
	vsnprintf(test_logged, sizeof(test_logged), format, arguments);
}

void tb_log(int level, const char *format, ...)
{
	va_list arguments;

	(void)level;
	va_start(arguments, format);
	test_log_line(format, arguments);
	va_end(arguments);
}

void tb_die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	test_log_line(format, arguments);
	va_end(arguments);
	if (may_die)
		longjmp(died, 1);
	fprintf(stderr, "the clerk ends: %s\n", test_logged);
	abort();
}

/* True if the clerk ends of what the statement does. */
#define dies(statement) (may_die = true, setjmp(died) != 0 ? (may_die = false, true) : (statement, may_die = false))

/* Peers. */
static uid_t peer_uid[TEST_FDS]; /* of the clerk's fd; 0: root's */

int getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	int ret = (int)syscall(SYS_getsockopt, fd, level, name, value, size);

	if (ret == 0 && level == SOL_SOCKET && name == SO_PEERCRED && fd < TEST_FDS)
		((struct ucred *)value)->uid = peer_uid[fd];
	return ret;
}

/* Failures, and what the loop watches. */
static bool fails_send[TEST_FDS]; /* sending on this fd: EAGAIN */
static bool fails_random;
static bool fails_watch; /* of clients that ask */
static bool watched[TEST_FDS];
static uint32_t watched_for[TEST_FDS]; /* EPOLLIN and the like */

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	if (fd >= 0 && fd < TEST_FDS && fails_send[fd]) {
		errno = EAGAIN;
		return -1;
	}
	return syscall(SYS_sendmsg, fd, message, flags);
}

ssize_t getrandom(void *buffer, size_t size, unsigned int flags)
{
	if (fails_random) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_getrandom, buffer, size, flags);
}

/* An fd that is closed before it is forgotten stays watched here, and is found out by the next that has its number. */
int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
	int ret;

	if (operation != EPOLL_CTL_DEL && fails_watch && event->data.u64 >> 32 == LOOP_REQUEST) {
		errno = ENOSPC;
		return -1;
	}
	ret = (int)syscall(SYS_epoll_ctl, epoll, operation, fd, event);
	if (ret == 0 && fd < TEST_FDS) {
		require(operation != EPOLL_CTL_ADD || !watched[fd]);
		watched[fd] = operation != EPOLL_CTL_DEL;
		watched_for[fd] = watched[fd] ? event->events : 0;
	}
	return ret;
}

/* The looker: jobs that the test does. 0 is a look at all devices. */
static uint32_t looker_jobs[LOOKER_JOBS];
static enum lease_side looker_sides[LOOKER_JOBS];
static size_t looker_count;
static const struct looker_audience *looker_tells;

int looker_start(const struct looker_audience *audience, int shield)
{
	(void)shield;
	looker_tells = audience;
	looker_count = 0;
	return 0;
}

bool looker_look(enum lease_side side, uint32_t ifindex)
{
	if (looker_count == LOOKER_JOBS)
		return false;
	looker_sides[looker_count] = side;
	looker_jobs[looker_count++] = ifindex;
	return true;
}

bool looker_look_at_all(void)
{
	return looker_look(SIDE_HERE, 0);
}

/* The links that a dump shows. */
static struct link test_links[32];
static enum lease_side test_links_side[32];
static size_t test_links_count;

int looker_dump(enum lease_side side, void (*each)(void *context, const struct link *link), void *context)
{
	for (size_t i = 0; i < test_links_count; i++)
		if (test_links_side[i] == side)
			each(context, &test_links[i]);
	return 0;
}

/* The port of each lease in the shield; ifindex 0: it has none. */
static struct link test_port;

int looker_get(uint32_t ifindex, struct link *link)
{
	*link = test_port;
	return test_port.ifindex == ifindex ? 0 : -ENODEV;
}

/* The kernel's news, which is no netlink here. */
struct test_news {
	uint32_t gone; /* an ifindex, or 0: */
	struct link changed;
};

int link_events_parse(const void *datagram, size_t size, void (*gone)(void *context, uint32_t ifindex),
		      void (*changed)(void *context, const struct link *link), void *context)
{
	const struct test_news *news = datagram;

	require(size == sizeof(*news));
	if (news->gone != 0)
		gone(context, news->gone);
	else
		changed(context, &news->changed);
	return 0;
}

/* The other ends of the clerk's channels. */
static struct {
	int monitor;
	int reaper;
	int authority;
	int links;
	int shield_links;
	int neighbours;
	int counts;
} others = {-1, -1, -1, -1, -1, -1, -1};

/* And its own. */
static struct {
	int monitor;
	int reaper;
	int authority;
	int links;
	int shield_links;
	int neighbours;
	int counts;
} channels = {-1, -1, -1, -1, -1, -1, -1};

static struct network_table test_networks;
static struct lease_limits test_lease_limits;
static struct request_limits test_request_limits;

static inline int test_made(void *context, const void *message, const int *fds)
{
	(void)context, (void)fds;
	order_made(message);
	return 0;
}

static inline int test_stored(void *context, const void *message, const int *fds)
{
	(void)context, (void)fds;
	keeping_answered(message);
	return 0;
}

static inline int test_configured(void *context, const void *message, const int *fds)
{
	(void)context, (void)fds;
	configure_done(message);
	return 0;
}

static inline int test_tunnel(void *context, const void *message, const int *fds)
{
	(void)context, (void)message, (void)fds;
	tunnels_done();
	return 0;
}

static inline int test_unknown(void *context, const void *message, const int *fds)
{
	(void)context, (void)message, (void)fds;
	abort();
}

static inline int test_voided(void *context, const void *message, const int *fds)
{
	(void)context, (void)fds;
	question_voided(message);
	return 0;
}

static inline void test_on_monitor(uint32_t number, uint32_t events)
{
	static const struct tb_row rows[] = {
		{TB_ANS_MADE, sizeof(struct tb_made), 0, test_made},
		{TB_ANS_STORE, sizeof(struct tb_stored), 0, test_stored},
		{TB_ANS_DROP, sizeof(struct tb_stored), 0, test_stored},
		{TB_ANS_CONFIGURED, sizeof(struct tb_configured), 0, test_configured},
		{TB_ANS_TUNNEL, sizeof(struct tb_configured), 0, test_tunnel},
		{TB_ANS_VOID, sizeof(struct tb_void), 0, test_voided},
		{0, 0, 0, test_unknown},
	};

	(void)number, (void)events;
	tb_dispatch(channels.monitor, rows, NULL);
}

/* A pair of sockets; to the clerk the other end looks like the kernel: its address has a port of 0. */
static inline void test_pair(int type, int *own, int *other)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {0, 'k', 0, 0, 0, 0}};
	static int number;
	int pair[2];
	int length;

	require(socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
	*own = pair[0];
	*other = pair[1];
	if (type != SOCK_DGRAM)
		return;
	length = snprintf(address.sun_path + 6, 40, "%d-%d", (int)getpid(), number++);
	require(bind(*other, (struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 6 + length)) == 0);
}

/* Four networks: lan (tap), wan (tun), phys (macvtap), pod (tap, in the client's own network namespace). */
static inline void test_networks_set(void)
{
	static const struct {
		const char *name;
		enum tb_kind kind;
	} names[] = {{"lan", TB_KIND_TAP}, {"phys", TB_KIND_MACVTAP}, {"pod", TB_KIND_TAP}, {"wan", TB_KIND_TUN}};

	memset(&test_networks, 0, sizeof(test_networks));
	test_networks.count = sizeof(names) / sizeof(names[0]);
	for (size_t i = 0; i < test_networks.count; i++) {
		struct network *network = &test_networks.networks[i];

		strcpy(network->name, names[i].name);
		network->kind = names[i].kind;
		network->mode = names[i].kind == TB_KIND_MACVTAP ? TB_MODE_BRIDGE : TB_MODE_NONE;
		network->mtu = 1500;
		network->queues = 4;
		network->max = 100;
		network->max_per_user = 100;
		network->listed = true;
		network->lifetimes = 1u << TB_LIFETIME_SESSION | 1u << TB_LIFETIME_FD | 1u << TB_LIFETIME_PERSISTENT;
		network->netns = 1u << (strcmp(names[i].name, "pod") == 0 ? NETNS_CALLER : NETNS_HOST);
		strcpy(network->names[0], "vm*");
		network->names_count = 1;
	}
	strcpy(test_networks.networks[0].bridge, "br0");
	strcpy(test_networks.networks[1].parent, "eth0");
	test_lease_limits =
		(struct lease_limits){.leases = 32, .per_user = 16, .owner_uid = MONITOR_UID, .owner_gid = MONITOR_GID};
	test_request_limits = (struct request_limits){.waiting_per_user = 16,
						      .polkit_timeout_ms = 25000,
						      .prompt_timeout_ms = 120000,
						      .own_uids = {CLERK_UID, MONITOR_UID, AUTHORITY_UID}};
}

static inline const struct network *test_network(const char *name)
{
	const struct network *network = network_find(&test_networks, name);

	require(network != NULL);
	return network;
}

/* The book of tunnels, which is empty; there is one for all tests of a program. */
static const struct tunnel_book *test_tunnels;

static inline void test_book(void)
{
	int book;

	if (test_tunnels != NULL)
		return;
	book = memfd_create("book", MFD_CLOEXEC);
	require(book >= 0 && ftruncate(book, sizeof(struct tunnel_book)) == 0 && tunnels_init(book) == 0);
	test_tunnels = mmap(NULL, sizeof(*test_tunnels), PROT_READ, MAP_SHARED, book, 0);
	require(test_tunnels != MAP_FAILED);
}

/* Opens the books, with test_networks and the limits, which the test may change before. */
static inline void clerk_open(void)
{
	uint32_t capacity = test_lease_limits.leases + LEASES_RESERVED_FOR_ROOT;

	memset(watched, 0, sizeof(watched));
	memset(fails_send, 0, sizeof(fails_send));
	fails_random = false;
	fails_watch = false;
	test_links_count = 0;
	memset(test_links_side, 0, sizeof(test_links_side));
	memset(&test_port, 0, sizeof(test_port));
	test_pair(SOCK_SEQPACKET, &channels.monitor, &others.monitor);
	test_pair(SOCK_SEQPACKET, &channels.reaper, &others.reaper);
	test_pair(SOCK_SEQPACKET, &channels.authority, &others.authority);
	test_pair(SOCK_DGRAM, &channels.links, &others.links);
	test_pair(SOCK_DGRAM, &channels.shield_links, &others.shield_links);
	test_pair(SOCK_DGRAM, &channels.neighbours, &others.neighbours);
	test_pair(SOCK_DGRAM, &channels.counts, &others.counts);
	require(loop_init() == 0);
	monitor_init(channels.monitor);
	require(leases_init(&test_networks, &test_lease_limits) == 0);
	test_book();
	require(turns_init(capacity, lease_turn_begins, lease_turn_is_over) == 0);
	require(keeping_init(capacity) == 0);
	require(deletion_init(channels.reaper, capacity, lease_deleted) == 0);
	leases_listen();
	require(fdb_init(channels.neighbours, deletion_put_back) == 0);
	require(guard_init(channels.links, channels.shield_links) == 0);
	mend_init(guard_look);
	require(guard_start_looking(-1) == 0);
	requests_init(&test_networks, &test_request_limits);
	require(streams_init(capacity) == 0);
	require(drops_init(channels.counts, -1) == 0);
	require(flow_init(channels.authority) == 0);
	loop_handle(LOOP_MONITOR, test_on_monitor);
	require(loop_watch(channels.monitor, EPOLLIN, LOOP_MONITOR, 0) == 0);
}

static inline void test_close(int *own, int *other)
{
	loop_forget(*own);
	tb_close(own);
	tb_close(other);
}

/* Closes whatever is still open. */
static inline void clerk_close(void)
{
	struct lease *lease;
	struct request *request;

	while ((request = TAILQ_FIRST(requests_used())) != NULL)
		request_free(request);
	while ((lease = TAILQ_FIRST(leases_all())) != NULL) {
		client_socket_hang_up(&lease->lifeline);
		if (lease->holder >= 0)
			loop_forget(lease->holder);
		tb_close(&lease->holder);
		lease_free(lease);
	}
	test_close(&channels.monitor, &others.monitor);
	test_close(&channels.reaper, &others.reaper);
	test_close(&channels.authority, &others.authority);
	test_close(&channels.links, &others.links);
	test_close(&channels.shield_links, &others.shield_links);
	test_close(&channels.neighbours, &others.neighbours);
	test_close(&channels.counts, &others.counts);
	leases_destroy();
}

/* What the clerk's main does, in its order. Returns the milliseconds until it would wake up by itself, or -1. */
static inline int clerk_expire(void)
{
	int timeout = loop_nearer(leases_expire(), lease_time_expire());

	timeout = loop_nearer(timeout, turns_expire());
	timeout = loop_nearer(timeout, flow_expire());
	timeout = loop_nearer(timeout, tunnels_expire());
	timeout = loop_nearer(timeout, keeping_expire());
	timeout = loop_nearer(timeout, deletion_expire());
	timeout = loop_nearer(timeout, guard_expire());
	return loop_nearer(timeout, lingering_expire());
}

/* Lets the clerk do all that it can do now. Returns as clerk_expire(). */
static inline int clerk_run(void)
{
	for (int i = 0; i < 8; i++) {
		clerk_expire();
		loop_step(0);
	}
	return clerk_expire();
}

/* The same after so many milliseconds. */
static inline int clerk_pass(uint64_t milliseconds)
{
	test_now += milliseconds;
	return clerk_run();
}

/* A client. Returns its socket; *own is the clerk's. */
static inline int client_socket(uid_t uid, int *own)
{
	int other;

	test_pair(SOCK_SEQPACKET, own, &other);
	require(client_socket_prepare(*own) == 0 && *own < TEST_FDS);
	peer_uid[*own] = uid;
	return other;
}

static inline void request_set(struct tb_request *request, enum tb_type type)
{
	memset(request, 0, sizeof(*request));
	tb_header_set(&request->header, type, sizeof(*request));
	if (type == TB_REQ_OPEN)
		strcpy(request->network, "lan");
}

/* A client that connects and sends. Returns its socket. */
static inline int client_ask(uid_t uid, const struct tb_request *request)
{
	int own;
	int client = client_socket(uid, &own);

	require(tb_send(client, request, sizeof(*request), NULL, 0) == 0);
	flow_begin(own);
	return client;
}

/* One message of whatever the other has been sent, and at most one fd with it. */
union test_message {
	struct tb_header header;
	struct tb_question question;
	struct tb_cancel cancel;
	struct tb_configure_question configure_question;
	struct tb_order order;
	struct tb_configure_order configure_order;
	struct tb_tunnel_order tunnel_order;
	struct tb_void void_;
	struct tb_store store;
	struct tb_count count;
	struct tb_delete delete_;
	struct tb_answer answer;
	struct tb_done done;
	struct tb_drops drops;
	struct tb_lease lease;
	struct tb_network network;
	struct tb_event event;
	struct tb_end end;
	struct tb_about about;
	struct tb_explanation explanation;
	struct tb_configure_explanation configure_explanation;
	char bytes[TB_MESSAGE_MAX];
};

/* Returns the type of the message, 0 if there is none, or -1 if the clerk has hung up. fd may be NULL: none comes. */
static inline int take(int sock, union test_message *message, int *fd)
{
	size_t nfds = fd != NULL ? 1 : 0;
	long length;

	memset(message, 0, sizeof(*message));
	length = tb_receive(sock, message, sizeof(*message), fd, &nfds);
	if (fd != NULL && nfds == 0)
		*fd = -1;
	if (length == -EAGAIN)
		return 0;
	require(length >= 0 || length == -ECONNRESET);
	return length <= 0 ? -1 : message->header.type;
}

static inline void authority_say(const uint8_t ticket[TB_ID_SIZE], enum tb_verdict_word word)
{
	struct tb_verdict verdict = {.verdict = word};

	tb_header_set(&verdict.header, TB_ANS_VERDICT, sizeof(verdict));
	memcpy(verdict.ticket, ticket, TB_ID_SIZE);
	require(tb_send(others.authority, &verdict, sizeof(verdict), NULL, 0) == 0);
}

/* What the monitor says of a device that it has made. */
static inline void made_set(struct tb_made *made, uint32_t ifindex)
{
	memset(made, 0, sizeof(*made));
	tb_header_set(&made->header, TB_ANS_MADE, sizeof(*made));
	made->status = TB_OK;
	made->ifindex = ifindex;
	made->mtu = 1500;
	made->since = 1700000000;
	snprintf(made->name, sizeof(made->name), "vm%u", ifindex);
	memcpy(made->lease, &ifindex, sizeof(ifindex));
	made->lease[15] = 1;
}

static inline void monitor_say_made(const struct tb_made *made)
{
	require(tb_send(others.monitor, made, sizeof(*made), NULL, 0) == 0);
}

/* The one yes that the monitor hears is taken back. */
static inline struct tb_void monitor_takes_void(void)
{
	union test_message message;

	clerk_run();
	require(take(others.monitor, &message, NULL) == TB_VOID);
	return message.void_;
}

static inline void monitor_say_voided(struct tb_void voided)
{
	tb_header_set(&voided.header, TB_ANS_VOID, sizeof(voided));
	require(tb_send(others.monitor, &voided, sizeof(voided), NULL, 0) == 0);
}

static inline void monitor_say_stored(enum tb_broker_type type, const uint8_t lease[TB_ID_SIZE], int error)
{
	struct tb_stored stored = {.error = error};

	tb_header_set(&stored.header, (uint16_t)type, sizeof(stored));
	memcpy(stored.lease, lease, TB_ID_SIZE);
	require(tb_send(others.monitor, &stored, sizeof(stored), NULL, 0) == 0);
}

static inline void reaper_say(const struct tb_delete *order, int error)
{
	struct tb_deleted deleted = {.ifindex = order->ifindex, .error = error};

	tb_header_set(&deleted.header, TB_ANS_DELETED, sizeof(deleted));
	memcpy(deleted.lease, order->lease, TB_ID_SIZE);
	require(tb_send(others.reaper, &deleted, sizeof(deleted), NULL, 0) == 0);
}

/* The one order that the monitor has; its fd goes to *fd, and is the caller's. */
static inline struct tb_order monitor_take_order(int *fd)
{
	union test_message message;

	require(take(others.monitor, &message, fd) == TB_REQ_ORDER && *fd >= 0);
	return message.order;
}

/* The monitor makes the device that it was ordered to, and the client gets its answer. */
static inline void monitor_makes(struct tb_made *made)
{
	struct tb_answer answer;
	int fd;

	monitor_take_order(&fd);
	memset(&answer, 0, sizeof(answer));
	tb_header_set(&answer.header, TB_ANS_OPEN, sizeof(answer));
	require(tb_send(fd, &answer, sizeof(answer), NULL, 0) == 0);
	close(fd);
	monitor_say_made(made);
	clerk_run();
}

/* The clerk asks polkit about one request, which says this. */
static inline struct tb_question authority_answers(enum tb_verdict_word word)
{
	union test_message message;

	clerk_run();
	require(take(others.authority, &message, NULL) == TB_REQ_ASK);
	authority_say(message.question.ticket, word);
	clerk_run();
	return message.question;
}

/* A user opens a device of lan with this lifetime, whose ifindex is given. Returns the client, which has read
 * nothing. */
static inline int client_opens(uid_t uid, enum tb_lifetime lifetime, uint32_t ifindex)
{
	struct tb_request request;
	struct tb_made made;
	int client;

	request_set(&request, TB_REQ_OPEN);
	request.lifetime = lifetime;
	client = client_ask(uid, &request);
	if (uid != 0)
		authority_answers(TB_VERDICT_YES);
	clerk_run();
	made_set(&made, ifindex);
	monitor_makes(&made);
	return client;
}

/* The clerk has ordered one device to be deleted. */
static inline struct tb_delete reaper_takes(void)
{
	union test_message message;

	require(take(others.reaper, &message, NULL) == TB_REQ_DELETE);
	return message.delete_;
}

static inline bool nothing_for(int other)
{
	union test_message message;

	return take(other, &message, NULL) == 0;
}

/* The kernel's answer to what locks have counted: a message of this type, with so many bytes behind its header. */
static inline void kernel_counts(uint16_t type, uint32_t sequence, const void *payload, size_t size)
{
	char bytes[4096] __attribute__((aligned(4)));
	struct nlmsghdr *message = (void *)bytes;

	memset(bytes, 0, sizeof(bytes));
	message->nlmsg_type = type;
	message->nlmsg_seq = sequence;
	message->nlmsg_len = (uint32_t)(NLMSG_HDRLEN + size);
	memcpy(NLMSG_DATA(message), payload, size);
	require(send(others.counts, bytes, NLMSG_SPACE(size), MSG_DONTWAIT) == (ssize_t)NLMSG_SPACE(size));
}

static inline void kernel_say(const struct test_news *news)
{
	require(send(others.links, news, sizeof(*news), MSG_DONTWAIT) == (ssize_t)sizeof(*news));
}

#endif
