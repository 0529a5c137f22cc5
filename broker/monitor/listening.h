/* The listening socket, and the way to the supervisor. Runs in tapbrokerd before lock-down. */
#ifndef TB_LISTENING_H
#define TB_LISTENING_H

#include "broker/monitor/peer.h"

/* Returns the listening SOCK_SEQPACKET socket: the one among those that the supervisor passed (LISTEN_FDS), or one that
 * is made at path, for everybody to connect to. A directory that is missing is made; a socket that a dead broker left
 * is replaced. Returns a negative errno on failure: -EADDRINUSE if another broker serves that path. */
int listening_socket(const char *path);

/* Connects to the supervisor's NOTIFY_SOCKET. Returns the fd, or -1 if there is none. */
int notify_open(void);

/* Remembers where the listening socket is bound. Needs CAP_NET_ADMIN. Returns 0 or a negative errno. */
int listening_origin(int listening, struct origin *origin);

#endif
