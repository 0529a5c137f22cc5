/* `tapctl explain`: what would become of `tapctl get`, and why. Runs as the user. */
#include "client/tapctl/devices.h"
#include "client/tapctl/explain_print.h"
#include "client/tapctl/leases.h"
#include "client/tapctl/options.h"
#include "client/tapctl/refused.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/waiting.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BIT(check) ((uint64_t)1 << (check))

static const char usage[] =
	"usage: tapctl explain [--process=PID] NETWORK [the options of \"tapctl get\"]\n"
	"\n"
	"  --process=PID   would this process of another user be let in? (root)\n"
	"  -j, --json      one JSON object on a line for each network\n"
	"  -h, --help      show this text\n"
	"\n"
	"Says what \"tapctl get\" would do with the same options, which is nothing here: each value beside what the\n"
	"network file allows, and what polkit would say. Nobody is asked for a password.\n"
	"Exits with 0 for granted, 1 for refused, 8 for a password.\n";

/* How many devices the process's user holds: the broker has counted our own. */
static int count_held(const struct explain_process *process, struct tap_explanation *explanation)
{
	struct lease_list list = LEASES_NONE;
	int ret = leases_fetch(TAP_ALL, &list);

	explanation->held = 0;
	explanation->held_overall = 0;
	for (size_t i = 0; i < list.count; i++) {
		if (list.leases[i].uid != process->uid)
			continue;
		explanation->held_overall++;
		explanation->held += strcmp(list.leases[i].network, explanation->network) == 0;
	}
	leases_free(&list);
	explanation->forbids &= ~(BIT(TAP_CHECK_MAX_PER_USER) | BIT(TAP_CHECK_MAX_LEASES_PER_USER));
	if (explanation->held >= explanation->limit && explanation->limit > 0)
		explanation->forbids |= BIT(TAP_CHECK_MAX_PER_USER);
	if (explanation->held_overall >= explanation->limit_overall)
		explanation->forbids |= BIT(TAP_CHECK_MAX_LEASES_PER_USER);
	return ret;
}

/* What polkit says of the process. The broker believes no number of a process: root asks polkit itself. */
static int ask_about_process(struct explain_subject *subject)
{
	struct tap_explanation *explanation = &subject->explanation;
	int error;

	waiting_begin("polkit");
	error = explain_pkcheck_run(explanation->action, explanation->details, subject->process, &explanation->access);
	waiting_end();
	if (error != 0) {
		complain(
			"%s: polkit could not be asked: polkitd does not run or does not answer, or there is no pkcheck",
			subject->device->word);
		return EXIT_NO_POLKIT;
	}
	return count_held(subject->process, explanation);
}

/* The same of its addresses and routes, if there are any. Returns an exit code. */
static int ask_about_configuration(struct explain_subject *subject)
{
	const struct tunnel_options *tunnel = &subject->device->tunnel;
	struct tap_configuration_explanation *explanation = &subject->configuration;
	struct tap_configuration configuration = TAP_CONFIGURATION_INIT;
	struct tap_failure failure = TAP_FAILURE_INIT;
	int error = 0;

	if (!tunnel_options_given(tunnel))
		return EXIT_OK;
	tunnel_options_fill(tunnel, &configuration);
	if (subject->process != NULL) {
		configuration.flags |= TAP_ALL;
		configuration.uid = subject->process->uid;
	}
	configuration.timeout = subject->device->request.timeout;
	configuration.failure = &failure;
	*explanation = (struct tap_configuration_explanation)TAP_CONFIGURATION_EXPLANATION_INIT;
	waiting_begin("the broker, which asks polkit");
	if (tap_explain_configuration(subject->explanation.network, &configuration, explanation) < 0)
		error = errno;
	else if (subject->process != NULL)
		error = explain_pkcheck_run(explanation->action, explanation->details, subject->process,
					    &explanation->access);
	waiting_end();
	if (error != 0)
		return tunnel_refused(subject->device->word, error, &failure);
	subject->configures = true;
	subject->entries_count = explain_entries(&configuration, explanation, subject->entries);
	return EXIT_OK;
}

