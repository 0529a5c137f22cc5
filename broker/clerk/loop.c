/* The clerk's event loop: see loop.h. Runs in the clerk; needs no right. */
#include "broker/clerk/loop.h"

#include "broker/shared/log.h"

#include <errno.h>
#include <string.h>

#define EVENTS_MAX 64

static int epoll = -1;
static void (*handlers[LOOP_SOURCES])(uint32_t number, uint32_t events);

int loop_init(void)
{
	if (epoll < 0)
		epoll = epoll_create1(EPOLL_CLOEXEC);
	return epoll < 0 ? -errno : 0;
}

void loop_handle(enum loop_source source, void (*handler)(uint32_t number, uint32_t events))
{
	handlers[source] = handler;
}

int loop_watch(int fd, uint32_t events, enum loop_source source, uint32_t number)
{
	struct epoll_event event = {.events = events, .data.u64 = (uint64_t)source << 32 | number};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0)
		return 0;
	if (errno == EEXIST && epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0)
		return 0;
	return -errno;
}

void loop_forget(int fd)
{
	epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
}

static enum loop_source source_of(const struct epoll_event *event)
{
	return (enum loop_source)(event->data.u64 >> 32);
}

static void handle(const struct epoll_event *event)
{
	handlers[source_of(event)]((uint32_t)event->data.u64, event->events);
}

void loop_step(int timeout)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(epoll, events, EVENTS_MAX, timeout);

	if (count < 0 && errno != EINTR)
		tb_die("clerk: epoll_wait: %s", strerror(errno));
	for (int i = 0; i < count; i++)
		if (source_of(&events[i]) != LOOP_LISTENING)
			handle(&events[i]);
	for (int i = 0; i < count; i++)
		if (source_of(&events[i]) == LOOP_LISTENING)
			handle(&events[i]);
}

int loop_nearer(int a, int b)
{
	if (a < 0)
		return b;
	return b < 0 || a < b ? a : b;
}
