/* Devices that somebody else has made: Device=. Runs in tapbroker-setup, as root or, to check, as anybody; it says what
 * of such a device is not as the broker needs it, and what to type. It must never change one.
 */
#include "broker/setup/setup.h"

#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "proto/words.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BROKER_USER "tapbroker"

#define PERSISTENT 0x0800 /* the kernel's IFF_PERSIST, which its headers do not tell us */

/* The number in a file that the kernel has for each tun and tap. Returns 0 or a negative errno. */
static int device_number(const char *name, const char *file, long *number)
{
	char path[64 + TB_NAME_SIZE], text[32] = "";
	int fd TB_CLOSE = -1;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", name, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (read(fd, text, sizeof(text) - 1) <= 0)
		return -EIO;
	*number = strtol(text, NULL, 0);
	return 0;
}

/* What is wrong with the device, or NULL. */
static const char *device_wrong(const struct network *network, long broker)
{
	long flags, owner;

	if (access("/sys/class/net", F_OK) < 0)
		return "there is no /sys to look at it";
	if (device_number(network->device, "tun_flags", &flags) < 0 ||
	    device_number(network->device, "owner", &owner) < 0)
		return "there is no tun or tap of that name";
	if (((flags & IFF_TAP) != 0) != (network->kind == TB_KIND_TAP))
		return "it is of the other kind";
	if (((flags & IFF_MULTI_QUEUE) != 0) != (network->queues > 1))
		return "it has several queues and the file says one, or the other way round";
	if ((flags & PERSISTENT) == 0)
		return "it goes with the program that has made it: it is not persistent";
	return owner == broker ? NULL : "it is not owned by the user " BROKER_USER;
}

static void device_complain(const struct network *network, const char *wrong)
{
	tb_log(TB_LOG_ERROR,
	       "network %s: Device=%s: %s; it is not handed out. Without a network manager do: ip tuntap add dev %s mode %s%s user " BROKER_USER,
	       network->name, network->device, wrong, network->device, tb_kind_word(network->kind),
	       network->queues > 1 ? " multi_queue" : "");
}

static unsigned int devices_look(struct setup *setup)
{
	const struct passwd *broker = getpwnam(BROKER_USER);
	unsigned int problems = 0;

	for (size_t i = 0; i < setup->networks->count; i++) {
		const struct network *network = &setup->networks->networks[i];
		const char *wrong = NULL;

		if (network->device[0] != '\0')
			wrong = broker != NULL ? device_wrong(network, (long)broker->pw_uid)
					       : "there is no user " BROKER_USER;
		if (wrong == NULL)
			continue;
		device_complain(network, wrong);
		problems++;
	}
	return problems;
}

const struct setup_part setup_device = {.name = "device", .start = devices_look, .check = devices_look};
