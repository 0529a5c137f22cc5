/* `tapctl doctor`: what the kernel must offer. Runs as the user. */
#include "client/tapctl/doctor.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static void look_at_features(struct doctor *doctor)
{
	struct utsname name;
	long pidfd = syscall(SYS_pidfd_open, getpid(), 0);
	long landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	uname(&name);
	if (pidfd < 0)
		doctor_say(doctor, DOCTOR_NOT_OK, "kernel", "install a kernel of 5.13 or later",
			   "Linux %s has no process descriptors (pidfd_open)", name.release);
	else if (landlock < 0)
		doctor_say(
			doctor, DOCTOR_NOT_OK, "kernel",
			"add landlock to the parameter lsm= of the kernel, or see --opener-without-landlock in tapbrokerd(8)",
			"Linux %s has no Landlock: the broker starts only where no network needs its opener",
			name.release);
	else if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0)
		doctor_say(doctor, DOCTOR_NOT_OK, "kernel", "install a kernel with CONFIG_SECCOMP_FILTER",
			   "Linux %s has no seccomp: the broker does not start", name.release);
	else
		doctor_say(doctor, DOCTOR_OK, "kernel", NULL,
			   "Linux %s has process descriptors, seccomp and Landlock (ABI %ld)", name.release, landlock);
	if (pidfd >= 0)
		close((int)pidfd);
}

/* Loaded, or there to be loaded. */
static bool module_there(const char *name, const char *release)
{
	const char *const arguments[] = {"--quiet", "--dry-run", "--set-version", release, name, NULL};
	char output[DOCTOR_OUTPUT];
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return access(path, F_OK) == 0 || doctor_run(output, "/usr/sbin/modprobe", arguments) == 0;
}

static void look_at_node(struct doctor *doctor, const char *path, const char *module, const char *mend)
{
	struct stat status;

	if (stat(path, &status) < 0)
		doctor_say(doctor, DOCTOR_NOT_OK, "node", mend, "%s: %s (module %s)", path, strerror(errno), module);
	else if (!S_ISCHR(status.st_mode))
		doctor_say(doctor, DOCTOR_NOT_OK, "node", mend, "%s is no device", path);
	else
		doctor_say(doctor, DOCTOR_OK, "node", NULL, "%s is there", path);
}

/* What only some networks need is no fault where it is missing. */
static void look_at_module(struct doctor *doctor, const char *module, const char *use)
{
	struct utsname name;

	uname(&name);
	if (module_there(module, name.release))
		doctor_say(doctor, DOCTOR_OK, "module", NULL, "%s, for %s", module, use);
	else
		doctor_say(doctor, DOCTOR_UNKNOWN, "module", NULL,
			   "%s is not loaded and not found: built into this kernel, or there is nothing for %s", module,
			   use);
}

void doctor_kernel(struct doctor *doctor)
{
	look_at_features(doctor);
	look_at_node(doctor, "/dev/net/tun", "tun", "modprobe tun");
	look_at_module(doctor, "bridge", "Bridge=");
	look_at_module(doctor, "macvtap", "Kind=macvtap");
	look_at_module(doctor, "vhost_net", "Vhost=yes");
}
