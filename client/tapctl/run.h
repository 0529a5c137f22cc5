/* What `tapctl get` does with a command. */
#ifndef TAPCTL_RUN_H
#define TAPCTL_RUN_H

#include "client/tapctl/options.h"

/* Becomes the command, which inherits the fds and the lifelines of the devices, but of those that are opened by name
 * nothing; {words} are replaced in its arguments and TAPBROKER_ variables are set. Returns only if that is not
 * possible, with an exit code. */
int run_command(const struct get_options *options);

#endif
