/* Accepts connections, meters them per uid, and waits until each has a request to be read. Runs in the clerk. Never
 * reads a byte of a client's.
 */
#ifndef TB_LISTENER_H
#define TB_LISTENER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The last free slots are for uid 0, so that an administrator gets through when users have taken all others. */
#define LISTENER_ROOT_SLOTS 8

struct listener_limits {
	size_t connections;          /* that have not asked yet, in all; more than LISTENER_ROOT_SLOTS */
	size_t per_user;             /* the same, of one uid; uid 0 has no such limit */
	uint32_t deadline_ms;        /* how long a connection may be silent */
	uid_t (*account)(uid_t uid); /* the user that a uid counts as */
};

/* Takes a non-blocking listening socket, which stays the caller's. take() is given each client's socket that has
 * something to be read, and owns it from then on; it is prepared, see client_socket.h. refuse() is given, in the same
 * way, one of a user that has too many. Returns 0 or a negative errno. */
int listener_init(int socket, const struct listener_limits *bounds, void (*take)(int sock), void (*refuse)(int sock));

/* Closes connections that have been silent for too long, and accepts again after a pause. Returns the milliseconds
 * until it wants to be called again, or -1. */
int listener_expire(void);

#endif
