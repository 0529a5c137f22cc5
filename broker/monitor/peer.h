/* Who is at the other end of a client's socket: the kernel's word, never the clerk's or the client's. Runs in the
 * monitor. */
#ifndef TB_PEER_H
#define TB_PEER_H

#include <sys/types.h>

/* Which sockets are ours: the inode that our listening socket is bound to. */
struct origin {
	int path_fd; /* O_PATH on that inode, so that its number is not given to another; owned */
	dev_t device;
	ino_t inode;
};

/* Returns 0 if the socket was accepted from our listening socket, or -EPROTOTYPE: it is the client's end of such a
 * connection, whose peer would be whoever made the listening socket; or the listening socket itself; or a connection to
 * another program; or no socket. -EMFILE: no fd was free to look. */
int peer_check_origin(int sock, const struct origin *origin);

/* Returns 0 if the process that connected had these ids and still runs, and has not hung up. Returns -ESRCH if it is
 * gone, -EPERM if it is another, -EMFILE if no fd was free to look. */
int peer_check(int sock, uid_t uid, gid_t gid, pid_t pid);

#endif
