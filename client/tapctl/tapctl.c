/* tapctl: devices for a shell user. Runs as that user, and gets everything from libtapbroker. See tapctl(1). */
#include "client/tapctl/tapctl.h"

#include "client/tapbroker.h"
#include "client/tapctl/names.h"
#include "proto/suggest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VERSION_TIMEOUT 2000 /* milliseconds: who asks for a version does not wait long for a broker */

static int help_main(int argc, char **argv);
static int version_main(int argc, char **argv);

typedef int command_main(int argc, char **argv);

static const struct {
	const char *name;
	command_main *function;
	const char *description;
} commands[] = {
	{"get", get_main, "Get devices of networks: run a command with them, or hold them until interrupted"},
	{"configure", configure_main, "Give a device addresses and routes"},
	{"explain", explain_main, "Say what would become of \"get\", and why"},
	{"relay", relay_main, "Copy packets between a device and a tunnel program that has started this"},
	{"networks", networks_main, "List the networks that there are devices of"},
	{"status", status_main, "Show who is where: each network, and the leases of it"},
	{"list", list_main, "List the leases: the devices that you, or all users, hold"},
	{"show", show_main, "Show everything about one lease"},
	{"release", release_main, "Give devices back"},
	{"revoke", revoke_main, "Take devices away from whoever holds them"},
	{"unblock", unblock_main, "End the block that a kill switch has left"},
	{"watch", watch_main, "Tell of leases that begin and end, as it happens"},
	{"doctor", doctor_main, "Say what of this machine is not as the broker needs it, and how to mend it"},
	{"import-bridge-conf", import_main, "Make network files and a polkit rule of /etc/qemu/bridge.conf"},
	{"version", version_main, "Show the versions of tapctl and of the broker"},
	{"help", help_main, "Show this text, or the options of a command"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
	fputs("usage: tapctl COMMAND [ARGUMENT ...]\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-18s  %s\n", commands[i].name, commands[i].description);
	fputs("\n\"tapctl help COMMAND\" shows the options of a command; see also tapctl(1).\n", out);
}

/* The command of this name, or NULL after saying that there is none. */
static command_main *find_command(const char *name)
{
	const char *names[COMMANDS];
	const char *meant;

	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].function;
		names[i] = commands[i].name;
	}
	meant = tb_suggest(name, names, COMMANDS);
	if (name[0] == '-' && name[1] != '\0')
		complain("an option stands behind its command, as in tapctl COMMAND %s; \"tapctl help\" lists them",
			 name);
	else if (meant != NULL)
		complain("there is no command \"%s\"; did you mean \"%s\"?", name, meant);
	else
		complain("there is no command \"%s\"; \"tapctl help\" lists them", name);
	return NULL;
}

static int help_main(int argc, char **argv)
{
	char option[] = "--help";
	char *arguments[] = {argc > 1 ? argv[1] : NULL, option, NULL};
	command_main *function;

	if (argc > 2) {
		complain("help takes one command");
		return EXIT_USAGE;
	}
	if (argc == 2 && strcmp(argv[1], "help") != 0 && strcmp(argv[1], option) != 0) {
		function = find_command(argv[1]);
		return function == NULL ? EXIT_USAGE : function(2, arguments);
	}
	print_help(stdout);
	return finish_output();
}

/* The version of the library, which is tapctl's own, and that of the broker if one answers. */
static int version_main(int argc, char **argv)
{
	struct tap_broker about = TAP_BROKER_INIT;

	(void)argv;
	if (argc > 1) {
		complain("version takes no arguments");
		return EXIT_USAGE;
	}
	printf("tapctl %s\n", tap_version());
	if (tap_about(0, VERSION_TIMEOUT, NULL, &about) == 0)
		printf("tapbrokerd %s (protocol %u)\n", about.release, about.protocol);
	else
		printf("tapbrokerd: %s\n", tap_strerror(errno));
	return finish_output();
}

/* A device must never get the number of a standard fd: what a program prints would become a packet. */
static int open_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

/* The words for commands that are written as options. */
static const char *command_name(const char *word)
{
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		return "version";
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return "help";
	return word;
}

int main(int argc, char **argv)
{
	command_main *function;

	if (open_standard_fds() < 0)
		return EXIT_FAILED;
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	function = find_command(command_name(argv[1]));
	if (function == NULL || socket_path_check() != EXIT_OK)
		return EXIT_USAGE;
	return finish_errors(function(argc - 1, argv + 1));
}
