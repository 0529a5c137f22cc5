/* `tapctl get`: asks for devices, then runs a command with them or holds them. Runs as the user. */
#include "client/tapctl/devices.h"
#include "client/tapctl/options.h"
#include "client/tapctl/run.h"
#include "client/tapctl/tapctl.h"

#include <stdio.h>

static const char usage[] =
	"usage: tapctl get [OPTION ...] [ALIAS=]NETWORK [OPTION ...] ... [-- COMMAND ...]\n"
	"\n"
	"Of one device, behind its network; before the first network, of all:\n"
	"  --name=NAME         ask for an interface of this name\n"
	"  --kind=KIND         tap, tun or macvtap: be refused rather than get another\n"
	"  --mtu=BYTES         68 to 65535\n"
	"  --queues=N          1 to 16, one fd each\n"
	"  --vnet-hdr          each packet is preceded by a struct virtio_net_hdr\n"
	"  --vhost             also a vhost-net fd for each queue; implies --vnet-hdr\n"
	"  --lifetime=WHAT     session (the default), fd or persistent\n"
	"  --persistent        a device to open by name, which stays until it is released\n"
	"  --netns             a device in the network namespace that tapctl is in, not in the host's\n"
	"  --bridge            NETWORK may also be the bridge of a network\n"
	"\n"
	"Of the whole, anywhere:\n"
	"  --interactive       polkit may ask for a password (the default at a terminal)\n"
	"  --no-ask-password   polkit may not\n"
	"  --timeout=SECONDS   how long to wait for each answer, or \"none\"\n"
	"  --confine           COMMAND cannot change what the devices are, only use them\n"
	"  --json              say what was got as one JSON object on a line for each\n"
	"\n"
	"In the arguments of COMMAND, {fd} {fds} {name} {mac} {mtu} {ifindex} {lease} {lifeline}\n"
	"{vhostfd} {vhostfds} are replaced; with several networks, {NETWORK.fd} or {ALIAS.fd} and so on.\n"
	"The devices come all or not at all.\n"
	"Without COMMAND they are held until SIGINT, SIGTERM or SIGHUP, if they are not persistent.\n";

/* Prints the devices and holds them. Returns an exit code. */
static int print_and_hold(const struct get_options *options)
{
	bool held = false;
	int ret;

	for (size_t i = 0; i < options->count; i++) {
		if (i > 0 && !options->json)
			putchar('\n');
		device_print(&options->devices[i], options->json);
		held = held || device_is_held(&options->devices[i]);
	}
	ret = finish_output();
	return ret == EXIT_OK && held ? devices_hold(options->devices, options->count) : ret;
}

int get_main(int argc, char **argv)
{
	struct get_options options;
	int ret;

	ret = get_options_read(argc, argv, &options);
	if (ret != EXIT_OK)
		return ret;
	if (options.help) {
		fputs(usage, stdout);
		return finish_output();
	}
	ret = devices_ask(options.devices, options.count);
	if (ret != EXIT_OK)
		return ret;
	ret = options.command != NULL ? run_command(&options) : print_and_hold(&options);
	devices_close(options.devices, options.count);
	return ret;
}