/* Returns an exit code: EXIT_OK also for an explanation that is not told. */
static int ask_broker(struct explain_subject *subject)
{
	struct tap_failure failure = TAP_FAILURE_INIT;
	struct device device = *subject->device;
	int error = 0;

	device.request.failure = &failure;
	subject->explanation = (struct tap_explanation)TAP_EXPLANATION_INIT;
	waiting_begin("the broker, which asks polkit");
	if (tap_explain(&device.request, &subject->explanation) < 0)
		error = errno;
	waiting_end();
	subject->told = error == 0;
	if (error == 0 || error == EACCES)
		return EXIT_OK;
	return refused_explain(&device, error);
}

/* True if the lease keeps the user from a device of this name: a persistent one of the same network is given once
 * more. */
static bool has_name(const struct tap_lease *lease, const struct tap_request *request, unsigned int uid)
{
	bool again = request->lifetime == TAP_LIFETIME_PERSISTENT && lease->lifetime == TAP_LIFETIME_PERSISTENT &&
		     lease->uid == uid && strcmp(lease->network, request->network) == 0;

	return strcmp(lease->name, request->name) == 0 && (lease->flags & TAP_NETNS) == 0 && !again;
}

static void mark_row(struct explain_subject *subject, const char *lease)
{
	for (size_t i = 0; i < subject->count; i++) {
		struct explain_row *row = &subject->rows[i];

		if (row->check != TAP_CHECK_NAME || row->forbids)
			continue;
		row->forbids = true;
		row->line = 0;
		snprintf(row->allowed, sizeof(row->allowed), "in use by lease %s", lease);
	}
}

/* A lease may have the name that is wished, in the host's network namespace: the user is told of his own, and root of
 * all. */
static void mark_name(struct explain_subject *subject)
{
	const struct tap_request *request = &subject->device->request;
	unsigned int uid = subject->process != NULL ? subject->process->uid : geteuid();
	struct lease_list list = LEASES_NONE;
	int error;

	if (request->name == NULL || (request->flags & TAP_NETNS) != 0)
		return;
	waiting_begin("the broker");
	error = leases_ask(geteuid() == 0 ? TAP_ALL : 0, request->timeout, &list);
	waiting_end();
	if (error == 0)
		for (size_t i = 0; i < list.count; i++)
			if (has_name(&list.leases[i], request, uid))
				mark_row(subject, list.leases[i].id);
	leases_free(&list);
}

static int explain_one(const struct get_options *options, struct explain_subject *subject)
{
	int ret = ask_broker(subject);

	if (ret == EXIT_OK && subject->told && subject->process != NULL)
		ret = ask_about_process(subject);
	if (ret == EXIT_OK && subject->told)
		ret = ask_about_configuration(subject);
	if (ret != EXIT_OK)
		return ret;
	if (subject->told) {
		subject->count = explain_rows(&subject->device->request, &subject->explanation, subject->rows);
		mark_name(subject);
	}
	explain_print(subject, options->json);
	return explain_result(subject);
}

/* One that is refused is worse than one that wants a password. */
static int worse(int a, int b)
{
	if (b == EXIT_OK)
		return a;
	return a == EXIT_OK || a == EXIT_WOULD_ASK ? b : a;
}

static bool is_result(int code)
{
	return code == EXIT_OK || code == EXIT_REFUSED || code == EXIT_WOULD_ASK;
}

/* Explains one after the other, until one cannot be. Returns an exit code. */
static int explain_all(const struct get_options *options, const struct explain_process *process)
{
	int ret = EXIT_OK;

	for (size_t i = 0; i < options->count && is_result(ret); i++) {
		static struct explain_subject subject;

		memset(&subject, 0, sizeof(subject));
		subject.device = &options->devices[i];
		subject.process = process;
		ret = worse(ret, explain_one(options, &subject));
	}
	return finish_output() == EXIT_OK ? ret : EXIT_FAILED;
}

int explain_main(int argc, char **argv)
{
	struct explain_process process;
	struct get_options options;
	int ret;

	ret = get_options_read(argc, argv, &options);
	if (ret != EXIT_OK)
		return ret;
	if (options.help) {
		fputs(usage, stdout);
		return finish_output();
	}
	if (options.process != 0 && geteuid() != 0) {
		complain("explain: --process is for root; without it tapctl asks about you");
		return EXIT_USAGE;
	}
	if (options.quiet)
		hints_off();
	if (options.process != 0)
		ret = explain_process_read(options.process, &process);
	if (ret == EXIT_OK)
		ret = explain_all(&options, options.process != 0 ? &process : NULL);
	/* An explanation is no error, whatever it says. */
	if (options.json && !is_result(ret))
		errors_in_json();
	return ret;
}
