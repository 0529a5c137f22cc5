/* The packets between a device and a socket, of `tapctl relay`. */
#ifndef TAPCTL_RELAY_COPY_H
#define TAPCTL_RELAY_COPY_H

#include <stdbool.h>

/* Copies packets both ways, in two threads of their own: one packet is one datagram. If each packet of the device, a
 * tun then, has a struct virtio_net_hdr before it, those of one flow go through the device together. Both fds become
 * blocking ones. Returns an fd that becomes readable when a thread can copy no more, because the device or the
 * socket's other end is gone; or -1 and errno. The threads end with the process only, and the fds must stay open
 * until then. */
int relay_copy_start(int device, int sock, bool has_header);

#endif
