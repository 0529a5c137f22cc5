/* Asking for the devices of `tapctl get`, all or none: see devices.h. Runs as the user. */
#include "client/tapctl/agent.h"
#include "client/tapctl/devices.h"
#include "client/tapctl/holder.h"
#include "client/tapctl/polkit_ask.h"
#include "client/tapctl/refused.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/waiting.h"
#include "proto/words.h"

#include <errno.h>
#include <string.h>

#define WAITING_FOR "the broker, which asks polkit"

/* polkit says no more than no after a wrong password. Whether one would do is asked without one. */
static bool password_was_wrong(const struct device *device)
{
	struct tap_explanation explanation = TAP_EXPLANATION_INIT;
	struct tap_request request = device->request;

	request.failure = NULL;
	return tap_explain(&request, &explanation) == 0 && explanation.forbids == 0 &&
	       explanation.access == TAP_ACCESS_PASSWORD;
}

static int refuse_password(const struct device *device)
{
	complain("%s: %s", device->word, polkit_wrong_password);
	return EXIT_WOULD_ASK;
}

/* Asks for one device. With an agent, it is the user who is waited for. Returns an exit code. */
static int ask(struct device *device, bool agent)
{
	struct tap_failure failure = TAP_FAILURE_INIT;
	int error;
	int ret;

	device->request.failure = &failure;
	if (!agent)
		waiting_begin(WAITING_FOR);
	if (tb_lifetime_by_name(device->request.lifetime))
		ret = tap_reserve(&device->request, &device->tap);
	else
		ret = tap_open_request(&device->request, &device->tap);
	error = ret < 0 ? errno : 0;
	waiting_end();
	if (error == EACCES && agent && failure.check == TAP_CHECK_NONE && password_was_wrong(device))
		ret = refuse_password(device);
	else
		ret = error != 0 ? refused_explain(device, error) : EXIT_OK;
	device->request.failure = NULL;
	return ret;
}

/* The device was there already, and somebody may use it: a second process could not open it. Returns an exit code. */
static int check_free(const struct device *device)
{
	char process[HOLDER_TEXT];
	int pid = holder_find(tap_name(device->tap), process);

	if (pid == 0)
		return EXIT_OK;
	complain("%s: %s is yours already, and your process %d (%s) has it open; end that first", device->word,
		 tap_name(device->tap), pid, process);
	return exit_code(EEXIST);
}

/* Gives it the addresses and routes that are wanted. Returns an exit code. */
static int configure(const struct device *device)
{
	if (!tunnel_options_given(&device->tunnel))
		return EXIT_OK;
	return tunnel_ask(device->word, tap_lease_id(device->tap), &device->tunnel,
			  device->request.flags & TAP_INTERACTIVE, 0, device->request.timeout);
}

static int finish(const struct device *device)
{
	int ret = device_was_there(device) ? check_free(device) : EXIT_OK;

	return ret == EXIT_OK ? configure(device) : ret;
}

/* A persistent device does not end with its connection. */
static void give_back(const struct device *device)
{
	if (!device_is_held(device) && !device_was_there(device) &&
	    tap_release(tap_lease_id(device->tap), 0, 0, NULL) < 0)
		complain("%s: %s could not be given back, so it stays until \"tapctl release %s\": %s", device->word,
			 tap_name(device->tap), tap_lease_id(device->tap), tap_strerror(errno));
}

int devices_ask(struct device *devices, size_t count)
{
	struct agent agent = AGENT_NONE;
	int ret = EXIT_OK;
	size_t got = 0;

	waiting_begin(WAITING_FOR);
	if ((devices[0].request.flags & TAP_INTERACTIVE) != 0)
		agent_start(&agent);
	waiting_end();
	while (ret == EXIT_OK && got < count) {
		ret = ask(&devices[got], agent.pid != 0);
		if (ret == EXIT_OK)
			ret = finish(&devices[got++]);
	}
	agent_stop(&agent);
	if (ret == EXIT_OK)
		return EXIT_OK;
	for (size_t i = 0; i < got; i++)
		give_back(&devices[i]);
	devices_close(devices, got);
	return ret;
}
