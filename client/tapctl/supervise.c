/* Calls of a supervised command: see supervise.h. Runs as the user. The command is of the same user, and a child of
 * this process.
 *
 * This is no wall, and needs none: a call that the filter does not catch goes to the kernel, which refuses it as
 * ever. No call is let through: what was read could have changed by then. Each is answered with what came of it
 * here.
 */
#include "client/tapctl/supervise.h"

#include "client/tapctl/tapctl.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define NUMBER_MASK UINT32_MAX /* the kernel takes the lower half of the argument for the number */

/* Calls that are stopped. */
static const unsigned int stopped[] = {
	SIOCSIFMTU,     /* the MTU of the lease's device */
	SIOCSIFADDR,    /* its IPv4 address, with all bits until the netmask comes */
	SIOCSIFNETMASK, /* that address's netmask */
	SIOCSIFDSTADDR, /* the address of the link's other end */
	SIOCSIFFLAGS,   /* up, which it is already */
	SIOCSIFTXQLEN,  /* the length of its queue, which stays what it is */
};

static int load_filter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int ret = filter == NULL ? -ENOMEM : 0;

	/* A 32-bit program's calls have other numbers: they go to the kernel. */
	if (ret == 0)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW);
	for (size_t i = 0; ret == 0 && i < sizeof(stopped) / sizeof(stopped[0]); i++)
		ret = seccomp_rule_add(filter, SCMP_ACT_NOTIFY, SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_MASKED_EQ, NUMBER_MASK, stopped[i]));
	if (ret == 0)
		ret = seccomp_load(filter);
	if (ret == 0)
		ret = seccomp_notify_fd(filter);
	if (filter != NULL)
		seccomp_release(filter);
	return ret;
}

int supervise_pair(int sockets[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets);
}

static int send_fd(int sock, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {.bytes = {0}};
	struct iovec data = {"", 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	return sendmsg(sock, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

int supervise_begin(int sock)
{
	int fd = load_filter();
	int ret;

	if (fd < 0) {
		errno = -fd;
		return -1;
	}
	ret = send_fd(sock, fd);
	close(fd);
	return ret;
}

int supervise_take(int sock)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	const struct cmsghdr *header;
	ssize_t length;
	int fd = -1;

	do {
		length = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);
	} while (length < 0 && errno == EINTR);
	header = length == 1 ? CMSG_FIRSTHDR(&message) : NULL;
	if (header != NULL && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* Reads what the call points to, out of the memory of the thread that waits. Its number may have become another's
 * before that was done, which is asked for afterwards. */
static bool read_ifreq(int calls, const struct seccomp_notif *call, struct ifreq *request)
{
	uintptr_t address = (uintptr_t)call->data.args[2];
	struct iovec here = {request, sizeof(*request)};
	struct iovec there = {NULL, sizeof(*request)};

	memcpy(&there.iov_base, &address, sizeof(address));
	return process_vm_readv((pid_t)call->pid, &here, 1, &there, 1, 0) == (ssize_t)sizeof(*request) &&
	       seccomp_notify_id_valid(calls, call->id) == 0;
}

static bool read_address(const struct sockaddr *from, struct inet *inet)
{
	struct sockaddr_in address;

	memcpy(&address, from, sizeof(address));
	*inet = (struct inet){.family = AF_INET, .bits = 32};
	memcpy(inet->bytes, &address.sin_addr, sizeof(address.sin_addr));
	return address.sin_family == AF_INET;
}

/* The device's only IPv4 address, or NULL. */
static struct setting *find_address4(struct settings *settings)
{
	for (size_t i = 0; i < settings->count; i++)
		if (settings->list[i].kind == TAP_ENTRY_ADDRESS && settings->list[i].prefix.family == AF_INET)
			return &settings->list[i];
	return NULL;
}

static int set_address(struct settings *settings, const struct ifreq *request)
{
	struct setting setting = {.kind = TAP_ENTRY_ADDRESS};

	if (!read_address(&request->ifr_addr, &setting.prefix))
		return -EINVAL;
	settings_drop_addresses4(settings);
	return settings_put(settings, &setting);
}

static int set_netmask(struct settings *settings, const struct ifreq *request)
{
	struct setting *address = find_address4(settings);
	struct inet mask;
	char text[INET_TEXT];

	if (address == NULL)
		return -EADDRNOTAVAIL;
	if (!read_address(&request->ifr_netmask, &mask))
		return -EINVAL;
	inet_write_address(&mask, text);
	return inet_read_netmask(text, &address->prefix.bits);
}

static int set_peer(struct settings *settings, const struct ifreq *request)
{
	struct setting *address = find_address4(settings);

	if (address == NULL)
		return -EADDRNOTAVAIL;
	if (!read_address(&request->ifr_dstaddr, &address->peer))
		return -EINVAL;
	if (inet_same_address(&address->peer, &address->prefix))
		address->peer = (struct inet){.family = 0};
	return 0;
}

/* A leased device is up and stays so; no other flag can be changed. */
static int check_flags(const struct ifreq *request)
{
	const short changed = IFF_UP | IFF_PROMISC | IFF_ALLMULTI | IFF_NOARP | IFF_MULTICAST | IFF_DEBUG;
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq now = *request;
	int ret = -EPERM;

	if (sock < 0)
		return -errno;
	if (ioctl(sock, SIOCGIFFLAGS, &now) == 0 && ((now.ifr_flags ^ request->ifr_flags) & changed) == 0)
		ret = 0;
	close(sock);
	return ret;
}

/* Does what the call wants. Returns 0, or a negative errno for its caller. */
static int carry_out(struct device_settings *device, unsigned int number, const struct ifreq *request)
{
	struct settings settings = device->settings;
	int ret = 0;

	switch (number) {
	case SIOCSIFMTU:
		if (request->ifr_mtu < 68 || request->ifr_mtu > 65535)
			return -EINVAL;
		settings.mtu = (unsigned int)request->ifr_mtu;
		break;
	case SIOCSIFADDR:
		ret = set_address(&settings, request);
		break;
	case SIOCSIFNETMASK:
		ret = set_netmask(&settings, request);
		break;
	case SIOCSIFDSTADDR:
		ret = set_peer(&settings, request);
		break;
	case SIOCSIFFLAGS:
		return check_flags(request);
	case SIOCSIFTXQLEN:
		return 0;
	default:
		return -EPERM;
	}
	if (ret < 0)
		return ret;
	return configurable_change(device, &settings) == EXIT_OK ? 0 : -EPERM;
}

static int decide(int calls, const struct seccomp_notif *call, struct configurable *all)
{
	struct device_settings *device;
	struct ifreq request;

	if (!read_ifreq(calls, call, &request))
		return -EPERM;
	request.ifr_name[IFNAMSIZ - 1] = '\0';
	device = configurable_find(all, request.ifr_name);
	return device != NULL ? carry_out(device, (unsigned int)call->data.args[1], &request) : -EPERM;
}

void supervise_answer(int calls, struct configurable *all)
{
	struct seccomp_notif *call = NULL;
	struct seccomp_notif_resp *answer = NULL;

	if (seccomp_notify_alloc(&call, &answer) < 0)
		return;
	if (seccomp_notify_receive(calls, call) == 0) {
		answer->id = call->id;
		answer->error = decide(calls, call, all);
		seccomp_notify_respond(calls, answer);
	}
	seccomp_notify_free(call, answer);
}
