/* tap_confine(): this process, and what it starts, may use a device but not change what it is. Runs in the client's
 * process with the client's rights, and takes some of them away, for good.
 *
 * The filter looks at one system call: ioctl. What it refuses is what holding an fd allows without any other right, and
 * what concerns the host or other users; what concerns only the packets that the holder itself receives or sends
 * (offloads, the size of the header, socket filters, the send buffer) is its own business. TUNSETIFF stays allowed,
 * because it is how a program opens a device by name.
 */
#include "client/libtapbroker/internal.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <seccomp.h>
#include <sys/ioctl.h>

/* The kernel takes the lower half of the argument for the ioctl's number, and so must the filter. */
#define NUMBER_MASK UINT32_MAX

static const unsigned int denied[] = {
	TUNSETPERSIST, /* the device would outlive its lease */
	TUNSETOWNER,   /* another user could open it by name */
	TUNSETGROUP,   /* so could the users of another group */
	SIOCSIFHWADDR, /* a bridge then sends what is for that address to this port, whatever else it knows */
	TUNSETLINK,    /* another type of link than the bridge and the filters were made for */
	TUNSETCARRIER, /* the bridge port goes up and down, and all who watch links are told each time */
	TUNSETDEBUG,   /* fills the kernel's log */
};

static int deny(scmp_filter_ctx filter, unsigned int number)
{
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
				SCMP_A1(SCMP_CMP_MASKED_EQ, NUMBER_MASK, number));
}

static int set_attributes(scmp_filter_ctx filter)
{
	/* The filter, and the no_new_privs that libseccomp sets, are those of the threads that run already, too. */
	int ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	/* Another ABI of the same machine (32-bit, x32) has calls of its own, which would go past the rules. */
	if (ret == 0)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	/* The kernel's errno, where libseccomp would say ECANCELED. */
	if (ret == 0)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	return ret;
}

static int add_rules(scmp_filter_ctx filter, unsigned int flags)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < sizeof(denied) / sizeof(denied[0]); i++)
		ret = deny(filter, denied[i]);
	/* With one queue there is nothing to turn on and off; with several, QEMU does, and ends if it may not. */
	if (ret == 0 && (flags & TAP_CONFINE_QUEUES) == 0)
		ret = deny(filter, TUNSETQUEUE);
	return ret;
}

static int confine(unsigned int flags)
{
	scmp_filter_ctx filter;
	int ret;

	if ((flags & ~TAP_CONFINE_QUEUES) != 0)
		return -E2BIG;
	filter = seccomp_init(SCMP_ACT_ALLOW);
	if (filter == NULL)
		return -ENOMEM;
	ret = set_attributes(filter);
	if (ret == 0)
		ret = add_rules(filter, flags);
	if (ret == 0)
		ret = seccomp_load(filter);
	seccomp_release(filter);
	return ret;
}

int tapbroker_confine(unsigned int flags)
{
	int ret = confine(flags);

	if (ret == 0)
		return 0;
	errno = -ret;
	return -1;
}
TB_SHORT_NAME(confine);
