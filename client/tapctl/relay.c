/* `tapctl relay`: a device for a tunnel program that gives its packets to another program over a socket. Runs as
 * the user, started by that program, and reads no other byte of its than packets. */
#include "client/tapctl/devices.h"
#include "client/tapctl/environment.h"
#include "client/tapctl/refused.h"
#include "client/tapctl/relay_copy.h"
#include "client/tapctl/relay_options.h"
#include "client/tapctl/tapctl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOK_EVERY 1000 /* milliseconds: at the socket of a program that has gone into the background */

static const char usage[] =
	"usage: tapctl relay [OPTION ...] [NETWORK]\n"
	"\n"
	"For OpenVPN (--dev-node unix:PROGRAM) and openconnect (--script-tun) to start: gets a device of\n"
	"NETWORK, configures it as they say in the environment, and copies packets until they end.\n"
	"Without NETWORK, the environment's TAPBROKER_NETWORK says which.\n"
	"\n"
	"  -n, --name=NAME     ask for an interface of this name\n"
	"  --mtu=BYTES         68 to 65535, whatever the environment says\n"
	"  --no-configure      no addresses, no routes: the administrator does it\n"
	"  --timeout=SECONDS   how long to wait for the device, or none\n"
	"  -q, --quiet         no hints\n"
	"  -h, --help          show this text\n"
	"\n"
	"Beside what the environment says:\n" TUNNEL_USAGE;

/* Is it a socket of datagrams? An fd of that number may be anything. */
static int check_socket(int sock)
{
	socklen_t length = sizeof(int);
	int type;

	if (sock >= 0 && getsockopt(sock, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_DGRAM)
		return EXIT_OK;
	complain("the environment's TUNTAP_SOCKET_FD or VPNFD is no datagram socket that was inherited");
	return EXIT_USAGE;
}

/* Takes a wish back without which the tunnel works as well, if the network allowed no device with it. The header by
 * which packets go together only saves time; and an MTU that the program proposed may be larger than the network's own,
 * which harms nothing. Which check refuses is not told to everybody. */
static bool take_back(struct tap_request *request, unsigned int check, bool mtu_is_proposed)
{
	if ((request->flags & TAP_VNET_HDR) != 0 && (check == TAP_CHECK_VNET_HDR || check == TAP_CHECK_NONE))
		request->flags &= ~(unsigned int)TAP_VNET_HDR;
	else if (mtu_is_proposed && request->mtu != 0 && (check == TAP_CHECK_MTU || check == TAP_CHECK_NONE))
		request->mtu = 0;
	else
		return false;
	return true;
}

static int get_device(struct device *device, bool mtu_is_proposed)
{
	struct tap_failure failure = TAP_FAILURE_INIT;
	int ret;

	device->request.failure = &failure;
	do {
		ret = tap_open_request(&device->request, &device->tap);
	} while (ret < 0 && errno == EACCES && take_back(&device->request, failure.check, mtu_is_proposed));
	ret = ret < 0 ? refused_explain(device, errno) : EXIT_OK;
	device->request.failure = NULL;
	return ret;
}

/* The program at the socket's other end, as the kernel knows it. -1: it has gone already, into the background. */
static int open_program(int sock)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 || peer.pid <= 0)
		return -1;
	return pidfd_open(peer.pid, 0);
}

/* No datagram is too short to find that nobody can receive it. Both programs pass over an empty one. */
static bool nobody_there(int sock)
{
	return send(sock, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EAGAIN && errno != ENOBUFS;
}

/* Waits for the end of the tunnel. A datagram socket does not tell of its other end, so the program itself is
 * watched; a process that it has left in its place has the socket, too. Returns an exit code. */
static int wait_for_end(struct tap *tap, int sock, int over)
{
	struct pollfd wanted[] = {{.fd = over, .events = POLLIN},
				  {.fd = tap_follow(tap), .events = POLLIN},
				  {.fd = open_program(sock), .events = POLLIN}};
	unsigned int reason;

	for (;;) {
		if (wanted[2].fd < 0 && nobody_there(sock))
			return EXIT_OK;
		if (poll(wanted, 3, wanted[2].fd < 0 ? LOOK_EVERY : -1) < 0 && errno != EINTR)
			return EXIT_FAILED;
		if (wanted[1].revents != 0 && tap_ended(tap, &reason)) {
			complain("%s: %s", tap_name(tap), tap_reason(reason));
			return EXIT_ENDED;
		}
		if (wanted[0].revents != 0)
			return EXIT_OK;
		if (wanted[2].revents != 0) {
			close(wanted[2].fd);
			wanted[2] = (struct pollfd){.fd = -1};
		}
	}
}

static int copy(struct tap *tap, int sock)
{
	int over = relay_copy_start(tap_fd(tap, 0), sock, (tap_flags(tap) & TAP_VNET_HDR) != 0);

	if (over < 0) {
		complain("cannot copy packets: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return wait_for_end(tap, sock, over);
}

static int run(const struct relay_options *options, struct tunnel *tunnel)
{
	struct device device = {.word = options->request.network, .request = options->request};
	int ret;

	device.request.kind = tunnel->kind;
	if (tunnel->kind == TAP_KIND_TUN)
		device.request.flags |= TAP_VNET_HDR;
	if (device.request.mtu == 0)
		device.request.mtu = tunnel->mtu;
	ret = get_device(&device, options->request.mtu == 0);
	if (ret != EXIT_OK)
		return ret;
	if (options->configure)
		ret = settings_give(&tunnel->settings, &options->more, tap_name(device.tap), tap_lease_id(device.tap));
	if (ret == EXIT_OK && options->configure)
		dns_tell(&tunnel->dns, tap_name(device.tap));
	if (ret == EXIT_OK)
		ret = copy(device.tap, tunnel->sock);
	tap_close(device.tap);
	return ret;
}

int relay_main(int argc, char **argv)
{
	static struct tunnel tunnel;
	static struct relay_options options;
	int ret;

	ret = relay_options_read(argc, argv, &options);
	if (ret != EXIT_OK)
		return ret;
	if (options.help) {
		fputs(usage, stdout);
		return finish_output();
	}
	ret = environment_read(&tunnel);
	if (ret == EXIT_OK)
		ret = check_socket(tunnel.sock);
	return ret == EXIT_OK ? run(&options, &tunnel) : ret;
}
