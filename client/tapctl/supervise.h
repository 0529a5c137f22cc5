/* `tapctl get --supervise`: answers ioctl calls that configure an interface (SIOCSIFMTU and its kin), for programs that
 * insist on making them. The kernel stops each such call of the command and asks tapctl. */
#ifndef TAPCTL_SUPERVISE_H
#define TAPCTL_SUPERVISE_H

#include "client/tapctl/device_settings.h"

/* Makes the socket on which the new process hands the filter's fd to its parent: [0] is the parent's. */
int supervise_pair(int sockets[2]);

/* In the new process: installs the filter, for good, and hands its fd over that socket. Returns 0, or -1 and errno. */
int supervise_begin(int sock);

/* In the parent: takes the fd, which becomes readable when there is a call to answer. Returns -1 if there is none. */
int supervise_take(int sock);

/* Answers one call. */
void supervise_answer(int calls, struct configurable *all);

#endif
