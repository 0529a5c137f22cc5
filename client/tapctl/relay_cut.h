/* A packet that the device gives is up to 64 KiB of one flow, and its checksum is not yet made: generic segmentation
 * offload. These make packets of it as they go over a wire. */
#ifndef TAPCTL_RELAY_CUT_H
#define TAPCTL_RELAY_CUT_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#define CUT_HEADER_MAX 256 /* bytes: of IP and TCP together; there are none so long */

/* A packet while it is being cut. */
struct cut {
	unsigned char *packet;
	size_t length;
	size_t transport; /* where the header of TCP or UDP begins */
	size_t header;    /* how many bytes all headers have */
	size_t size;      /* of the payload of each packet but the last */
	size_t done;      /* bytes of the payload */
	unsigned int number;
	bool whole; /* it goes as it is */
	bool is_tcp;
};

/* Begins with a packet as the kernel says it by its header. Returns 0, or -EINVAL: it cannot be cut. Completes the
 * checksum of one that goes as it is. */
int cut_begin(struct cut *cut, const struct virtio_net_hdr *said, void *packet, size_t length);

/* The next packet: its headers, which are written to header, as aligned as a struct iphdr, and its payload, which stays
 * where it is. Returns false when there is none. */
bool cut_next(struct cut *cut, unsigned char header[CUT_HEADER_MAX], struct iovec parts[2]);

#endif
