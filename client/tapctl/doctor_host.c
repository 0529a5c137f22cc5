/* `tapctl doctor`: what other parts of the host do to the broker and its devices. Runs as the user; root sees the
 * firewall and AppArmor's profiles. */
#include "client/tapctl/doctor.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROFILES "/sys/kernel/security/apparmor/profiles"
#define STOCK_HELPER "/usr/lib/qemu/qemu-bridge-helper"

/* The broker sees its clients' processes if the clerk's group may. */
static void look_at_proc(struct doctor *doctor)
{
	char mounts[16384];
	const char *line;

	if (!doctor_read("/proc/self/mountinfo", mounts, sizeof(mounts)))
		return;
	for (line = mounts; line != NULL; line = strchr(line, '\n') != NULL ? strchr(line, '\n') + 1 : NULL) {
		char text[512];

		snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\n"), line);
		if (strstr(text, " /proc ") == NULL || strstr(text, "hidepid=") == NULL ||
		    strstr(text, "hidepid=0") != NULL || strstr(text, "hidepid=off") != NULL)
			continue;
		if (strstr(text, "gid=") != NULL) {
			doctor_say(doctor, DOCTOR_OK, "hidepid", NULL,
				   "/proc hides processes, but not from one group, which must be tapbroker-clerk's");
			return;
		}
		doctor_say(doctor, DOCTOR_NOT_OK, "hidepid",
			   "mount /proc with gid= of the primary group of the user tapbroker-clerk",
			   "/proc hides processes of other users: the broker turns all clients away");
		return;
	}
	doctor_say(doctor, DOCTOR_OK, "hidepid", NULL, "/proc shows the broker its clients");
}

/* libvirt in its session mode starts the helper, and its profile says from where. */
static void look_at_apparmor(struct doctor *doctor)
{
	char enabled[8];
	char profiles[65536];

	if (!doctor_read("/sys/module/apparmor/parameters/enabled", enabled, sizeof(enabled)) || enabled[0] != 'Y') {
		doctor_say(doctor, DOCTOR_OK, "apparmor", NULL, "it is not in the way: it is off");
		return;
	}
	if (!doctor_read(PROFILES, profiles, sizeof(profiles)))
		return;
	if (strstr(profiles, "libvirtd") != NULL && access(STOCK_HELPER, X_OK) < 0)
		doctor_say(
			doctor, DOCTOR_NOT_OK, "apparmor",
			"install tapbroker-qemu-helper, or a copy of tapbroker-bridge-helper (no link) at " STOCK_HELPER
			", or see APPARMOR in tapbroker-bridge-helper(8)",
			"libvirtd is confined, and may start a bridge helper at no other place than " STOCK_HELPER);
	else
		doctor_say(doctor, DOCTOR_OK, "apparmor", NULL, "no profile is in the way");
}

static void look_at_bridge_filter(struct doctor *doctor)
{
	char value[8];

	if (doctor_read("/proc/sys/net/bridge/bridge-nf-call-iptables", value, sizeof(value)) && value[0] == '1')
		doctor_say(doctor, DOCTOR_NOT_OK, "firewall",
			   "sysctl net.bridge.bridge-nf-call-iptables=0, or accept what the bridge forwards",
			   "the host's firewall sees the packets of bridges too, and may drop those of guests");
}

static void look_at_forwarding(struct doctor *doctor)
{
	const char *const arguments[] = {"list", "chains", NULL};
	char chains[DOCTOR_OUTPUT];
	const char *hook;

	if (geteuid() != 0 || doctor_run(chains, "/usr/sbin/nft", arguments) != 0)
		return;
	for (hook = strstr(chains, "hook forward"); hook != NULL; hook = strstr(hook + 1, "hook forward")) {
		const char *end = hook + strcspn(hook, "\n");
		const char *drop = strstr(hook, "policy drop");

		if (drop == NULL || drop > end)
			continue;
		doctor_say(
			doctor, DOCTOR_NOT_OK, "firewall",
			"accept what is forwarded from and to the devices of routed networks, by their names",
			"a chain for forwarded packets drops what no rule accepts: guests may not get further than the host");
		return;
	}
	doctor_say(doctor, DOCTOR_OK, "firewall", NULL, "no chain drops all that is forwarded");
}

/* Each of them leaves devices alone that it has not made, unless a file of the administrator's says otherwise. */
static void look_at_daemons(struct doctor *doctor)
{
	static const struct {
		const char *unit;
		const char *text;
	} daemons[] = {
		{"NetworkManager.service", "NetworkManager leaves devices alone that it has not made"},
		{"systemd-networkd.service",
		 "systemd-networkd leaves devices alone for which there is no .network file"},
		{"firewalld.service",
		 "firewalld has a zone for what comes from a bridge or a routed device: firewall-cmd --get-zone-of-interface=NAME"},
		{"docker.service", "docker sets the policy for forwarded packets to drop"},
	};

	for (size_t i = 0; i < sizeof(daemons) / sizeof(daemons[0]); i++)
		if (doctor_unit_active(daemons[i].unit))
			doctor_say(doctor, DOCTOR_OK, "daemons", NULL, "%s", daemons[i].text);
}

void doctor_host(struct doctor *doctor)
{
	look_at_proc(doctor);
	look_at_apparmor(doctor);
	look_at_bridge_filter(doctor);
	look_at_forwarding(doctor);
	look_at_daemons(doctor);
}
