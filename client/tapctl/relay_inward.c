/* From the socket to the device: see relay_ends.h. Runs as the user, in a thread of its own.
 *
 * The socket gives as many packets at once as there are; those of one flow that follow each other go to the device as
 * one. There is no call to wait: the thread sleeps where it receives.
 */
#include "client/tapctl/relay_ends.h"
#include "client/tapctl/relay_join.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define AT_ONCE JOIN_MAX /* packets */

static unsigned char packets[AT_ONCE][PACKET_ROOM];
static struct iovec vectors[AT_ONCE];
static struct mmsghdr messages[AT_ONCE];

/* Writes a packet, or several that are joined. Returns 0, 1 if it was refused, or -1 if the device is gone. */
static int write_joined(const struct relay_ends *ends, const struct join *join)
{
	int skipped = ends->has_header ? 0 : 1;

	if (writev(ends->device, join->parts + skipped, join->parts_count - skipped) >= 0)
		return 0;
	return relay_refused_packet(errno) ? 1 : -1;
}

/* Writes the first packets of those that are left, as many as go together. If the kernel refuses them together, each
 * goes alone. Returns how many they are, or -1 if the device is gone. */
static int write_some(const struct relay_ends *ends, const struct iovec *left, int count)
{
	struct join join;
	int joined = join_packets(&join, left, ends->has_header ? count : 1, ends->joins_udp);
	int ret = write_joined(ends, &join);

	for (int i = 0; ret > 0 && joined > 1 && i < joined; i++) {
		join_none(&join, &left[i]);
		if (write_joined(ends, &join) < 0)
			ret = -1;
	}
	return ret < 0 ? -1 : joined;
}

static int write_packets(const struct relay_ends *ends, int count)
{
	int done = 0;

	for (int i = 0; i < count; i++)
		vectors[i].iov_len = messages[i].msg_len;
	while (done < count) {
		int written = write_some(ends, vectors + done, count - done);

		if (written < 0)
			return -1;
		done += written;
	}
	return 0;
}

/* The number of packets, or -1 if the socket's other end is gone. */
static int receive_packets(const struct relay_ends *ends)
{
	int count;

	for (int i = 0; i < AT_ONCE; i++)
		vectors[i].iov_len = PACKET_SIZE;
	do {
		count = recvmmsg(ends->sock, messages, AT_ONCE, MSG_WAITFORONE, NULL);
	} while (count < 0 && relay_refused_packet(errno));
	return count;
}

void relay_inward(const struct relay_ends *ends)
{
	int count;

	for (int i = 0; i < AT_ONCE; i++) {
		vectors[i] = (struct iovec){packets[i], PACKET_SIZE};
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	do {
		count = receive_packets(ends);
	} while (count > 0 && write_packets(ends, count) == 0);
}
