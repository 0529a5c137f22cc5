/* Clients' sockets: what is queued in them, and how they are closed. Runs in the clerk.
 *
 * A client may queue file descriptors beside its bytes. The kernel releases those that nobody has received when the
 * last reference to the socket goes, and that can take as long as the client says: a TCP socket that lingers, 250 taps.
 * So the clerk never receives a descriptor, never drops one, and never makes the last close of a socket that may hold
 * one.
 */
#ifndef TB_CLIENT_SOCKET_H
#define TB_CLIENT_SOCKET_H

#include <stdbool.h>

enum queued {
	QUEUED_NOTHING, /* or the client has hung up */
	QUEUED_BYTES,   /* a message, which may be empty, without a descriptor */
	QUEUED_FDS,     /* a message with descriptors */
};

/* Prepares an accepted socket for client_socket_queued(). Returns 0 or a negative errno. */
int client_socket_prepare(int sock);

/* Looks at the next message of a prepared socket, which stays where it is. */
enum queued client_socket_queued(int sock);

/* True if the client has closed its end, or nobody can hear it any more. */
bool client_socket_hung_up(int sock);

/* Closes a client's socket, if there is one: the client reads what was sent to it, and then the end. Takes it out of
 * the loop first. If there may be descriptors in it, lingering.h closes it. */
void client_socket_hang_up(int *sock);

#endif
