/* Sending and receiving one message, and the table that every channel is dispatched by.
 *
 * Nothing here waits but tb_dispatch_wait(), whether the socket is blocking or not: another process may hold the same
 * socket and change that. Who wants to wait for one of several polls first.
 *
 * Who owns an fd: tb_send never takes the fds that it sends. What tb_receive returns belongs to the caller from that
 * moment; tb_dispatch gives it to the row's handler, and closes it itself where no handler is called for it.
 */
#ifndef TB_CHANNEL_H
#define TB_CHANNEL_H

#include "message.h"

#include <stdbool.h>
#include <stddef.h>

/* The largest message of any channel, in bytes. */
#define TB_MESSAGE_MAX 34560

/* Fills in the header of a message of the given type and size. */
void tb_header_set(struct tb_header *header, uint16_t type, size_t size);

/* True if the header is one of ours and says this type and this size. */
bool tb_header_valid(const struct tb_header *header, uint16_t type, size_t size);

/* Sends one message, and nfds file descriptors with it (at most TB_FDS_MAX). Never raises SIGPIPE.
 * Returns 0 or a negative errno: -EPIPE if the peer is gone, -EAGAIN if the socket is full,
 * -ETOOMANYREFS if too many fds of this uid are on their way. */
int tb_send(int sock, const void *message, size_t size, const int *fds, size_t nfds);

/* Receives one message of at most size bytes and at most *nfds fds; they are close-on-exec.
 * fds may be NULL if *nfds is 0: then the kernel is offered no control buffer, and fds that come all the same are
 * dropped unseen.
 * Returns the message's length (0: the peer has closed) or a negative errno: -EAGAIN if there is none,
 * -EMSGSIZE if the message was longer than size, -EPROTO if it brought more fds than were asked for, -EMFILE if this
 * process had no free descriptor for one of its fds. On an error no fd is left open. The socket must have no option
 * that brings anything else, as SO_PASSCRED. */
long tb_receive(int sock, void *message, size_t size, int *fds, size_t *nfds);

/* One row of a dispatch table. The last row has type 0 and size 0; its handler is called, with a NULL message, for
 * whatever fits no other row. */
struct tb_row {
	uint16_t type;
	uint16_t size;
	uint16_t nfds; /* exactly so many */
	/* fds is NULL if the message brought fds and this process had no free descriptor for one of them: such a
	 * message is no nonsense, and whoever waits for an answer can be given one. */
	int (*handle)(void *context, const void *message, const int *fds);
};

/* Receives one message and calls the handler of its row.
 * Returns what the handler returned, or what tb_receive did if there was no message; -ECONNRESET if the peer has
 * closed. What tb_receive calls -EMSGSIZE and -EPROTO goes to the last row. */
int tb_dispatch(int sock, const struct tb_row *table, void *context);

/* The most bytes of a message that is waited for. Each thread that waits has all of this in memory: the compiler makes
 * each page of a large array on the stack the process's own. */
#define TB_WAIT_MESSAGE_MAX 512

/* The same, but waits for a message on a blocking socket, of up to TB_WAIT_MESSAGE_MAX bytes. Of several threads that
 * wait, one is woken. */
int tb_dispatch_wait(int sock, const struct tb_row *table, void *context);

#endif
