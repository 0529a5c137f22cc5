/* tap_follow(): the end of a lease whose connection to the broker may be lost. Runs in the client's process.
 *
 * The lifeline tells of the end until it is lost. From then on a broker is looked for: one that answers is asked for a
 * watch, so that nothing is missed, and then for the list of leases, because a lease that is not there has ended.
 *
 * Must never wait: whoever calls has a loop.
 */
#include "client/libtapbroker/internal.h"
#include "proto/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define RETRY_AFTER 1 /* seconds, while there is no broker, or it allows no further watch */

_Static_assert((int)TB_REASON_COUNT <= (int)TAP_ENDED_UNSEEN, "no broker says what only this library knows");

/* What is waited for. */
enum stage {
	LIFELINE,    /* the broker's word over the connection that the device came by */
	CLOCK,       /* the time to look for a broker */
	WATCH_BEGUN, /* the answer to the request for a watch */
	LISTED,      /* the list of leases */
	WATCH        /* events */
};

struct tb_follow {
	enum stage stage;
	int epoll; /* what the caller polls: it has the clock in it, and the fd of the stage */
	int clock;
	int watch; /* -1: none */
	int list;  /* -1: none */
	struct tb_place place;
	bool found; /* in the list so far */
};

static int await(const struct tb_follow *follow, int fd)
{
	struct epoll_event wanted = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(follow->epoll, EPOLL_CTL_ADD, fd, &wanted);
}

/* Closes one of the sockets. Another process that has inherited it must not keep it in our epoll. */
static void drop(const struct tb_follow *follow, int *sock)
{
	if (*sock < 0)
		return;
	epoll_ctl(follow->epoll, EPOLL_CTL_DEL, *sock, NULL);
	close(*sock);
	*sock = -1;
}

static void rest(struct tb_follow *follow)
{
	const struct itimerspec soon = {.it_value.tv_sec = RETRY_AFTER};

	drop(follow, &follow->list);
	drop(follow, &follow->watch);
	timerfd_settime(follow->clock, 0, &soon, NULL);
	follow->stage = CLOCK;
}

/* Sends a request over a new connection, and awaits the answer in that stage. */
static void ask(struct tb_follow *follow, enum tb_type type, int *sock, enum stage stage)
{
	struct tb_report report;
	struct tb_request request;
	int timeout = 0;

	tb_request_plain(type, 0, 0, &request, &timeout, NULL, &report);
	if (tb_server_ask(&request, false, tb_deadline(0), sock) < 0 || await(follow, *sock) < 0)
		rest(follow);
	else
		follow->stage = stage;
}

static void ask_for_list(struct tb_follow *follow)
{
	follow->place = (struct tb_place){0, 0};
	follow->found = false;
	ask(follow, TB_REQ_LIST, &follow->list, LISTED);
}

/* Takes a message that is there. Returns 0 or a negative errno. */
static int take(int sock, enum tb_type type, void *message, size_t size)
{
	struct tap_failure unused;

	return tb_answer_receive(sock, type, message, size, tb_deadline(0), &unused);
}

/* A stage takes what is there for it, and may lead to another one. It returns true if the lease has ended. */
typedef bool stage_step(struct tap *tap, struct tb_follow *follow, unsigned int *reason);

static bool lifeline_step(struct tap *tap, struct tb_follow *follow, unsigned int *reason)
{
	if (!tb_lifeline_ended(tap, reason))
		return false;
	if (*reason != TAP_ENDED_LOST)
		return true;
	epoll_ctl(follow->epoll, EPOLL_CTL_DEL, tap->lifeline, NULL);
	ask(follow, TB_REQ_WATCH, &follow->watch, WATCH_BEGUN);
	return false;
}

static bool clock_step(struct tap *tap, struct tb_follow *follow, unsigned int *reason)
{
	uint64_t times;

	(void)tap, (void)reason;
	if (read(follow->clock, &times, sizeof(times)) == (ssize_t)sizeof(times))
		ask(follow, TB_REQ_WATCH, &follow->watch, WATCH_BEGUN);
	return false;
}

