/* Who is at the other end of a client's socket: the kernel's word, never the client's. Runs in the clerk.
 *
 * The clerk accepted the socket itself. The monitor asks the kernel again before it hands anything out.
 */
#ifndef TB_CLIENT_H
#define TB_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct client {
	int sock;            /* owned; prepared, see client_socket.h */
	int pidfd;           /* owned; of the process that called connect() */
	uid_t uid;           /* its effective uid at that moment */
	uid_t account;       /* the user that this uid counts as, see lease_account() */
	gid_t gid;           /* its effective gid at that moment */
	pid_t pid;           /* never 0 */
	uint64_t start_time; /* in clock ticks after boot; with the pid it names one process for ever */
};

/* Identifies the peer of an accepted, prepared socket. On success the client owns the socket. Returns 0, or -ESRCH if
 * the peer is gone or cannot be seen from here, and leaves the socket to the caller. */
int client_identify(struct client *client, int sock);

/* True if the process that connected still runs. */
bool client_alive(const struct client *client);

/* Hangs up, and closes what the client owns. */
void client_close(struct client *client);

/* Opens a pidfd of the process with this pid and start time. Returns the fd, which is the caller's, or -ESRCH if there
 * is none any more. */
int process_open(pid_t pid, uint64_t start_time);

/* Logs, at most once a minute, that with hidepid= on /proc no client can be told apart from another that gets its
 * number later. */
void client_complain_of_hidden(void);

/* True if this process can see others in /proc: their start times stand there. */
bool process_visible(pid_t pid);

#endif
