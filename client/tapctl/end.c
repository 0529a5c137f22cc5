/* `tapctl release` and `tapctl revoke`: the end of leases. Runs as the user. */
#include "client/tapctl/json.h"
#include "client/tapctl/lease_options.h"
#include "client/tapctl/leases.h"
#include "client/tapctl/names.h"
#include "client/tapctl/polkit_ask.h"
#include "client/tapctl/revoke_network.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/waiting.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct lease_command release_command = {
	.options = "jqx",
	.least = 1,
	.most = -1,
	.usage = "usage: tapctl release LEASE|NAME ... [OPTION ...]\n"
		 "       tapctl release --external-id=ID [OPTION ...]\n"
		 "\n"
		 "  --external-id=ID   all leases with this external id; ID* stands for all that begin so\n"
		 "  -j, --json         say what became of each as one JSON object\n"
		 "  -q, --quiet        no hints\n",
};

static const struct lease_command revoke_command = {
	.options = "jqinNy",
	.least = 1,
	.most = -1,
	.usage = "usage: tapctl revoke LEASE|NAME ... [OPTION ...]\n"
		 "       tapctl revoke --network=NETWORK [--yes] [OPTION ...]\n"
		 "\n"
		 "  --network=NETWORK   all leases of this network, also of one that is configured no more\n"
		 "  -y, --yes           do not ask whether these leases are to end\n"
		 "  -j, --json          say what became of each as one JSON object\n"
		 "  -q, --quiet         no hints\n"
		 "  -i, --interactive   polkit may ask for a password (the default at a terminal)\n"
		 "  --no-ask-password   polkit may not\n",
};

/* Says what became of one lease: with which exit code, and why. Returns that code. */
static int report(struct json *json, const char *word, int code, const char *text)
{
	if (json != NULL) {
		json_open(json, NULL, '{');
		json_string(json, "word", word);
		json_bool(json, "ended", code == EXIT_OK);
		if (code != EXIT_OK) {
			json_open(json, "error", '{');
			json_number(json, "code", (uint64_t)code);
			json_string(json, "text", text);
			json_close(json, '}');
		}
		json_close(json, '}');
	}
	if (code != EXIT_OK)
		complain("%s: %s", word, text);
	return code;
}

/* Ends one lease of the user's own. Returns an exit code. */
static int release(const char *word, struct json *json)
{
	int error;

	waiting_begin("the broker");
	error = tap_release(word, 0, 0, NULL) < 0 ? errno : 0;
	waiting_end();
	return report(json, word, error == 0 ? EXIT_OK : exit_code(error), tap_strerror(error));
}

static int ask_revoke(void *context, unsigned int flags, struct tap_failure *failure)
{
	return tap_revoke(context, flags, 0, failure) < 0 ? errno : 0;
}

/* Ends anybody's lease, which the user calls by that word. Returns an exit code. */
static int revoke(const char *id, const char *word, unsigned int flags, struct json *json)
{
	struct polkit_answer answer;
	const char *text = NULL;
	int ret = EXIT_OK;

	polkit_ask_with_agent("the broker, which asks polkit", flags, ask_revoke, (void *)id, &answer);
	if (answer.error != 0)
		ret = polkit_answer_read(&answer, REFUSED_REVOKE, &text);
	return report(json, word, ret, text);
}

/* An id is longer than a name can be. */
static bool is_id(const char *word)
{
	return strlen(word) == 32;
}

static int release_word(const char *word, struct json *json)
{
	if (lease_word_check("release", word) != EXIT_OK)
		return EXIT_USAGE;
	return release(word, json);
}

/* Ends all leases with this external id. Returns the exit code of the first that could not be ended. */
static int release_external_id(const char *pattern, struct json *json)
{
	struct lease_list list = LEASES_NONE;
	int first = leases_fetch(0, &list);
	bool fetched = first == EXIT_OK;

	leases_keep_external_id(&list, pattern);
	if (fetched && list.count == 0)
		first = report(json, pattern, exit_code(ENXIO), tap_strerror(ENXIO));
	for (size_t i = 0; fetched && i < list.count; i++) {
		int ret = release(list.leases[i].id, json);

		if (first == EXIT_OK)
			first = ret;
	}
	leases_free(&list);
	return first;
}

/* Ends all of them, also after one that cannot be ended. Returns the exit code of the first that could not. */
static int release_all(const struct lease_options *options, struct json *json)
{
	int first = EXIT_OK;

	if (options->external_id != NULL)
		return release_external_id(options->external_id, json);
	for (int i = 0; i < options->count; i++) {
		int ret = release_word(options->words[i], json);

		if (first == EXIT_OK)
			first = ret;
	}
	return first;
}

/* The broker looks for a name among the caller's own leases only, so the id of another's is looked up here. */
static int revoke_word(const char *word, unsigned int flags, struct json *json)
{
	struct lease_list list = LEASES_NONE;
	const struct tap_lease *lease;
	int ret = EXIT_OK;

	if (is_id(word) && lease_word_check("revoke", word) != EXIT_OK)
		return EXIT_USAGE;
	if (is_id(word))
		return revoke(word, word, flags, json);
	ret = leases_fetch(flags | TAP_ALL, &list);
	if (ret == EXIT_OK) {
		lease = leases_find(&list, word);
		ret = lease == NULL ? EXIT_REFUSED : revoke(lease->id, word, flags, json);
	}
	leases_free(&list);
	return ret;
}

/* Ends all leases of one network. Returns the exit code of the first that could not be ended. */
static int revoke_network(const struct lease_options *options, struct json *json)
{
	struct lease_list list = LEASES_NONE;
	int first = revoke_network_ask(options, &list);
	bool go = first == EXIT_OK;

	for (size_t i = 0; go && i < list.count; i++) {
		const char *id = list.leases[i].id;
		int ret = revoke(id, id, options->flags, json);

		if (first == EXIT_OK)
			first = ret;
	}
	leases_free(&list);
	return first;
}

static int revoke_all(const struct lease_options *options, struct json *json)
{
	int first = EXIT_OK;

	if (options->network != NULL)
		return revoke_network(options, json);
	for (int i = 0; i < options->count; i++) {
		int ret = revoke_word(options->words[i], options->flags, json);

		if (first == EXIT_OK)
			first = ret;
	}
	return first;
}

/* What both commands have in common. */
static int end_main(int argc, char **argv, const struct lease_command *command,
		    int (*end_all)(const struct lease_options *options, struct json *json))
{
	struct json json = JSON_TO(stdout);
	struct lease_options options;
	int written;
	int ret;

	ret = lease_options_read(argc, argv, command, &options);
	if (ret != EXIT_OK || options.help)
		return ret;
	if (!options.json)
		return end_all(&options, NULL);
	json_document(&json);
	json_open(&json, "leases", '[');
	ret = end_all(&options, &json);
	json_close(&json, ']');
	if (ret != EXIT_OK)
		error_member(&json, ret);
	json_end(&json);
	written = finish_output();
	return ret != EXIT_OK ? ret : written;
}

int release_main(int argc, char **argv)
{
	return end_main(argc, argv, &release_command, release_all);
}

int revoke_main(int argc, char **argv)
{
	return end_main(argc, argv, &revoke_command, revoke_all);
}
