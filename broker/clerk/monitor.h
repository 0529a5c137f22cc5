/* The channel of orders to the monitor. Runs in the clerk; below leases and requests, which both use it. */
#ifndef TB_CLERK_MONITOR_H
#define TB_CLERK_MONITOR_H

#include <stddef.h>

/* Takes the channel, which stays the caller's. */
void monitor_init(int channel);

/* Sends one message, and a copy of the fd with it if that is not -1. Returns 0, or -EAGAIN if it is to be tried again.
 * If the monitor is gone, the clerk ends. */
int monitor_send(const void *message, size_t size, int fd);

#endif
