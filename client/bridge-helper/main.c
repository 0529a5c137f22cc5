/* tapbroker-bridge-helper: QEMU's and libvirt's bridge helper without a privilege. Runs as their user, with that user's
 * rights, and gets the device from the broker. See tapbroker-bridge-helper(8).
 *
 * It must never be setuid, never start anything, never open a path but the broker's socket, never ask at the terminal;
 * and never end with 0 before the device was sent.
 */
#include "client/bridge-helper/options.h"
#include "client/tapbroker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM "tapbroker-bridge-helper"
#define BRIDGE_MAX 15   /* characters that an interface's name may have */
#define READ_WITHIN 100 /* milliseconds */
#define LOOK_WITHIN 1000

static const char usage[] = "usage: " PROGRAM " [OPTION ...] [--use-vnet] --br=BRIDGE --fd=N\n"
			    "\n"
			    "QEMU and libvirt start it and say:\n"
			    "  --use-vnet       each packet is preceded by a struct virtio_net_hdr\n"
			    "  --br=BRIDGE      a network's name, or the bridge of exactly one network\n"
			    "  --fd=N           the socket that the device is sent over\n"
			    "\n"
			    "Behind QEMU's helper= there may also be:\n"
			    "  --network=NAME   of this network, whatever --br says\n"
			    "  --name=NAME      ask for an interface of this name\n"
			    "  --mtu=BYTES      68 to 65535\n"
			    "  --interactive    polkit may ask for a password, by an agent of the desktop\n"
			    "  --help, --version\n";

/* An fd of ours must never get the number of a standard fd: what is meant for the user would be said to the broker.
 * There may be no /dev/null where this program runs; a socket without a name swallows nothing, but harms nobody. */
static int fill_standard_fds(void)
{
	int fd;

	do {
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

/* Checks before anything is asked that a device could be sent over it. */
static int check_socket(int fd)
{
	int domain;
	socklen_t length = sizeof(domain);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) < 0) {
		fprintf(stderr, PROGRAM ": --fd=%d: this is no socket that QEMU or libvirt has opened: %s\n", fd,
			strerror(errno));
		return -1;
	}
	if (domain != AF_UNIX) {
		fprintf(stderr, PROGRAM ": --fd=%d: only a unix socket can carry a device, and this is another\n", fd);
		return -1;
	}
	return 0;
}

/* What stands in the way may be this user's own, of a guest that still runs or was left behind. */
static int tell_of_own(const struct tap_lease *lease, void *arg)
{
	const char *const *name = arg;

	if (strcmp(lease->name, *name) != 0)
		return 0;
	fprintf(stderr,
		PROGRAM
		": you hold %s already: lease %s of the network %s, for process %u; \"tapctl release %s\" gives it back\n",
		lease->name, lease->id, lease->network, lease->pid, lease->name);
	return 1;
}

/* What the error alone does not say, for the user to tell the administrator. */
static void explain(int error, const struct tap_request *request)
{
	const struct tap_failure *failure = request->failure;
	const char *name = request->name;

	if (error == EDQUOT)
		fprintf(stderr, PROGRAM ": this user holds %u of %u devices %s\n", failure->held, failure->limit,
			failure->quota == TAP_QUOTA_NETWORK ? "of this network (MaxPerUser=)"
							    : "of all networks (--max-leases-per-user)");
	if ((error == EEXIST || error == EDQUOT) && name != NULL)
		tap_leases(0, LOOK_WITHIN, NULL, tell_of_own, &name);
	if (error == EIO)
		fprintf(stderr, PROGRAM ": %s: %s\n", tap_stage(failure->stage), strerror(failure->error));
	else if (failure->check != TAP_CHECK_NONE)
		fprintf(stderr, PROGRAM ": %s\n", tap_check(failure->check));
	if (error != EACCES)
		return;
	fprintf(stderr, PROGRAM ": what was asked for is a tap of the network \"%s\"", request->network);
	if ((request->flags & TAP_BRIDGE) != 0)
		fprintf(stderr,
			", or of the one network with Bridge=%s (if several have it, say the network's name in place of the bridge's)",
			request->network);
	fprintf(stderr, "; %s a virtio header; lifetime fd", (request->flags & TAP_VNET_HDR) != 0 ? "with" : "without");
	if (request->name != NULL)
		fprintf(stderr, "; named \"%s\"", request->name);
	fputc('\n', stderr);
}

/* QEMU and libvirt choose the guest's address before they start us, and tell nobody: where the network lets no such
 * address through the guest would be silent without a word. */
