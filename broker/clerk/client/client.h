/* Who is at the other end of a client's socket: the kernel's word, never the client's. Runs in the monitor. */
#ifndef TB_PEER_H
#define TB_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct peer {
	int sock;            /* owned */
	int pidfd;           /* owned; of the process that called connect() */
	uid_t uid;           /* its effective uid at that moment */
	gid_t gid;           /* its effective gid at that moment */
	pid_t pid;           /* never 0 */
	uint64_t start_time; /* in clock ticks after boot; with the pid it names one process for ever */
};

/* Which sockets are ours: the inode that our listening socket is bound to. */
struct origin {
	int path_fd; /* O_PATH on that inode, so that its number is not given to another */
	dev_t device;
	ino_t inode;
};

/* Remembers where the listening socket is bound. Needs CAP_NET_ADMIN. Returns 0 or a negative errno. */
int origin_init(struct origin *origin, int listening);

/* Identifies the peer of a socket that claims to be a client's. It must have been accepted from our listening socket:
 * not the client's end of such a connection, whose peer would be whoever made the listening socket, and not a
 * connection to another program.
 * On success the peer owns the socket. Returns 0, or a negative errno and leaves the socket to the caller:
 * -ENOTSOCK and -EPROTOTYPE if it is nothing of ours, -ESRCH if the peer is gone or cannot be seen from here. */
int peer_identify(struct peer *peer, int sock, const struct origin *origin);

/* True if the process that connected still runs. */
bool peer_alive(const struct peer *peer);

/* True if the client has neither hung up nor sent anything that we did not read. */
bool peer_quiet(const struct peer *peer);

/* Closes a client's socket, if there is one, so that the client reads what was sent to it and then the end, also if it
 * has sent more than anybody read, and also if the listener has kept a copy of the socket. */
void hang_up(int *sock);

/* Closes what the peer owns. */
void peer_close(struct peer *peer);

/* Field 22 of /proc/PID/stat. Returns 0 or a negative errno. */
int process_start_time(pid_t pid, uint64_t *start_time);

/* Opens a pidfd of the process with this pid and start time. Returns the fd, or -ESRCH if there is none any more. */
int process_open(pid_t pid, uint64_t start_time);

#endif
