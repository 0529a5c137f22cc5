/* Packets of one flow that follow each other go to the device as one: generic segmentation offload, which spares most
 * of what the kernel does for a packet. Whoever gets them in the end gets each as it was. */
#ifndef TAPCTL_RELAY_JOIN_H
#define TAPCTL_RELAY_JOIN_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#define JOIN_MAX 64         /* packets: Linux takes no more of UDP */
#define JOIN_HEADER_MAX 120 /* bytes: of IP and TCP together */

/* What is written to the device at once. Some of it points to the packets. */
struct join {
	struct virtio_net_hdr said;
	_Alignas(8) unsigned char header[JOIN_HEADER_MAX];
	struct iovec parts[JOIN_MAX + 2];
	int parts_count;
};

/* Joins the first packet, and as many of those behind it as go with it. Without udp, UDP is not joined. Returns how
 * many packets they are: at least 1. The packets stay as they are. */
int join_packets(struct join *join, const struct iovec *packets, int count, bool udp);

/* The first packet alone. */
void join_none(struct join *join, const struct iovec *packet);

#endif