static void tell_of_address(const struct tap_request *request, const struct tap *tap)
{
	const uint8_t *mac = tap_mac(tap);

	if ((tap_traits(tap) & TAP_NETWORK_NO_QEMU_MACS) == 0)
		return;
	fprintf(stderr,
		PROGRAM
		": %s: the guest must have the address %02x:%02x:%02x:%02x:%02x:%02x, as QEMU's mac= can say: the network drops frames from others, also from those that begin with 52:54:00%s; see \"addresses of guests\" in tapbroker-bridge-helper(8)\n",
		request->network, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
		request->name != NULL ? "" : "; with --name= it is the same each time");
}

/* Asks for the device and, in the same question, for what its guest has to know. An earlier broker does not take that
 * question: it gives the device alone. */
static int ask(struct tap_request *request, struct tap **tap)
{
	request->flags |= TAP_TRAITS;
	if (tap_open_request(request, tap) >= 0)
		return 0;
	if (errno != EBADMSG)
		return -1;
	request->flags &= ~TAP_TRAITS;
	return tap_open_request(request, tap) < 0 ? -1 : 0;
}

/* Gets the device. It lasts as long as QEMU has its fd: our own connection to the broker ends with this program. */
static int open_device(const struct helper_options *options, struct tap **tap)
{
	struct tap_request request = TAP_REQUEST_INIT;
	struct tap_failure failure = TAP_FAILURE_INIT;
	int error;

	request.network = options->network;
	if (request.network == NULL) {
		request.network = options->bridge;
		/* A longer name is no bridge's, so it can only be a network's. */
		if (strlen(options->bridge) <= BRIDGE_MAX)
			request.flags |= TAP_BRIDGE;
	}
	request.name = options->name;
	request.kind = TAP_KIND_TAP;
	request.mtu = options->mtu;
	request.lifetime = TAP_LIFETIME_FD;
	request.failure = &failure;
	if (options->vnet_hdr)
		request.flags |= TAP_VNET_HDR;
	if (options->interactive)
		request.flags |= TAP_INTERACTIVE;
	if (ask(&request, tap) == 0) {
		tell_of_address(&request, *tap);
		return 0;
	}
	error = errno;
	fprintf(stderr, PROGRAM ": %s: %s\n", request.network, tap_strerror(error));
	explain(error, &request);
	return -1;
}

/* One byte, and one fd with it: the other side is strict about both. */
static int send_device(int sock, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char byte = 0;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = CMSG_LEN(sizeof(int))};
	ssize_t sent;

	memset(&control, 0, sizeof(control));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	do {
		sent = sendmsg(sock, &message, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent == 1)
		return 0;
	fprintf(stderr, PROGRAM ": cannot send the device over fd %d: %s\n", sock, strerror(errno));
	return -1;
}

/* Waits until what was said on a pipe has been read, or for a moment. libvirt reads it in a thread of its own, which it
 * does not wait for once the socket has ended, as it does with us: so its user would be told nothing. */
static void await_reader(void)
{
	const struct timespec millisecond = {.tv_nsec = 1000000};
	struct stat status;
	int unread = 1;

	if (fstat(STDERR_FILENO, &status) < 0 || !S_ISFIFO(status.st_mode))
		return;
	for (int i = 0; i < READ_WITHIN && ioctl(STDERR_FILENO, FIONREAD, &unread) == 0 && unread > 0; i++)
		nanosleep(&millisecond, NULL);
	nanosleep(&millisecond, NULL); /* for the reader to put it where it is looked for */
}

static int print(const char *text)
{
	return fputs(text, stdout) < 0 || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int serve(int argc, char **argv)
{
	struct helper_options options;
	char wrong[HELPER_WRONG_SIZE];
	struct tap *tap;
	int ret;

	if (helper_options_read(argc, argv, &options, wrong) < 0) {
		fprintf(stderr, PROGRAM ": %s; see \"" PROGRAM " --help\"\n", wrong);
		return EXIT_FAILURE;
	}
	if (options.help)
		return print(usage);
	if (options.version)
		return print(PROGRAM " " TB_RELEASE "\n");
	if (check_socket(options.fd) < 0 || open_device(&options, &tap) < 0)
		return EXIT_FAILURE;
	ret = send_device(options.fd, tap_fd(tap, 0));
	tap_close(tap);
	return ret < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	int code;

	if (fill_standard_fds() < 0)
		return EXIT_FAILURE;
	code = serve(argc, argv);
	if (code != EXIT_SUCCESS)
		await_reader();
	return code;
}
