/* `tapctl get NETWORK -- COMMAND`: see run.h. Runs as the user, and becomes the command. */
#include "client/tapctl/run.h"

#include "client/tapctl/keep.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The device's fds, those of vhost-net and the lifeline are all that the command inherits from us: every other fd is
 * close-on-exec. A persistent device does not depend on its lifeline. */
static int pass_fds(const struct device *device)
{
	const struct tap *tap = device->tap;

	if (!device_is_held(device))
		return 0;
	for (unsigned int i = 0; i < tap_queues(tap); i++)
		if (fcntl(tap_fd(tap, i), F_SETFD, 0) < 0)
			return -1;
	for (unsigned int i = 0; i < tap_vhosts(tap); i++)
		if (fcntl(tap_vhost_fd(tap, i), F_SETFD, 0) < 0)
			return -1;
	return fcntl(tap_lifeline(tap), F_SETFD, 0);
}

static void free_arguments(char **arguments)
{
	for (size_t i = 0; arguments != NULL && arguments[i] != NULL; i++)
		free(arguments[i]);
	free(arguments);
}

/* The command with its words replaced, or NULL if there is no memory. */
static char **replace_words(const struct words *words, size_t devices, char **command)
{
	size_t count = 0;
	char **arguments;

	do {
		count++; /* a command has a name at least */
	} while (command[count] != NULL);
	arguments = calloc(count + 1, sizeof(*arguments));
	for (size_t i = 0; arguments != NULL && i < count; i++) {
		arguments[i] = words_replace(words, devices, command[i]);
		if (arguments[i] == NULL) {
			free_arguments(arguments);
			arguments = NULL;
		}
	}
	return arguments;
}

/* The command with its words replaced, and its environment; NULL if that is not possible. */
static char **prepare(const struct get_options *options)
{
	struct words words[DEVICES_MAX];
	char **arguments;

	for (size_t i = 0; i < options->count; i++)
		words_make(options->devices[i].alias, options->devices[i].tap, &words[i]);
	arguments = replace_words(words, options->count, options->command);
	if (arguments == NULL || words_export(words, options->count) == 0)
		return arguments;
	free_arguments(arguments);
	return NULL;
}

static int pass_all_fds(const struct get_options *options)
{
	for (size_t i = 0; i < options->count; i++)
		if (pass_fds(&options->devices[i]) < 0)
			return -1;
	return 0;
}

/* What is done last, in the process that becomes the command. */
static int confine(const struct get_options *options)
{
	unsigned int flags = 0;

	if (!options->confine)
		return 0;

	/* The filter does not tell one device from another. */
	for (size_t i = 0; i < options->count; i++)
		if (options->devices[i].request.queues > 1)
			flags |= TAP_CONFINE_QUEUES;
	return tap_confine(flags);
}

/* Returns only if there is no such program, with an exit code. */
static int become(char **arguments)
{
	int error;

	execvp(arguments[0], arguments);
	error = errno;
	complain("%s: %s", arguments[0], strerror(error));
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

int run_command(const struct get_options *options)
{
	char **arguments = prepare(options);
	int ret = EXIT_FAILED;

	if (arguments == NULL || pass_all_fds(options) < 0)
		complain("cannot prepare the command: %s", strerror(errno));
	else if (options->configure || options->supervise)
		ret = keep_command(options, arguments, confine);
	else if (confine(options) < 0)
		complain("cannot confine the command, so it is not run: %s", strerror(errno));
	else
		ret = become(arguments);
	free_arguments(arguments);
	return ret;
}
