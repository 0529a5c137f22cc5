/* `tapctl get --configure` and `--supervise`: tapctl does not become the command but waits for it, and does for it what
 * needs the broker. */
#ifndef TAPCTL_KEEP_H
#define TAPCTL_KEEP_H

#include "client/tapctl/options.h"

/* Starts the command, whose words are replaced already, and waits until it and all that it has started have ended.
 * Signals are passed on to it. prepared() is called in the new process just before it becomes the command, and
 * returns 0 or -1 and errno. Returns an exit code: the command's own, or 128 and the signal that ended it. */
int keep_command(const struct get_options *options, char **arguments,
		 int (*prepared)(const struct get_options *options));

#endif
