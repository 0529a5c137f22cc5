/* From the device to the socket: see relay_ends.h. Runs as the user, in a thread of its own.
 *
 * The device gives one packet a read, which may be up to 64 KiB of one flow, and is cut then; the socket takes as many
 * at once as there are. There is no call to wait: the thread sleeps where it reads.
 */
#include "client/tapctl/relay_cut.h"
#include "client/tapctl/relay_ends.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define READS 32     /* packets of the device */
#define MESSAGES 128 /* packets for the socket */
#define ENOUGH 32    /* so many are sent before the next read */

static unsigned char packets[READS][PACKET_ROOM];
static _Alignas(8) unsigned char headers[MESSAGES][CUT_HEADER_MAX];
static struct iovec vectors[MESSAGES][2];
static struct mmsghdr messages[MESSAGES];

/* Sends them all. A packet that the socket does not take is dropped. Returns -1 if its other end is gone. */
static int send_packets(const struct relay_ends *ends, unsigned int count)
{
	unsigned int sent = 0;

	while (sent < count) {
		int more = sendmmsg(ends->sock, messages + sent, count - sent, MSG_NOSIGNAL);

		if (more < 0 && !relay_refused_packet(errno))
			return -1;
		sent += more > 0 ? (unsigned int)more : 1;
	}
	return 0;
}

/* Makes messages of a packet, behind *count of them. Sends them where there is no room for more. Returns -1 if the
 * socket's other end is gone. */
static int add_packet(const struct relay_ends *ends, const struct virtio_net_hdr *said, void *packet, size_t length,
		      unsigned int *count)
{
	struct cut cut;

	if (cut_begin(&cut, said, packet, length) < 0)
		return 0;
	while (cut_next(&cut, headers[*count], vectors[*count])) {
		if (++*count < MESSAGES)
			continue;
		if (send_packets(ends, *count) < 0)
			return -1;
		*count = 0;
	}
	return 0;
}

/* Reads a packet. Returns its length without the header that the kernel has said, or -1 and errno. */
static ssize_t read_packet(const struct relay_ends *ends, struct virtio_net_hdr *said, void *packet, int flags)
{
	struct iovec parts[] = {{said, sizeof(*said)}, {packet, PACKET_SIZE}};
	size_t header = ends->has_header ? sizeof(*said) : 0;
	ssize_t length;

	*said = (struct virtio_net_hdr){.gso_type = VIRTIO_NET_HDR_GSO_NONE};
	length = preadv2(ends->device, header != 0 ? parts : parts + 1, header != 0 ? 2 : 1, -1, flags);
	return length < 0 ? -1 : length - (ssize_t)header;
}

/* Reads packets and makes messages of them: sleeps until there is a packet, and takes those behind it that are there by
 * then. Returns how many messages there are, or -1 if the device or the socket's other end is gone. */
static int read_packets(const struct relay_ends *ends)
{
	struct virtio_net_hdr said;
	unsigned int count = 0;
	unsigned int reads = 0;

	while (reads < READS && count < ENOUGH) {
		/* A kernel whose tun devices do not know RWF_NOWAIT gives one packet at a time. */
		ssize_t length = read_packet(ends, &said, packets[reads], reads == 0 ? 0 : RWF_NOWAIT);

		if (length > 0) {
			if (add_packet(ends, &said, packets[reads++], (size_t)length, &count) < 0)
				return -1;
		} else if (reads > 0) {
			break;
		} else if (length == 0 || !relay_refused_packet(errno)) {
			return -1;
		}
	}
	return (int)count;
}

void relay_outward(const struct relay_ends *ends)
{
	int count;

	for (int i = 0; i < MESSAGES; i++) {
		messages[i].msg_hdr.msg_iov = vectors[i];
		messages[i].msg_hdr.msg_iovlen = 2;
	}
	do {
		count = read_packets(ends);
	} while (count >= 0 && send_packets(ends, (unsigned int)count) == 0);
}
