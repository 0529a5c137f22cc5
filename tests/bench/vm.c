/* Plays a virtual machine: a network namespace is its guest, whose card is a tap there. What the guest sends comes out
 * of the device, and the other way round, with all offloads, as a machine monitor with vnet_hdr does it.
 *
 * usage: vm DEVICE NAMESPACE CARD [MAC]
 *
 * DEVICE is the number of an open fd, or the name of a persistent tap of root's; NAMESPACE one of `ip netns`; CARD the
 * tap that it makes there, with that address. Runs as root, until the device is gone or it is killed.
 */

#include "tests/bench/stats.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/ether.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FRAME 65600

struct direction {
	int from, to;
};

static int attach(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		fail(name);
	return fd;
}

static void enter(const char *namespace)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", namespace);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		fail(path);
	close(fd);
}

static void make_ready(int fd)
{
	if (ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0 || fcntl(fd, F_SETFL, 0) < 0)
		fail("make a device ready");
}

static void set_address(int card, const char *mac)
{
	struct ifreq request = {.ifr_hwaddr = {.sa_family = ARPHRD_ETHER}};
	struct ether_addr *address = ether_aton(mac);

	if (address)
		memcpy(request.ifr_hwaddr.sa_data, address, sizeof(*address));
	if (!address || ioctl(card, SIOCSIFHWADDR, &request) < 0)
		fail(mac);
}

/* A card that is still down, and a device whose bridge has no room, take none. */
static void *copy(void *argument)
{
	const struct direction *direction = argument;
	char *frame = malloc(FRAME);
	ssize_t size;

	if (!frame)
		fail("malloc");
	while ((size = read(direction->from, frame, FRAME)) > 0)
		while (write(direction->to, frame, (size_t)size) < 0 && errno == EINTR)
			;
	fail("the device");
}

int main(int argc, char **argv)
{
	struct direction out, in;
	pthread_t thread;
	int device, card;

	if (argc != 4 && argc != 5) {
		fprintf(stderr, "usage: vm DEVICE NAMESPACE CARD [MAC]\n");
		return 2;
	}
	device = isdigit((unsigned char)argv[1][0]) ? atoi(argv[1]) : attach(argv[1]);
	enter(argv[2]);
	card = attach(argv[3]);
	if (argc == 5)
		set_address(card, argv[4]);
	make_ready(device);
	make_ready(card);
	out = (struct direction){card, device};
	in = (struct direction){device, card};
	if (pthread_create(&thread, NULL, copy, &out) != 0)
		fail("pthread_create");
	copy(&in);
}
