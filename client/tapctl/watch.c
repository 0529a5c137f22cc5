/* `tapctl watch`: what happens to leases, as it happens. Runs as the user. */
#include "client/tapctl/json.h"
#include "client/tapctl/lease_options.h"
#include "client/tapctl/polkit_ask.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/terms.h"

#include "client/tapbroker.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RETRY_AFTER 1 /* seconds, while there is no broker */

static const struct lease_command command = {
	.options = "ajqin",
	.most = 0,
	.usage = "usage: tapctl watch [OPTION ...]\n"
		 "\n"
		 "  -a, --all           the leases of all users, if polkit permits it\n"
		 "  -j, --json          one JSON object on a line\n"
		 "  -q, --quiet         no hints\n"
		 "  -i, --interactive   polkit may ask for a password (the default at a terminal)\n"
		 "  --no-ask-password   polkit may not\n",
};

static void lease_event_json(struct json *json, const struct tap_event *event)
{
	char reason[TERM_TEXT], kind[TERM_TEXT], lifetime[TERM_TEXT];

	if (event->what == TAP_EVENT_ENDED)
		json_string(json, "reason", reason_term(event->reason, reason));
	json_string(json, "lease", event->id);
	json_string(json, "name", event->name);
	json_string(json, "external_id", event->external_id);
	json_string(json, "kind", kind_term(event->kind, kind));
	json_string(json, "lifetime", lifetime_term(event->lifetime, lifetime));
	json_number(json, "pid", event->pid);
	json_bool(json, "kill_switch", (event->flags & TAP_KILL_SWITCH) != 0);
	if (event->what != TAP_EVENT_CONFIGURED)
		return;
	json_number(json, "entries", event->entries);
	json_bool(json, "replaces", event->replaces != 0);
}

static void print_json(const struct tap_event *event)
{
	struct json json = JSON_TO(stdout);
	char what[TERM_TEXT], user[USER_TEXT];

	user_write(event->uid, user);
	json_document(&json);
	json_string(&json, "event", event_term(event->what, what));
	json_time(&json, "time", event->when);
	json_string(&json, "network", event->network);
	json_number(&json, "uid", event->uid);
	json_string(&json, "user", user);
	json_number(&json, "lost", event->lost);
	if (event->what != TAP_EVENT_UNBLOCKED)
		lease_event_json(&json, event);
	json_end(&json);
}

/* What only events of some kinds say. */
static void print_rest(const struct tap_event *event)
{
	bool kill_switch = (event->flags & TAP_KILL_SWITCH) != 0;
	char reason[TERM_TEXT];

	if (event->external_id[0] != '\0')
		printf("  %s", event->external_id);
	if (event->what == TAP_EVENT_CONFIGURED)
		printf("  %u entr%s%s", event->entries, event->entries == 1 ? "y" : "ies",
		       kill_switch ? ", kill switch" : "");
	if (event->what == TAP_EVENT_ENDED)
		printf("  %s: %s%s", reason_term(event->reason, reason), tap_reason(event->reason),
		       kill_switch ? "; its kill switch stays" : "");
}

static void print_line(const struct tap_event *event)
{
	char what[TERM_TEXT], kind[TERM_TEXT], lifetime[TERM_TEXT];
	char when[TIME_TEXT];
	char user[USER_TEXT];

	time_write(event->when, when);
	user_write(event->uid, user);
	if (event->lost > 0)
		printf("%s  %u events were lost\n", when, event->lost);
	printf("%s  %-6s", when, event_term(event->what, what));
	if (event->what == TAP_EVENT_UNBLOCKED) {
		printf("  %s  %s", event->network, user);
	} else {
		printf("  %s  %s  %s  %s  %s  %s  %u", event->id, event->network, event->name,
		       kind_term(event->kind, kind), lifetime_term(event->lifetime, lifetime), user, event->pid);
		print_rest(event);
	}
	putchar('\n');
}

/* Says that the watch has begun: from now on nothing is missed. */
static void print_beginning(bool json)
{
	int64_t now = (int64_t)time(NULL);
	struct json object = JSON_TO(stdout);
	char when[TIME_TEXT];

	if (json) {
		json_document(&object);
		json_string(&object, "event", "watching");
		json_time(&object, "time", now);
		json_end(&object);
	} else {
		time_write(now, when);
		printf("%s  watching\n", when);
	}
}

/* A watch, and the fd to poll. */
struct watching {
	struct tap_watcher *watch;
	int fd;
};

static int ask_watch(void *context, unsigned int flags, struct tap_failure *failure)
{
	struct watching *watching = context;

	watching->fd = tap_watch(flags, 0, failure, &watching->watch);
	return watching->fd < 0 ? errno : 0;
}

static void begin(const struct lease_options *options, struct watching *watching, struct polkit_answer *answer)
{
	bool all = (options->flags & TAP_ALL) != 0;

	polkit_ask_with_agent(all ? "the broker, which asks polkit" : "the broker",
			      options->flags & (all ? ~0u : ~(unsigned int)TAP_INTERACTIVE), ask_watch, watching,
			      answer);
}

static int complain_answer(const struct polkit_answer *answer)
{
	const char *text;
	int ret = polkit_answer_read(answer, REFUSED_LIST_ALL, &text);

	complain("%s", text);
	return ret;
}

/* Prints events until there is none, or the output ends. Returns an exit code; EXIT_OK: go on, and if *lost, with
 * another watch. */
static int print_events(struct tap_watcher *watch, bool json, bool *lost)
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
	*lost = got < 0 && errno == ECONNRESET;
	return got == 0 || *lost ? EXIT_OK : complain_answer(&(struct polkit_answer){.error = errno});
}

/* Prints what happens until the broker is gone. Returns an exit code; EXIT_OK: it is gone. */
static int follow(const struct watching *watching, bool json)
{
	struct pollfd wanted = {.fd = watching->fd, .events = POLLIN};
	bool lost = false;
	int ret;

	print_beginning(json);
	ret = finish_output();
	while (ret == EXIT_OK && !lost) {
		if (poll(&wanted, 1, -1) < 0 && errno != EINTR) {
			complain("cannot wait: %s", strerror(errno));
			ret = EXIT_FAILED;
		} else {
			ret = print_events(watching->watch, json, &lost);
		}
	}
	return ret;
}

/* True if a broker that is started again may answer otherwise. */
static bool may_come_back(int error)
{
	return error == ENOENT || error == ECONNREFUSED || error == ECONNRESET || error == EAGAIN || error == ETIMEDOUT;
}

int watch_main(int argc, char **argv)
{
	struct watching watching = {NULL, -1};
	struct lease_options options;
	struct polkit_answer answer;
	bool begun = false;
	int ret;

	ret = lease_options_read(argc, argv, &command, &options);
	if (ret != EXIT_OK || options.help)
		return ret;
	while (ret == EXIT_OK) {
		begin(&options, &watching, &answer);
		if (answer.error == 0) {
			ret = follow(&watching, options.json);
			tap_watch_close(watching.watch);
			if (ret == EXIT_OK)
				complain("the broker is gone; watching again when it is back");
			begun = true;
		} else if (!begun || !may_come_back(answer.error)) {
			ret = complain_answer(&answer);
		}
		if (ret == EXIT_OK)
			sleep(RETRY_AFTER);
	}
	return ret;
}
