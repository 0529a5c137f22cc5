/* flood FD UID: changes the device behind the fd as fast as it can, until the kernel says that there is none any more.
 * Then prints how many changes it has made, and in how many milliseconds.
 *
 * It names the owner that the device has already (UID) and switches the carrier: no change that means anything, but the
 * kernel tells the world of each.
 */
#include <errno.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	double started = now_ms();
	unsigned long changes = 0;
	unsigned long uid;
	int carrier;
	int fd;

	if (argc != 3)
		return 2;
	fd = atoi(argv[1]);
	uid = strtoul(argv[2], NULL, 10);
	for (;; changes++) {
		carrier = changes & 8 ? 1 : 0;
		if (changes % 8 == 7 ? ioctl(fd, TUNSETCARRIER, &carrier) < 0 : ioctl(fd, TUNSETOWNER, uid) < 0)
			break;
	}
	printf("%lu changes in %.1f ms, then %s\n", changes, now_ms() - started, strerror(errno));
	return errno == EBADFD ? 0 : 1;
}
