/* The clerk's event loop: which fds it watches, and what it calls when one of them is ready.
 *
 * The lowest layer of the clerk: everybody includes it, and it includes nobody.
 */
#ifndef TB_LOOP_H
#define TB_LOOP_H

#include <stdint.h>
#include <sys/epoll.h>

/* What an fd is to us. The number beside it says which one of its kind. */
enum loop_source {
	LOOP_LISTENING,
	LOOP_CONNECTION, /* a client that has not asked yet */
	LOOP_REQUEST,    /* a client that waits for its answer */
	LOOP_LIFELINE,   /* a client that holds a lease */
	LOOP_HOLDER,     /* the process of such a client, where its lifeline was lost */
	LOOP_LINGERING,  /* the pidfd of a process that closes sockets */
	LOOP_MONITOR,
	LOOP_REAPER,
	LOOP_AUTHORITY,
	LOOP_LOOKER,
	LOOP_LINKS,      /* the kernel's news of links */
	LOOP_NAMESPACES, /* the kernel's news of network namespaces */
	LOOP_NEIGHBOURS, /* the kernel's news of bridges' forwarding tables */
	LOOP_COUNTS,     /* the kernel's answers to what locks have counted */
	LOOP_SOURCES
};

/* Makes the loop, which watches nothing yet. Returns 0 or a negative errno. */
int loop_init(void);

/* From now on the handler is called for the fds of this source, with their number and what epoll says of them. */
void loop_handle(enum loop_source source, void (*handler)(uint32_t number, uint32_t events));

/* Watches an fd for these events; EPOLLHUP and EPOLLERR always count. If it is watched already, as this from now on.
 * Returns 0 or a negative errno. */
int loop_watch(int fd, uint32_t events, enum loop_source source, uint32_t number);

/* Watches the fd no longer, if it was watched. Comes before every close(): while another process has a copy of the open
 * file, close() alone leaves the entry, and what was shut down is ready for ever. */
void loop_forget(int fd);

/* Waits until something is ready, or so many milliseconds (-1: for ever), and calls the handlers. New connections come
 * last: whoever has hung up is noticed before anybody new asks. */
void loop_step(int timeout);

/* The nearer of two timeouts; -1 is none. */
int loop_nearer(int a, int b);

#endif
