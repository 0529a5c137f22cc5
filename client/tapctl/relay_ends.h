/* Both ends of `tapctl relay`, and what its two threads share: no more than these. */
#ifndef TAPCTL_RELAY_ENDS_H
#define TAPCTL_RELAY_ENDS_H

#include <stdbool.h>

#define PACKET_SIZE 65536 /* no packet is larger */

/* Where a packet's room ends, the next one's begins not at the same place in a page: as all packets are of one size,
 * they would fill a fifth of the processor's nearest cache, and drive each other out of it. */
#define PACKET_ROOM (PACKET_SIZE + 1472)

struct relay_ends {
	int device;
	int sock;
	int over;        /* to tell that a thread can copy no more */
	bool has_header; /* each packet of the device has a struct virtio_net_hdr before it */
	bool joins_udp;  /* the kernel takes packets of UDP that are joined */
};

/* The thread's function, each: copies until the device or the socket's other end is gone. */
void relay_outward(const struct relay_ends *ends);
void relay_inward(const struct relay_ends *ends);

/* True for an errno that means: the kernel refuses a packet, not the device or the socket. It is no IP packet, the
 * device is set down, or memory is short. */
bool relay_refused_packet(int error);

#endif
