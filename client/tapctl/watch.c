/* `tapctl watch`: what happens to leases, as it happens. Runs as the user. */
#include "client/tapctl/agent.h"
#include "client/tapctl/json.h"
#include "client/tapctl/lease_options.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/terms.h"

#include "client/tapbroker.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static const struct lease_command command = {
	.options = "ajin",
	.most = 0,
	.usage = "usage: tapctl watch [OPTION ...]\n"
		 "\n"
		 "  --all               the leases of all users, if polkit permits it\n"
		 "  --json              one JSON object on a line\n"
		 "  --interactive       polkit may ask for a password (the default at a terminal)\n"
		 "  --no-ask-password   polkit may not\n",
};

static void print_json(const struct tap_event *event)
{
	char what[TERM_TEXT], reason[TERM_TEXT], kind[TERM_TEXT], lifetime[TERM_TEXT];
	struct json json = JSON_TO(stdout);
	char user[USER_TEXT];

	user_write(event->uid, user);
	json_open(&json, NULL, '{');
	json_string(&json, "event", event_term(event->what, what));
	if (event->what == TAP_EVENT_ENDED)
		json_string(&json, "reason", reason_term(event->reason, reason));
	json_number(&json, "when", (uint64_t)event->when);
	json_string(&json, "lease", event->id);
	json_string(&json, "network", event->network);
	json_string(&json, "name", event->name);
	json_string(&json, "kind", kind_term(event->kind, kind));
	json_string(&json, "lifetime", lifetime_term(event->lifetime, lifetime));
	json_number(&json, "uid", event->uid);
	json_string(&json, "user", user);
	json_number(&json, "pid", event->pid);
	json_number(&json, "lost", event->lost);
	json_close(&json, '}');
	putchar('\n');
}

static void print_line(const struct tap_event *event)
{
	char what[TERM_TEXT], reason[TERM_TEXT], kind[TERM_TEXT], lifetime[TERM_TEXT];
	char when[TIME_TEXT];
	char user[USER_TEXT];

	time_write(event->when, when);
	user_write(event->uid, user);
	if (event->lost > 0)
		printf("%s  %u events were lost\n", when, event->lost);
	printf("%s  %-6s  %s  %s  %s  %s  %s  %s  %u", when, event_term(event->what, what), event->id, event->network,
	       event->name, kind_term(event->kind, kind), lifetime_term(event->lifetime, lifetime), user, event->pid);
	if (event->what == TAP_EVENT_ENDED)
		printf("  %s: %s", reason_term(event->reason, reason), tap_reason(event->reason));
	putchar('\n');
}

/* Begins the watch. Returns an exit code. */
static int begin(unsigned int flags, struct tap_watch **watch, int *fd)
{
	struct agent agent = AGENT_NONE;
	bool asks = (flags & TAP_ALL) != 0 && (flags & TAP_INTERACTIVE) != 0;
	int error;

	if (asks)
		agent_start(&agent);
	*fd = tap_watch(flags, 0, watch);
	error = errno;
	agent_stop(&agent);
	if (*fd >= 0)
		return EXIT_OK;
	complain("%s", error == EACCES ? REFUSED_LIST_ALL : tap_strerror(error));
	return exit_code(error);
}

/* Prints events until there is none, or the output ends. Returns an exit code; EXIT_OK: go on. */
static int print_events(struct tap_watch *watch, bool json)
{
	const struct tap_event *event;
	int got;

	while ((got = tap_watch_next(watch, &event)) > 0) {
		if (json)
			print_json(event);
		else
			print_line(event);
		if (finish_output() != EXIT_OK)
			return EXIT_FAILED;
	}
	if (got == 0)
		return EXIT_OK;
	if (errno != ECONNRESET) {
		complain("%s", tap_strerror(errno));
		return exit_code(errno);
	}
	complain("the broker is gone, and with it the watch; start it again when tapbrokerd is back");
	return EXIT_UNREACHABLE;
}

int watch_main(int argc, char **argv)
{
	struct pollfd wanted = {.fd = -1, .events = POLLIN};
	struct tap_watch *watch = NULL;
	struct lease_options options;
	int ret;

	ret = lease_options_read(argc, argv, &command, &options);
	if (ret != EXIT_OK || options.help)
		return ret;
	ret = begin(options.flags, &watch, &wanted.fd);
	while (ret == EXIT_OK) {
		if (poll(&wanted, 1, -1) < 0 && errno != EINTR) {
			complain("cannot wait: %s", strerror(errno));
			ret = EXIT_FAILED;
		} else {
			ret = print_events(watch, options.json);
		}
	}
	tap_watch_close(watch);
	return ret;
}
