/* supervised DEVICE STEP...: makes the calls that configure an interface, as programs do that know of no broker,
 * and prints what each returns: 0 or the errno's number. Steps: mtu=N address=A netmask=A peer=A up down queue=N
 * hardware. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static void set_address(struct sockaddr *where, const char *text)
{
	struct sockaddr_in address = {.sin_family = AF_INET};

	inet_pton(AF_INET, text, &address.sin_addr);
	memcpy(where, &address, sizeof(address));
}

static int step(int sock, const char *device, const char *name, const char *value)
{
	struct ifreq request = {.ifr_flags = 0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	if (strcmp(name, "mtu") == 0) {
		request.ifr_mtu = atoi(value);
		return ioctl(sock, SIOCSIFMTU, &request);
	}
	if (strcmp(name, "address") == 0) {
		set_address(&request.ifr_addr, value);
		return ioctl(sock, SIOCSIFADDR, &request);
	}
	if (strcmp(name, "netmask") == 0) {
		set_address(&request.ifr_netmask, value);
		return ioctl(sock, SIOCSIFNETMASK, &request);
	}
	if (strcmp(name, "peer") == 0) {
		set_address(&request.ifr_dstaddr, value);
		return ioctl(sock, SIOCSIFDSTADDR, &request);
	}
	if (strcmp(name, "queue") == 0) {
		request.ifr_qlen = atoi(value);
		return ioctl(sock, SIOCSIFTXQLEN, &request);
	}
	if (strcmp(name, "hardware") == 0) {
		request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
		return ioctl(sock, SIOCSIFHWADDR, &request);
	}
	if (ioctl(sock, SIOCGIFFLAGS, &request) < 0)
		return -1;
	if (strcmp(name, "up") == 0)
		request.ifr_flags |= IFF_UP | IFF_RUNNING;
	else if (strcmp(name, "down") == 0)
		request.ifr_flags &= ~IFF_UP;
	else
		request.ifr_flags |= IFF_PROMISC;
	return ioctl(sock, SIOCSIFFLAGS, &request);
}

int main(int argc, char **argv)
{
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	if (argc < 3 || sock < 0)
		return 2;
	for (int i = 2; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (value != NULL)
			*value++ = '\0';
		printf("%d\n", step(sock, argv[1], argv[i], value) == 0 ? 0 : errno);
	}
	return 0;
}
