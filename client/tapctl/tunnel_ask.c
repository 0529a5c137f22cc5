/* Asking for addresses and routes: see tunnel_options.h. Runs as the user. */
#include "client/tapctl/polkit_ask.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/tunnel_options.h"
#include "client/tapctl/waiting.h"

#include <errno.h>
#include <string.h>

/* Not polkit's: it has let the user in, or there is no such configuration. Returns an exit code. */
static int complain_error(const char *word, int error, const struct tap_failure *failure)
{
	if (error == EINVAL)
		complain(
			"%s: that is no configuration, and nobody was asked: an address is such as 10.8.0.2/24 or fd00:8::2/64; a route, or what is excluded, has no bits behind its length; a server is an address alone, and so is a peer, of the same family; IPv6 wants an MTU of 1280",
			word);
	else if (error == EIO && failure->error != 0)
		complain("%s: the kernel refused %s: %s; everything is as it was before", word,
			 tap_stage(failure->stage), strerror(failure->error));
	else
		complain("%s: not configured: %s", word,
			 failure->check == TAP_CHECK_NONE || error == ENXIO ? tap_strerror(error)
									    : tap_check(failure->check));
	return exit_code(error);
}

static int complain_answer(const char *word, const struct polkit_answer *answer)
{
	const char *text;
	int ret = polkit_reason_read(answer, &text);

	if (ret == EXIT_OK)
		return complain_error(word, answer->error, &answer->failure);
	complain("%s: not configured: %s", word, text);
	return ret;
}

int tunnel_refused(const char *word, int error, const struct tap_failure *failure)
{
	return complain_answer(word, &(struct polkit_answer){.error = error, .failure = *failure});
}

void tunnel_options_fill(const struct tunnel_options *options, struct tap_configuration *configuration)
{
	configuration->entries = options->entries;
	configuration->entries_count = options->count;
	configuration->flags = options->flags;
	configuration->scope = options->scope;
}

static int ask_configure(void *context, unsigned int flags, struct tap_failure *failure)
{
	struct tap_configuration configuration = *(const struct tap_configuration *)context;

	configuration.flags |= flags;
	configuration.failure = failure;
	return tap_configure(&configuration) < 0 ? errno : 0;
}

int tunnel_ask(const char *word, const char *lease, const struct tunnel_options *options, unsigned int flags,
	       unsigned int mtu, int timeout)
{
	struct tap_configuration configuration = TAP_CONFIGURATION_INIT;
	struct polkit_answer answer;

	tunnel_options_fill(options, &configuration);
	configuration.lease = lease;
	configuration.mtu = mtu;
	configuration.timeout = timeout;
	waiting_begin("the broker, which asks polkit");
	polkit_ask(flags, ask_configure, &configuration, &answer);
	waiting_end();
	return answer.error == 0 ? EXIT_OK : complain_answer(word, &answer);
}
