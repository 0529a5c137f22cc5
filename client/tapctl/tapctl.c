/* tapctl: devices for a shell user. Runs as that user, and gets everything from libtapbroker. See tapctl(1). */
#include "client/tapctl/tapctl.h"

#include "client/tapbroker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VERSION_TIMEOUT 2000 /* milliseconds: who asks for a version does not wait long for a broker */

static int help_main(int argc, char **argv);

static const struct {
	const char *name;
	int (*function)(int argc, char **argv);
	const char *description;
} commands[] = {
	{"get", get_main, "Get devices of networks: run a command with them, or hold them until interrupted"},
	{"networks", networks_main, "List the networks that there are devices of"},
	{"list", list_main, "List the leases: the devices that you, or all users, hold"},
	{"show", show_main, "Show everything about one lease"},
	{"release", release_main, "Give devices back"},
	{"revoke", revoke_main, "Take devices away from whoever holds them"},
	{"watch", watch_main, "Tell of leases that begin and end, as it happens"},
	{"import-bridge-conf", import_main, "Make network files and a polkit rule of /etc/qemu/bridge.conf"},
	{"help", help_main, "Show this text"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
	fputs("usage: tapctl COMMAND [ARGUMENT ...]\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-18s  %s\n", commands[i].name, commands[i].description);
	fputs("\n\"tapctl COMMAND --help\" shows the options of a command, \"tapctl --version\" the version; tapctl(1) tells all.\n",
	      out);
}

static int help_main(int argc, char **argv)
{
	if (argc > 1) {
		complain("%s takes no arguments; for the options of a command: tapctl COMMAND --help", argv[0]);
		return EXIT_USAGE;
	}
	print_help(stdout);
	return finish_output();
}

/* The version of the library, which is tapctl's own, and that of the broker if one answers. */
static int version(void)
{
	struct tap_about about = TAP_ABOUT_INIT;

	printf("tapctl %s\n", tap_version());
	if (tap_about(VERSION_TIMEOUT, &about) == 0)
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

int main(int argc, char **argv)
{
	if (open_standard_fds() < 0)
		return EXIT_FAILED;
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0)
		return version();
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help_main(1, argv + 1);
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].function(argc - 1, argv + 1);
	complain("there is no command \"%s\"; \"tapctl help\" lists them", argv[1]);
	return EXIT_USAGE;
}
