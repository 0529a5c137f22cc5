/* `tapctl doctor`: the broker, its users, units, files and networks. Runs as the user. */
#include "client/tapctl/doctor.h"

#include "client/tapbroker.h"
#include "client/tapctl/network_list.h"
#include "client/tapctl/waiting.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MS 3000
#define TAPBROKERD TB_SBIN_DIR "/tapbrokerd"

static void look_at_users(struct doctor *doctor)
{
	static const char *const users[] = {"tapbroker", "tapbroker-clerk", "tapbroker-authority"};
	unsigned int missing = 0;

	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		if (getpwnam(users[i]) != NULL)
			continue;
		missing++;
		doctor_say(doctor, DOCTOR_NOT_OK, "users", "systemd-sysusers",
			   "there is no user %s: the broker does not start", users[i]);
	}
	if (missing == 0)
		doctor_say(doctor, DOCTOR_OK, "users", NULL, "the broker has users of its own");
}

static void look_at_units(struct doctor *doctor)
{
	const char *const arguments[] = {"is-enabled", "--quiet", "tapbroker.socket", NULL};
	char output[DOCTOR_OUTPUT];

	if (access("/run/systemd/system", F_OK) < 0) {
		doctor_say(doctor, DOCTOR_UNKNOWN, "units", NULL,
			   "systemd does not run here: something else starts the broker");
		return;
	}
	if (!doctor_unit_active("tapbroker.socket"))
		doctor_say(doctor, DOCTOR_NOT_OK, "units", "systemctl enable --now tapbroker.socket",
			   "tapbroker.socket does not listen");
	else if (doctor_run(output, "/usr/bin/systemctl", arguments) != 0)
		doctor_say(doctor, DOCTOR_NOT_OK, "units", "systemctl enable tapbroker.socket",
			   "tapbroker.socket listens, but will not after the next boot");
	else
		doctor_say(doctor, DOCTOR_OK, "units", NULL, "tapbroker.socket listens, and is enabled");
}

/* A broker that does not run is started by this, as by any client. */
static void look_at_answer(struct doctor *doctor)
{
	struct tap_broker about = TAP_BROKER_INIT;
	int error = 0;

	waiting_begin("the broker");
	if (tap_about(0, ANSWER_MS, NULL, &about) < 0)
		error = errno;
	waiting_end();
	if (error != 0)
		doctor_say(doctor, DOCTOR_NOT_OK, "broker", "systemctl status tapbroker; journalctl -u tapbroker", "%s",
			   tap_strerror(error));
	else if (strcmp(about.release, tap_version()) != 0)
		doctor_say(doctor, DOCTOR_NOT_OK, "broker",
			   "systemctl restart tapbroker, which no lease notices; or install the same release of both",
			   "the broker that runs is release %s, and this library is %s", about.release, tap_version());
	else
		doctor_say(doctor, DOCTOR_OK, "broker", NULL, "it answers; its release and the library's are %s",
			   about.release);
}

static void look_at_networks(struct doctor *doctor)
{
	struct network_list list = NETWORKS_NONE;
	int error;

	waiting_begin("the broker, which asks polkit");
	error = networks_fetch(ANSWER_MS, &list);
	waiting_end();
	if (error == 0 && list.count == 0 && geteuid() == 0)
		doctor_say(doctor, DOCTOR_NOT_OK, "networks", "write one: tapbroker-network(5)", "there is no network");
	else if (error == 0 && list.count == 0)
		doctor_say(doctor, DOCTOR_NOT_OK, "networks",
			   "root writes a network file, tapbroker-network(5), or a polkit rule, tapbroker-polkit(7)",
			   "there is no network that is listed, or none that polkit would let you have a device of");
	else if (error == 0)
		doctor_say(doctor, DOCTOR_OK, "networks", NULL, "there are %zu that you see", list.count);
	networks_free(&list);
}

/* Only root sees what the running broker has read. */
static void look_at_files(struct doctor *doctor)
{
	const char *const arguments[] = {"--check", NULL};
	char output[DOCTOR_OUTPUT];
	int status;

	if (geteuid() != 0)
		return;
	status = doctor_run(output, TAPBROKERD, arguments);
	if (status < 0)
		doctor_say(doctor, DOCTOR_UNKNOWN, "files", NULL, TAPBROKERD " --check cannot be run");
	else if (status != 0)
		doctor_say(doctor, DOCTOR_NOT_OK, "files", "tapbrokerd --check says which, in which line",
			   "the network files have mistakes, or there is none");
	else if (strstr(output, "A reload would change:") != NULL)
		doctor_say(doctor, DOCTOR_NOT_OK, "files",
			   "tapbrokerd --check says what; then: systemctl reload tapbroker",
			   "the network files have no mistake, but are not what the broker has read");
	else
		doctor_say(doctor, DOCTOR_OK, "files", NULL, "the network files have no mistake");
}

void doctor_broker(struct doctor *doctor)
{
	look_at_users(doctor);
	look_at_units(doctor);
	look_at_answer(doctor);
	look_at_networks(doctor);
	look_at_files(doctor);
}
