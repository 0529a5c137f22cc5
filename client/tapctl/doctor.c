/* `tapctl doctor`: see doctor.h. Runs as the user; as root it can look at more. */
#include "client/tapctl/doctor.h"

#include "client/tapctl/tapctl.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static const char usage[] = "usage: tapctl doctor [--json]\n"
			    "\n"
			    "  -j, --json    one JSON object\n"
			    "  -h, --help    show this text\n"
			    "\n"
			    "Status 0: nothing is wrong; 5: something is not ok. Root is told more.\n";

static const struct option table[] = {
	{"json", no_argument, NULL, 'j'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static const char *const state_texts[] = {
	[DOCTOR_OK] = "ok",
	[DOCTOR_NOT_OK] = "not ok",
	[DOCTOR_UNKNOWN] = "unknown",
};
static const char *const state_words[] = {
	[DOCTOR_OK] = "ok",
	[DOCTOR_NOT_OK] = "not-ok",
	[DOCTOR_UNKNOWN] = "unknown",
};

static void say_json(struct json *json, const char *state, const char *part, const char *text, const char *mend)
{
	json_open(json, NULL, '{');
	json_string(json, "part", part);
	json_string(json, "state", state);
	json_string(json, "text", text);
	if (mend != NULL)
		json_string(json, "mend", mend);
	json_close(json, '}');
}

void doctor_say(struct doctor *doctor, enum doctor_state state, const char *part, const char *mend, const char *format,
		...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	doctor->not_ok += state == DOCTOR_NOT_OK;
	if (doctor->json != NULL) {
		say_json(doctor->json, state_words[state], part, text, mend);
		return;
	}
	printf("%-7s  %-12s  %s\n", state_texts[state], part, text);
	if (mend != NULL)
		printf("%24s-> %s\n", "", mend);
}

static void look_at_all(struct doctor *doctor)
{
	doctor_kernel(doctor);
	doctor_broker(doctor);
	doctor_polkit(doctor);
	doctor_host(doctor);
}

static void diagnose_in_json(struct doctor *doctor)
{
	json_document(doctor->json);
	json_open(doctor->json, "checks", '[');
	look_at_all(doctor);
	json_close(doctor->json, ']');
	json_number(doctor->json, "not_ok", doctor->not_ok);
	json_end(doctor->json);
}

static void diagnose(struct doctor *doctor)
{
	look_at_all(doctor);
	if (doctor->hidden)
		puts("Root is told more: sudo tapctl doctor");
	if (doctor->not_ok > 0)
		printf("%u not ok\n", doctor->not_ok);
	else
		puts("nothing is wrong");
}

int doctor_main(int argc, char **argv)
{
	struct json json = JSON_TO(stdout);
	struct doctor doctor = {.hidden = geteuid() != 0};
	int letter;
	int ret;

	while ((letter = getopt_long(argc, argv, ":hj", table, NULL)) != -1) {
		switch (letter) {
		case 'j':
			doctor.json = &json;
			break;
		case 'h':
			fputs(usage, stdout);
			return finish_output();
		default:
			return option_refuse(letter, argv, table, NULL);
		}
	}
	if (optind < argc) {
		complain("doctor takes no arguments");
		return EXIT_USAGE;
	}
	if (doctor.json != NULL)
		diagnose_in_json(&doctor);
	else
		diagnose(&doctor);
	ret = finish_output();
	return ret == EXIT_OK && doctor.not_ok > 0 ? EXIT_FAILED : ret;
}
