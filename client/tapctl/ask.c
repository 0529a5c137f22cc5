/* Asking for the devices of `tapctl get`, all or none: see devices.h. Runs as the user. */
#include "client/tapctl/agent.h"
#include "client/tapctl/devices.h"
#include "client/tapctl/tapctl.h"

#include <errno.h>
#include <string.h>

/* Says why there is no device, with what the broker has told of it. Returns an exit code. */
static int explain(const struct device *device, int error)
{
	const struct tap_failure *failure = device->request.failure;

	if (error == EDQUOT && failure->limit != 0)
		complain(
			"%s: refused: you hold %u of the %u devices that one user may hold %s; \"tapctl list\" shows them, \"tapctl release\" gives one back",
			device->word, failure->held, failure->limit,
			failure->quota == TAP_QUOTA_NETWORK ? "of this network (MaxPerUser= in its file)"
							    : "of all networks (--max-leases-per-user)");
	else if (error == ENOSPC && failure->quota == TAP_QUOTA_BROKER)
		complain(
			"%s: refused: the broker has handed out all the devices that it may (--max-leases); try again later",
			device->word);
	else if (error == EIO && failure->error != 0)
		complain("%s: the kernel refused %s: %s; the log of tapbrokerd has the same", device->word,
			 tap_stage(failure->stage), strerror(failure->error));
	else if (failure->check != TAP_CHECK_NONE)
		complain("%s: %s; %s", device->word, tap_strerror(error), tap_check(failure->check));
	else
		complain("%s: %s", device->word, tap_strerror(error));
	return exit_code(error);
}

/* Asks for one device. Returns an exit code. */
static int ask(struct device *device)
{
	struct tap_failure failure = TAP_FAILURE_INIT;
	int ret;

	device->request.failure = &failure;
	if (device->request.lifetime == TAP_LIFETIME_PERSISTENT)
		ret = tap_reserve(&device->request, &device->tap);
	else
		ret = tap_open_request(&device->request, &device->tap);
	ret = ret < 0 ? explain(device, errno) : EXIT_OK;
	device->request.failure = NULL;
	return ret;
}

/* A persistent device does not end with its connection. */
static void give_back(const struct device *device)
{
	if (!device_is_held(device) && tap_release(tap_lease(device->tap), 0) < 0)
		complain("%s: %s could not be given back, so it stays until \"tapctl release %s\": %s", device->word,
			 tap_name(device->tap), tap_lease(device->tap), tap_strerror(errno));
}

int devices_ask(struct device *devices, size_t count)
{
	struct agent agent = AGENT_NONE;
	int ret = EXIT_OK;
	size_t got = 0;

	if ((devices[0].request.flags & TAP_INTERACTIVE) != 0)
		agent_start(&agent);
	while (ret == EXIT_OK && got < count) {
		ret = ask(&devices[got]);
		if (ret == EXIT_OK)
			got++;
	}
	agent_stop(&agent);
	if (got == count)
		return EXIT_OK;
	for (size_t i = 0; i < got; i++)
		give_back(&devices[i]);
	devices_close(devices, got);
	return ret;
}
