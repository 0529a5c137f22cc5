/* The process at the other end of a unix socket, as an fd. Linked into the monitor and the clerk. */
#ifndef TB_PIDFD_H
#define TB_PIDFD_H

#include <sys/types.h>

/* Opens the process that connected; pid is what SO_PEERCRED says of it. Returns the fd, which is the caller's, -ESRCH,
 * or -EMFILE if no fd was free. A kernel before 6.5 knows only the number: if the process has ended since, and another
 * has got the number, this is the wrong one. The start time that polkit was told is then all that tells them apart. */
int pidfd_of_peer(int sock, pid_t pid);

#endif
