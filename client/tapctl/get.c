/* `tapctl get`: asks for a device, then runs a command with it or holds it. Runs as the user. */
#include "client/tapctl/agent.h"
#include "client/tapctl/options.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/use.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
	"usage: tapctl get NETWORK [OPTION ...] [-- COMMAND ...]\n"
	"\n"
	"  --name=NAME         ask for an interface of this name\n"
	"  --kind=KIND         tap, tun or macvtap: be refused rather than get another\n"
	"  --mtu=BYTES         68 to 65535\n"
	"  --queues=N          1 to 16, one fd each\n"
	"  --vnet-hdr          each packet is preceded by a struct virtio_net_hdr\n"
	"  --lifetime=WHAT     session (the default), fd or persistent\n"
	"  --persistent        a device to open by name, which stays until it is released\n"
	"  --netns             a device in the network namespace that tapctl is in, not in the host's\n"
	"  --bridge            NETWORK may also be the bridge of a network\n"
	"  --interactive       polkit may ask for a password (the default at a terminal)\n"
	"  --no-ask-password   polkit may not\n"
	"  --timeout=SECONDS   how long to wait for an answer, or \"none\"\n"
	"  --json              say what was got as one JSON object\n"
	"\n"
	"In the arguments of COMMAND, {fd} {fds} {name} {mac} {mtu} {ifindex} {lease} {lifeline} are replaced.\n"
	"Without COMMAND the device is held until SIGINT, SIGTERM or SIGHUP, if it is not persistent.\n";

/* Says why there is no device, with what the broker has told of it. Returns an exit code. */
static int explain(const struct tap_request *request, int error)
{
	const struct tap_failure *failure = request->failure;
	const char *network = request->network;

	if (error == EDQUOT && failure->limit != 0)
		complain("%s: refused: you hold %u of the %u devices that one user may hold %s; \"tapctl list\" shows "
			 "them, \"tapctl release\" gives one back",
			 network, failure->held, failure->limit,
			 failure->quota == TAP_QUOTA_NETWORK ? "of this network (MaxPerUser= in its file)"
							     : "of all networks (--max-leases-per-user)");
	else if (error == ENOSPC && failure->quota == TAP_QUOTA_BROKER)
		complain("%s: refused: the broker has handed out all the devices that it may (--max-leases); try again "
			 "later",
			 network);
	else if (error == EIO && failure->error != 0)
		complain("%s: the kernel refused %s: %s; the log of tapbrokerd has the same", network,
			 tap_stage(failure->stage), strerror(failure->error));
	else
		complain("%s: %s", network, tap_strerror(error));
	return exit_code(error);
}

/* Asks for the device, with an agent if polkit may ask for a password. Returns 0 or an errno. */
static int ask(const struct tap_request *request, struct tap **tap)
{
	struct agent agent = AGENT_NONE;
	int error = 0;
	int ret;

	if ((request->flags & TAP_INTERACTIVE) != 0)
		agent_start(&agent);
	if (request->lifetime == TAP_LIFETIME_PERSISTENT)
		ret = tap_reserve(request, tap);
	else
		ret = tap_open_request(request, tap);
	if (ret < 0)
		error = errno;
	agent_stop(&agent);
	return error;
}

/* Does with the device what was asked for. Returns an exit code. */
static int use(struct tap *tap, const struct get_options *options)
{
	int ret;

	if (options->command != NULL)
		return run_command(tap, options->command);
	ret = print_device(tap, &options->request, options->json);
	if (ret != EXIT_OK || options->request.lifetime == TAP_LIFETIME_PERSISTENT)
		return ret;
	return hold(tap);
}

int get_main(int argc, char **argv)
{
	struct tap_failure failure = {.quota = TAP_QUOTA_NONE};
	struct get_options options;
	struct tap *tap;
	int error;
	int ret;

	ret = get_options_read(argc, argv, &options);
	if (ret != EXIT_OK)
		return ret;
	if (options.help) {
		fputs(usage, stdout);
		return finish_output();
	}
	options.request.failure = &failure;
	error = ask(&options.request, &tap);
	if (error != 0)
		return explain(&options.request, error);
	ret = use(tap, &options);
	tap_close(tap);
	return ret;
}