/* A user has few watches. Without one, the list tells as much, later. */
static bool watch_begun_step(struct tap *tap, struct tb_follow *follow, unsigned int *reason)
{
	struct tb_event event;

	(void)tap, (void)reason;
	if (take(follow->watch, TB_ANS_EVENT, &event, sizeof(event)) < 0)
		drop(follow, &follow->watch);
	ask_for_list(follow);
	return false;
}

static bool listed_step(struct tap *tap, struct tb_follow *follow, unsigned int *reason)
{
	union tb_any_answer entry;
	int more = take(follow->list, TB_ANS_LEASE, &entry, sizeof(entry.lease));

	if (more == 0)
		more = tb_list_next(&entry, &follow->place);
	if (more < 0) {
		rest(follow);
		return false;
	}
	if (more > 0 && memcmp(entry.lease.lease, tap->answer.lease, TB_ID_SIZE) == 0)
		follow->found = true;
	if (more > 0 && entry.lease.left > 0)
		return false;
	drop(follow, &follow->list);
	if (follow->watch < 0)
		rest(follow);
	else
		follow->stage = WATCH;
	*reason = TAP_ENDED_UNSEEN;
	return !follow->found;
}

static bool watch_step(struct tap *tap, struct tb_follow *follow, unsigned int *reason)
{
	struct tb_event event;

	if (take(follow->watch, TB_ANS_EVENT, &event, sizeof(event)) < 0) {
		rest(follow);
		return false;
	}
	*reason = event.reason;
	if (event.what == TB_EVENT_ENDED && memcmp(event.lease, tap->answer.lease, TB_ID_SIZE) == 0)
		return true;
	if (event.lost > 0)
		ask_for_list(follow);
	return false;
}

static stage_step *const steps[] = {
	[LIFELINE] = lifeline_step, [CLOCK] = clock_step, [WATCH_BEGUN] = watch_begun_step,
	[LISTED] = listed_step,     [WATCH] = watch_step,
};

/* The fd that the stage waits for. */
static int stage_fd(const struct tap *tap, const struct tb_follow *follow)
{
	switch (follow->stage) {
	case LIFELINE:
		return tap->lifeline;
	case CLOCK:
		return follow->clock;
	case LISTED:
		return follow->list;
	default:
		return follow->watch;
	}
}

bool tb_follow_ended(struct tap *tap, unsigned int *reason)
{
	struct tb_follow *follow = tap->follow;
	bool ended = false;

	while (!ended && tb_wait(stage_fd(tap, follow), tb_deadline(0)) == 0)
		ended = steps[follow->stage](tap, follow, reason);
	return ended;
}

void tb_follow_close(struct tb_follow *follow)
{
	if (follow == NULL)
		return;
	drop(follow, &follow->list);
	drop(follow, &follow->watch);
	if (follow->clock >= 0)
		close(follow->clock);
	if (follow->epoll >= 0)
		close(follow->epoll);
	free(follow);
}

static int open_fds(const struct tap *tap, struct tb_follow *follow)
{
	follow->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (follow->epoll < 0)
		return -1;
	follow->clock = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	return follow->clock < 0 || await(follow, follow->clock) < 0 ? -1 : await(follow, tap->lifeline);
}

int tapbroker_follow(struct tap *tap)
{
	struct tb_follow *follow;
	int error;

	if (tap == NULL) {
		errno = EINVAL;
		return -1;
	}
	if (tap->follow != NULL)
		return tap->follow->epoll;
	follow = malloc(sizeof(*follow));
	if (follow == NULL)
		return -1;
	*follow = (struct tb_follow){.stage = LIFELINE, .epoll = -1, .clock = -1, .watch = -1, .list = -1};
	if (open_fds(tap, follow) == 0) {
		tap->follow = follow;
		return follow->epoll;
	}
	error = errno;
	tb_follow_close(follow);
	errno = error;
	return -1;
}
TB_SHORT_NAME(follow);
