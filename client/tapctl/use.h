/* What `tapctl get` does with a device once it has one. */
#ifndef TAPCTL_USE_H
#define TAPCTL_USE_H

#include "client/tapbroker.h"

#include <stdbool.h>

/* run.c: becomes the command. It inherits the device's fds, those of vhost-net and the lifeline, or nothing if the
 * device is opened by name; {words} are replaced in its arguments and TAPBROKER_ variables are set. Returns only if
 * that is not possible, with an exit code. */
int run_command(struct tap *tap, char **command);

/* device.c: prints what is known of the device that came for this request. Returns an exit code. */
int print_device(const struct tap *tap, const struct tap_request *request, bool json);

/* hold.c: holds the device until a signal ends tapctl, or the broker the lease. Returns an exit code. */
int hold(struct tap *tap);

#endif
