/* `tapctl doctor`: polkit's actions and rules. Runs as the user; only root may look into /etc/polkit-1/rules.d. */
#include "client/tapctl/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PKACTION "/usr/bin/pkaction"
#define RULES "/etc/polkit-1/rules.d"

static void look_at_actions(struct doctor *doctor)
{
	static const char *const actions[] = {"org.tapbroker.open-tap",     "org.tapbroker.open-tun",
					      "org.tapbroker.open-macvtap", "org.tapbroker.open-passthru",
					      "org.tapbroker.list-all",     "org.tapbroker.revoke"};
	const char *const none[] = {NULL};
	char output[DOCTOR_OUTPUT];

	if (doctor_run(output, PKACTION, none) != 0) {
		doctor_say(doctor, DOCTOR_NOT_OK, "polkit", "systemctl status polkit; journalctl -u polkit",
			   "polkitd does not answer, so that the broker refuses everybody (%s)",
			   access(PKACTION, X_OK) < 0 ? "there is no " PKACTION : PKACTION " fails");
		return;
	}
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strstr(output, actions[i]) != NULL)
			continue;
		doctor_say(doctor, DOCTOR_NOT_OK, "polkit",
			   "install org.tapbroker.policy in /usr/share/polkit-1/actions, readable for all",
			   "polkitd does not know the action %s, so that the broker refuses everybody", actions[i]);
		return;
	}
	doctor_say(doctor, DOCTOR_OK, "polkit", NULL, "polkitd answers, and knows the broker's actions");
}

/* polkitd reads its rules as a user of its own. */
static bool polkitd_can_read(const char *path)
{
	const struct passwd *polkitd = getpwnam("polkitd");
	struct stat status;

	if (stat(path, &status) < 0)
		return false;
	if (polkitd != NULL && status.st_uid == polkitd->pw_uid)
		return (status.st_mode & S_IRUSR) != 0;
	if (polkitd != NULL && status.st_gid == polkitd->pw_gid)
		return (status.st_mode & S_IRGRP) != 0;
	return (status.st_mode & S_IROTH) != 0;
}

/* What the directory holds besides rules: somebody may have meant one. */
static bool is_ignored(struct doctor *doctor, const char *name)
{
	const char *suffix = strrchr(name, '.');

	if (suffix != NULL && strcmp(suffix, ".rules") == 0)
		return false;
	if (name[0] != '.' && strcmp(name, "README") != 0)
		doctor_say(doctor, DOCTOR_UNKNOWN, "rules", NULL,
			   "polkitd does not read " RULES "/%s: its name does not end in .rules", name);
	return true;
}

/* Returns how many complaints there are. */
static unsigned int look_at_rule_files(struct doctor *doctor, DIR *directory)
{
	unsigned int wrong = 0;
	struct dirent *entry;

	while ((entry = readdir(directory)) != NULL) {
		char path[sizeof(RULES) + 1 + sizeof(entry->d_name)];

		if (is_ignored(doctor, entry->d_name))
			continue;
		snprintf(path, sizeof(path), RULES "/%s", entry->d_name);
		if (polkitd_can_read(path)) {
			wrong += doctor_rules(doctor, path);
			continue;
		}
		wrong++;
		doctor_say(doctor, DOCTOR_NOT_OK, "rules", "chmod 644 it, and: systemctl restart polkit",
			   "polkitd cannot read %s", path);
	}
	return wrong;
}

/* What the polkitd that runs has said, the last line first. Returns false if that cannot be read. */
static bool read_log(char output[DOCTOR_OUTPUT])
{
	const char *const which[] = {"show", "--value", "--property=InvocationID", "polkit.service", NULL};
	char of_it[sizeof("_SYSTEMD_INVOCATION_ID=") + 32];
	const char *const log[] = {"--quiet", "--output=cat", "--reverse", of_it, NULL};

	if (doctor_run(output, "/usr/bin/systemctl", which) != 0 || strcspn(output, "\n") != 32)
		return false;
	snprintf(of_it, sizeof(of_it), "_SYSTEMD_INVOCATION_ID=%.32s", output);
	return doctor_run(output, "/usr/bin/journalctl", log) == 0;
}

/* The line that tells of a rule that is not there, since the rules were read last; NULL: there is none. */
static const char *find_complaint(char *log)
{
	char *rest = NULL;

	for (char *line = strtok_r(log, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		if (strstr(line, "rror") != NULL && strstr(line, ".rules") != NULL)
			return line;
		if (strstr(line, "Loading rules from directory " RULES) != NULL)
			break;
	}
	return NULL;
}

static void look_at_rules(struct doctor *doctor)
{
	DIR *directory = opendir(RULES);
	unsigned int wrong;
	char log[DOCTOR_OUTPUT];
	const char *line;

	if (directory == NULL) {
		if (errno != ENOENT && geteuid() == 0)
			doctor_say(doctor, DOCTOR_UNKNOWN, "rules", NULL, RULES ": %s", strerror(errno));
		return;
	}
	wrong = look_at_rule_files(doctor, directory);
	closedir(directory);
	if (!polkitd_can_read(RULES)) {
		doctor_say(doctor, DOCTOR_NOT_OK, "rules",
			   "chown root:polkitd and chmod 750 it, and: systemctl restart polkit",
			   "polkitd cannot read " RULES ", and so no rule that is there");
		return;
	}
	if (geteuid() != 0)
		return;
	if (!read_log(log)) {
		doctor_say(doctor, DOCTOR_UNKNOWN, "rules", NULL, "the log of polkitd cannot be read");
		return;
	}
	line = find_complaint(log);
	if (line != NULL)
		doctor_say(doctor, DOCTOR_NOT_OK, "rules", "correct the file; polkitd reads it again by itself",
			   "polkitd has not loaded a rule: %s", line);
	else if (wrong == 0)
		doctor_say(doctor, DOCTOR_OK, "rules", NULL, "polkitd complains of no file of rules");
}

void doctor_polkit(struct doctor *doctor)
{
	look_at_actions(doctor);
	look_at_rules(doctor);
}
