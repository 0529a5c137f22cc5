/* `tapctl get`: asks for a device, then runs a command with it or holds it. Runs as the user. */
#include "client/tapctl/agent.h"
#include "client/tapctl/options.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/use.h"

#include <errno.h>
#include <stdio.h>

static const char usage[] =
	"usage: tapctl get NETWORK [OPTION ...] [-- COMMAND ...]\n"
	"\n"
	"  --name=NAME         ask for an interface of this name\n"
	"  --kind=KIND         tap, tun or macvtap: be refused rather than get another\n"
	"  --mtu=BYTES         68 to 65535\n"
	"  --queues=N          1 to 16, one fd each\n"
	"  --vnet-hdr          each packet is preceded by a struct virtio_net_hdr\n"
	"  --interactive       polkit may ask for a password (the default at a terminal)\n"
	"  --no-ask-password   polkit may not\n"
	"  --timeout=SECONDS   how long to wait for an answer, or \"none\"\n"
	"  --json              say what was got as one JSON object\n"
	"\n"
	"In the arguments of COMMAND, {fd} {fds} {name} {mac} {mtu} {ifindex} {lease} {lifeline} are replaced.\n"
	"Without COMMAND the device is held until SIGINT, SIGTERM or SIGHUP.\n";

int get_main(int argc, char **argv)
{
	struct get_options options;
	struct agent agent = AGENT_NONE;
	struct tap *tap;
	int error;
	int fd;
	int ret;

	ret = get_options_read(argc, argv, &options);
	if (ret != EXIT_OK)
		return ret;
	if (options.help) {
		fputs(usage, stdout);
		return finish_output();
	}
	if (options.request.flags & TAP_INTERACTIVE)
		agent_start(&agent);
	fd = tap_open_request(&options.request, &tap);
	error = errno;
	agent_stop(&agent);
	if (fd < 0) {
		complain("%s: %s", options.request.network, tap_strerror(error));
		return exit_code(error);
	}
	if (options.command != NULL) {
		ret = run_command(tap, options.command);
	} else {
		ret = print_device(tap, options.request.network, options.json);
		if (ret == EXIT_OK)
			ret = hold(tap);
	}
	tap_close(tap);
	return ret;
}
