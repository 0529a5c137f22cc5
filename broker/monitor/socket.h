/* The listening socket, and the word to the supervisor that it is served. Runs in the monitor before lock-down. */
#ifndef TB_SOCKET_H
#define TB_SOCKET_H

/* The first fd that is neither stdin, stdout, stderr nor one that the supervisor passed: nothing from it on is ours. */
int first_unpassed_fd(void);

/* Returns the listening SOCK_SEQPACKET socket: the one among those that the supervisor passed (LISTEN_FDS), or one that
 * is made at path, for everybody to connect to. A directory that is missing is made; a socket that a dead broker left
 * is replaced. Returns a negative errno on failure: -EADDRINUSE if another broker serves that path. */
int listening_socket(const char *path);

/* Connects to the supervisor's NOTIFY_SOCKET. Returns the fd, or -1 if there is none. */
int notify_open(void);

/* Tells the supervisor that the broker is ready. */
void notify_ready(int fd);

#endif
