/* Copies packets: see relay_copy.h. Runs as the user, in two threads that share nothing but the two fds.
 *
 * A packet costs as few system calls as the kernel allows: relay_outward.c and relay_inward.c say which.
 */
#include "client/tapctl/relay_copy.h"

#include "client/tapctl/relay_ends.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef TUN_F_USO4 /* Linux 6.2 */
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

static struct relay_ends ends;

bool relay_refused_packet(int error)
{
	return error == EINVAL || error == EIO || error == ENOBUFS || error == ENOMEM || error == EINTR ||
	       error == EAGAIN || error == EMSGSIZE;
}

/* Tells it, and the thread is done. */
static void *tell_over(void)
{
	uint64_t one = 1;

	while (write(ends.over, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	return NULL;
}

static void *copy_outward(void *unused)
{
	(void)unused;
	relay_outward(&ends);
	return tell_over();
}

static void *copy_inward(void *unused)
{
	(void)unused;
	relay_inward(&ends);
	return tell_over();
}

static int set_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

static int start(void *(*copy)(void *))
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, copy, NULL);

	if (error == 0)
		error = pthread_detach(thread);
	errno = error;
	return error == 0 ? 0 : -1;
}

/* The kernel may give packets of one flow as one, and leaves their checksums to us. Returns true if it does so with
 * UDP, and takes such. Without it, it does less at once. */
static bool ask_for_joined(int device)
{
	unsigned long tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;

	if (ioctl(device, TUNSETOFFLOAD, tcp | TUN_F_USO4 | TUN_F_USO6) == 0)
		return true;
	ioctl(device, TUNSETOFFLOAD, tcp);
	return false;
}

int relay_copy_start(int device, int sock, bool has_header)
{
	int over = eventfd(0, EFD_CLOEXEC);

	if (over < 0)
		return -1;
	ends = (struct relay_ends){.device = device,
				   .sock = sock,
				   .over = over,
				   .has_header = has_header,
				   .joins_udp = has_header && ask_for_joined(device)};
	if (set_blocking(device) < 0 || set_blocking(sock) < 0 || start(copy_outward) < 0 || start(copy_inward) < 0) {
		close(over);
		return -1;
	}
	return over;
}
