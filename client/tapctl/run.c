/* `tapctl get NETWORK -- COMMAND`: see use.h. Runs as the user, and becomes the command. */
#include "client/tapctl/tapctl.h"
#include "client/tapctl/use.h"
#include "client/tapctl/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The device's fds, those of vhost-net and the lifeline are all that the command inherits from us: every other fd is
 * close-on-exec. A device that is opened by name does not depend on its lifeline. */
static int pass_fds(const struct tap *tap)
{
	if (tap_queues(tap) == 0)
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
static char **replace_words(const struct words *words, char **command)
{
	size_t count = 0;
	char **arguments;

	do {
		count++; /* a command has a name at least */
	} while (command[count] != NULL);
	arguments = calloc(count + 1, sizeof(*arguments));
	for (size_t i = 0; arguments != NULL && i < count; i++) {
		arguments[i] = words_replace(words, command[i]);
		if (arguments[i] == NULL) {
			free_arguments(arguments);
			arguments = NULL;
		}
	}
	return arguments;
}

int run_command(struct tap *tap, char **command)
{
	struct words words;
	char **arguments;
	int error;

	words_make(tap, &words);
	arguments = replace_words(&words, command);
	if (arguments == NULL || words_export(&words) < 0 || pass_fds(tap) < 0) {
		complain("cannot prepare the command: %s", strerror(errno));
		free_arguments(arguments);
		return EXIT_FAILED;
	}
	execvp(arguments[0], arguments);
	error = errno;
	complain("%s: %s", arguments[0], strerror(error));
	free_arguments(arguments);
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}
