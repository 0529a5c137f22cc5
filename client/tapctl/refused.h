/* Why `tapctl get` has no device. */
#ifndef TAPCTL_REFUSED_H
#define TAPCTL_REFUSED_H

#include "client/tapctl/devices.h"

/* Says why there is no device, for an errno of libtapbroker and what it has written into the request's failure; and
 * what to do about it, for which it may ask the broker what this user may see anyway. Returns an exit code. */
int refused_explain(const struct device *device, int error);

#endif
