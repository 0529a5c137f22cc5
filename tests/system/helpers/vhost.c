/* vhost FD[:FD...] VHOSTFD[:VHOSTFD...] NAME COUNTER MAC: does with the fds of a device what a virtual machine monitor
 * does. For each queue a frame from MAC goes through vhost-net into the device NAME, where COUNTER must have counted
 * them.
 *
 * Runs as an ordinary user, in the guest with Debian's kernel.
 */
#include <endian.h>
#include <errno.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <linux/virtio_ring.h>
#include <netinet/ether.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define QUEUES_MAX 16
#define RING_SIZE 8
#define SENDING 1      /* the number of the ring that a guest sends by */
#define HEADER_SIZE 10 /* of struct virtio_net_hdr, before anybody has changed it */
#define FRAME_SIZE 60
#define PATIENCE 30000 /* milliseconds */

/* The memory of a guest that has nothing but one ring and one frame. */
struct memory {
	struct vring_desc descriptors[RING_SIZE];
	struct {
		uint16_t flags;
		uint16_t index;
		uint16_t ring[RING_SIZE];
	} avail;
	struct {
		uint16_t flags;
		uint16_t index;
		struct vring_used_elem ring[RING_SIZE];
	} used __attribute__((aligned(4)));
	uint8_t packet[HEADER_SIZE + FRAME_SIZE];
} __attribute__((aligned(4096)));

static struct memory memories[QUEUES_MAX];

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "vhost: %s: %s\n", what, strerror(errno));
	exit(1);
}

static size_t read_fds(char *text, int fds[QUEUES_MAX])
{
	size_t count = 0;

	for (char *word = strtok(text, ":"); word != NULL && count < QUEUES_MAX; word = strtok(NULL, ":"))
		fds[count++] = atoi(word);
	return count;
}

static void check_queue(int fd)
{
	int size = 0;

	if (ioctl(fd, TUNGETVNETHDRSZ, &size) < 0)
		fail("TUNGETVNETHDRSZ");
	if (size != HEADER_SIZE) {
		fprintf(stderr, "vhost: the header of fd %d has %d bytes\n", fd, size);
		exit(1);
	}
}

/* Guest addresses are ours. */
static void share_memory(int vhost, const struct memory *memory)
{
	union {
		struct vhost_memory table;
		char bytes[sizeof(struct vhost_memory) + sizeof(struct vhost_memory_region)];
	} shared = {.table.nregions = 1};

	shared.table.regions[0] = (struct vhost_memory_region){
		.guest_phys_addr = (uintptr_t)memory,
		.memory_size = sizeof(*memory),
		.userspace_addr = (uintptr_t)memory,
	};
	if (ioctl(vhost, VHOST_SET_MEM_TABLE, &shared.table) < 0)
		fail("VHOST_SET_MEM_TABLE");
}

static void set_ring(int vhost, struct memory *memory, int kick, int call)
{
	struct vhost_vring_state size = {.index = SENDING, .num = RING_SIZE};
	struct vhost_vring_state base = {.index = SENDING, .num = 0};
	struct vhost_vring_addr address = {
		.index = SENDING,
		.desc_user_addr = (uintptr_t)memory->descriptors,
		.avail_user_addr = (uintptr_t)&memory->avail,
		.used_user_addr = (uintptr_t)&memory->used,
	};
	struct vhost_vring_file kicked = {.index = SENDING, .fd = kick};
	struct vhost_vring_file called = {.index = SENDING, .fd = call};

	if (ioctl(vhost, VHOST_SET_VRING_NUM, &size) < 0 || ioctl(vhost, VHOST_SET_VRING_BASE, &base) < 0 ||
	    ioctl(vhost, VHOST_SET_VRING_ADDR, &address) < 0 || ioctl(vhost, VHOST_SET_VRING_KICK, &kicked) < 0 ||
	    ioctl(vhost, VHOST_SET_VRING_CALL, &called) < 0)
		fail("VHOST_SET_VRING_*");
}

/* Hands one frame to the kernel's side of the ring, and waits until it has been taken. */
static void send_frame(struct memory *memory, const struct ether_addr *from, int kick, int call)
{
	struct pollfd taken = {.fd = call, .events = POLLIN};
	uint8_t *frame = memory->packet + HEADER_SIZE;

	memset(frame, 0xff, 6); /* to everybody */
	memcpy(frame + 6, from, 6);
	memcpy(frame + 12, "\x08\x00", 2); /* IPv4, or what is taken for it */
	memory->descriptors[0] = (struct vring_desc){
		.addr = htole64((uintptr_t)memory->packet),
		.len = htole32(sizeof(memory->packet)),
	};
	memory->avail.ring[0] = 0;
	__atomic_store_n(&memory->avail.index, htole16(1), __ATOMIC_RELEASE);
	if (eventfd_write(kick, 1) < 0)
		fail("eventfd");
	if (poll(&taken, 1, PATIENCE) != 1 || __atomic_load_n(&memory->used.index, __ATOMIC_ACQUIRE) != htole16(1)) {
		fputs("vhost: the frame is not taken\n", stderr);
		exit(1);
	}
}

static void use_queue(int tap, int vhost, const struct ether_addr *from, struct memory *memory)
{
	struct vhost_vring_file backend = {.index = SENDING, .fd = tap};
	uint64_t features = 0;
	int kick = eventfd(0, EFD_CLOEXEC);
	int call = eventfd(0, EFD_CLOEXEC);

	if (kick < 0 || call < 0)
		fail("eventfd");
	check_queue(tap);
	if (ioctl(vhost, VHOST_SET_OWNER) < 0)
		fail("VHOST_SET_OWNER");
	if (ioctl(vhost, VHOST_GET_FEATURES, &features) < 0)
		fail("VHOST_GET_FEATURES");
	printf("fd %d, vhost-net %d: features %#llx\n", tap, vhost, (unsigned long long)features);
	features = 0;
	if (ioctl(vhost, VHOST_SET_FEATURES, &features) < 0)
		fail("VHOST_SET_FEATURES");
	share_memory(vhost, memory);
	set_ring(vhost, memory, kick, call);
	if (ioctl(vhost, VHOST_NET_SET_BACKEND, &backend) < 0)
		fail("VHOST_NET_SET_BACKEND");
	send_frame(memory, from, kick, call);
}

static unsigned long count_frames(const char *name, const char *counter)
{
	char path[128];
	unsigned long count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", name, counter);
	file = fopen(path, "re");
	if (file == NULL || fscanf(file, "%lu", &count) != 1)
		fail(path);
	fclose(file);
	return count;
}

int main(int argc, char **argv)
{
	int taps[QUEUES_MAX];
	int vhosts[QUEUES_MAX];
	size_t queues;
	const struct ether_addr *from;
	unsigned long frames;

	from = argc == 6 ? ether_aton(argv[5]) : NULL;
	if (from == NULL)
		return 2;
	queues = read_fds(argv[1], taps);
	if (read_fds(argv[2], vhosts) != queues) {
		fputs("vhost: not as many fds of vhost-net as queues\n", stderr);
		return 1;
	}
	for (size_t i = 0; i < queues; i++)
		use_queue(taps[i], vhosts[i], from, &memories[i]);
	frames = count_frames(argv[3], argv[4]);
	printf("%zu queues, uid %u, %lu frames through the device\n", queues, getuid(), frames);
	return frames == queues ? 0 : 1;
}
