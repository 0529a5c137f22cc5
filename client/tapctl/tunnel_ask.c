/* Asking for addresses and routes: see tunnel_options.h. Runs as the user. */
#include "client/tapctl/tapctl.h"
#include "client/tapctl/tunnel_options.h"
#include "client/tapctl/waiting.h"

#include <errno.h>
#include <string.h>

int tunnel_refused(const char *word, int error, const struct tap_failure *failure)
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

void tunnel_options_fill(const struct tunnel_options *options, struct tap_configuration *configuration)
{
	configuration->entries = options->entries;
	configuration->entries_count = options->count;
	configuration->flags = options->flags;
	configuration->scope = options->scope;
}

int tunnel_ask(const char *word, const char *lease, const struct tunnel_options *options, unsigned int flags,
	       unsigned int mtu, int timeout)
{
	struct tap_failure failure = TAP_FAILURE_INIT;
	struct tap_configuration configuration = TAP_CONFIGURATION_INIT;
	int error;

	tunnel_options_fill(options, &configuration);
	configuration.lease = lease;
	configuration.flags |= flags;
	configuration.mtu = mtu;
	configuration.timeout = timeout;
	configuration.failure = &failure;
	waiting_begin("the broker, which asks polkit");
	error = tap_configure(&configuration) < 0 ? errno : 0;
	waiting_end();
	return error == 0 ? EXIT_OK : tunnel_refused(word, error, &failure);
}
