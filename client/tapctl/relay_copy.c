/* Copies packets: see relay_copy.h. Runs as the user, in two threads that share nothing but the two fds.
 *
 * A packet costs as few system calls as the kernel allows. The device gives one packet a read and takes one a
 * write; the socket gives and takes as many at once as there are. So with N packets at hand it is N calls for the
 * device and one for the socket, and none to wait: each thread sleeps where it reads.
 */
#include "client/tapctl/relay_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define PACKET_SIZE 65536 /* no packet is larger */
#define AT_ONCE 32        /* packets */

/* What one thread copies, and where it tells that it can copy no more. */
struct direction {
	int device;
	int sock;
	int over;
	char packets[AT_ONCE][PACKET_SIZE];
	struct iovec vectors[AT_ONCE];
	struct mmsghdr messages[AT_ONCE];
};

static struct direction outward; /* from the device to the socket */
static struct direction inward;

/* The kernel refuses a packet, not the device: it is no IP packet, the device is set down, or memory is short. */
static bool refused_packet(int error)
{
	return error == EINVAL || error == EIO || error == ENOBUFS || error == ENOMEM || error == EINTR ||
	       error == EAGAIN || error == EMSGSIZE;
}

/* Reads packets of the device: sleeps until there is one, and takes those behind it that are there by then. Returns how
 * many they are, or -1 if the device is gone. */
static int read_packets(struct direction *direction)
{
	int count = 0;

	while (count < AT_ONCE) {
		struct iovec whole = {direction->packets[count], PACKET_SIZE};
		/* A kernel whose tun devices do not know RWF_NOWAIT gives one packet at a time. */
		ssize_t length = preadv2(direction->device, &whole, 1, -1, count == 0 ? 0 : RWF_NOWAIT);

		if (length > 0)
			direction->vectors[count++].iov_len = (size_t)length;
		else if (count > 0)
			break;
		else if (length == 0 || !refused_packet(errno))
			return -1;
	}
	return count;
}

/* Sends them all. A packet that the socket does not take is dropped. Returns -1 if its other end is gone. */
static int send_packets(struct direction *direction, int count)
{
	int sent = 0;

	while (sent < count) {
		int more = sendmmsg(direction->sock, direction->messages + sent, (unsigned int)(count - sent),
				    MSG_NOSIGNAL);

		if (more < 0 && !refused_packet(errno))
			return -1;
		sent += more > 0 ? more : 1;
	}
	return 0;
}

/* Writes them all to the device. Returns -1 if it is gone. */
static int write_packets(const struct direction *direction, int count)
{
	for (int i = 0; i < count; i++)
		if (write(direction->device, direction->packets[i], direction->messages[i].msg_len) < 0 &&
		    !refused_packet(errno))
			return -1;
	return 0;
}

/* The number of packets, or -1 if the socket's other end is gone. */
static int receive_packets(struct direction *direction)
{
	int count;

	do {
		count = recvmmsg(direction->sock, direction->messages, AT_ONCE, MSG_WAITFORONE, NULL);
	} while (count < 0 && refused_packet(errno));
	return count;
}

/* Tells it, and the thread is done. */
static void *tell_over(const struct direction *direction)
{
	uint64_t one = 1;

	while (write(direction->over, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	return NULL;
}

static void *copy_outward(void *arg)
{
	struct direction *direction = arg;
	int count;

	do {
		count = read_packets(direction);
	} while (count > 0 && send_packets(direction, count) == 0);
	return tell_over(direction);
}

static void *copy_inward(void *arg)
{
	struct direction *direction = arg;
	int count;

	do {
		count = receive_packets(direction);
	} while (count > 0 && write_packets(direction, count) == 0);
	return tell_over(direction);
}

static void direction_set(struct direction *direction, int device, int sock, int over)
{
	direction->device = device;
	direction->sock = sock;
	direction->over = over;
	for (int i = 0; i < AT_ONCE; i++) {
		direction->vectors[i] = (struct iovec){direction->packets[i], PACKET_SIZE};
		direction->messages[i].msg_hdr.msg_iov = &direction->vectors[i];
		direction->messages[i].msg_hdr.msg_iovlen = 1;
	}
}

static int set_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

static int start(void *(*copy)(void *), struct direction *direction)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, copy, direction);

	if (error == 0)
		error = pthread_detach(thread);
	errno = error;
	return error == 0 ? 0 : -1;
}

int relay_copy_start(int device, int sock)
{
	int over = eventfd(0, EFD_CLOEXEC);

	if (over < 0)
		return -1;
	direction_set(&outward, device, sock, over);
	direction_set(&inward, device, sock, over);
	if (set_blocking(device) < 0 || set_blocking(sock) < 0 || start(copy_outward, &outward) < 0 ||
	    start(copy_inward, &inward) < 0) {
		close(over);
		return -1;
	}
	return over;
}
