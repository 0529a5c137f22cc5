/* The shield: the network namespace in which taps on bridges stand, mounted where tapbrokerd finds it. Runs in
 * tapbroker-setup, as root, in the host's mount namespace: so that the devices in the shield outlive the broker, whose
 * own mounts end with it. It must never take the shield away from devices that somebody holds.
 */
#include "broker/setup/setup.h"

#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "broker/shared/netlink/link_batch.h"
#include "broker/shared/shield.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* Whoever is in the shield has left the host's namespace for as long. */
struct visit {
	int home; /* owned */
};

/* A device in the shield has no IP stack: nothing that its holder sends is answered, and nothing is routed. A new
 * namespace may have the host's own values. */
static const struct {
	const char *path;
	const char *value;
} settings[] = {
	{"/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"},
	{"/proc/sys/net/ipv6/conf/all/forwarding", "0"},
	{"/proc/sys/net/ipv4/ip_forward", "0"},
};

static unsigned int shield_problem(const char *deed, int error)
{
	tb_log(TB_LOG_ERROR, "cannot %s the shield, %s: %s; networks with Bridge= are off without it", deed,
	       SHIELD_PATH, strerror(error));
	return 1;
}

/* Returns 0 or a negative errno. */
static int visit_begin(struct visit *visit)
{
	int shield TB_CLOSE = open(SHIELD_PATH, O_RDONLY | O_CLOEXEC);

	visit->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (shield < 0 || visit->home < 0 || setns(shield, CLONE_NEWNET) < 0) {
		int error = -errno;

		tb_close(&visit->home);
		return error;
	}
	return 0;
}

static void visit_end(struct visit *visit)
{
	if (setns(visit->home, CLONE_NEWNET) < 0)
		tb_die("cannot come back from the shield: %s", strerror(errno));
	tb_close(&visit->home);
}

/* Here, in the shield. A kernel without IPv6 has no settings of it. Returns 0 or a negative errno. */
static int write_settings(void)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		int fd TB_CLOSE = open(settings[i].path, O_WRONLY | O_CLOEXEC);

		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0 || write(fd, settings[i].value, 1) != 1)
			return -errno;
	}
	return 0;
}

/* Makes the namespace, whose only holder is the mount from then on. Returns 0 or a negative errno. */
static int make_namespace(void)
{
	struct visit visit = {.home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)};
	int place TB_CLOSE = open(SHIELD_PATH, O_RDONLY | O_CREAT | O_CLOEXEC, 0400);
	int ret;

	if (place < 0 || visit.home < 0 || unshare(CLONE_NEWNET) < 0) {
		ret = -errno;
		tb_close(&visit.home);
		return ret;
	}
	ret = write_settings();
	if (ret == 0 && mount("/proc/self/ns/net", SHIELD_PATH, NULL, MS_BIND, NULL) < 0)
		ret = -errno;
	visit_end(&visit);
	return ret;
}

/* What is there already stays: devices stand in it. */
static unsigned int shield_start(struct setup *setup)
{
	struct visit visit;
	int ret = visit_begin(&visit);

	(void)setup;
	if (ret == 0) {
		ret = write_settings();
		visit_end(&visit);
	} else {
		ret = make_namespace();
	}
	return ret < 0 ? shield_problem("make", -ret) : 0;
}

struct contents {
	struct link_socket link;
	unsigned int taps;
};

static void count_tap(void *context, const struct link *link)
{
	struct contents *contents = context;

	contents->taps += strcmp(link->kind, "tun") == 0;
}

/* In the shield. Ports whose taps have gone since the broker stopped go with the namespace. */
static int shield_in_use(bool *in_use)
{
	static struct contents contents;
	int ret = link_socket_open(&contents.link, NETLINK_ROUTE);

	if (ret < 0)
		return ret;
	do {
		contents.taps = 0;
		ret = link_dump(&contents.link, "tun", count_tap, &contents);
	} while (ret == -EINTR);
	tb_close(&contents.link.fd);
	*in_use = contents.taps > 0;
	if (ret == 0 && *in_use)
		tb_log(TB_LOG_NOTICE, "the shield stays: %u devices stand in it", contents.taps);
	return ret;
}

static unsigned int shield_stop(struct setup *setup)
{
	bool in_use = true;
	struct visit visit;
	int ret = visit_begin(&visit);

	(void)setup;
	if (ret == -ENOENT)
		return 0;
	/* A file that is no namespace: its mount is gone. */
	if (ret == 0) {
		ret = shield_in_use(&in_use);
		visit_end(&visit);
		if (ret == 0 && !in_use && umount2(SHIELD_PATH, MNT_DETACH) < 0)
			ret = -errno;
	} else if (ret == -EINVAL) {
		in_use = false;
		ret = 0;
	}
	if (ret == 0 && !in_use && unlink(SHIELD_PATH) < 0)
		ret = -errno;
	return ret < 0 ? shield_problem("take down", -ret) : 0;
}

const struct setup_part setup_shield = {
	.name = "shield",
	.start = shield_start,
	.stop = shield_stop,
};
