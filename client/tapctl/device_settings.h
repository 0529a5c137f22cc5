/* The devices that a running command may configure, and what it has made of them so far. */
#ifndef TAPCTL_DEVICE_SETTINGS_H
#define TAPCTL_DEVICE_SETTINGS_H

#include "client/tapctl/devices.h"
#include "client/tapctl/settings.h"

struct device_settings {
	const struct tap *tap;
	const struct tunnel_options *given; /* on the command line */
	struct settings settings;           /* which the device has besides */
};

struct configurable {
	struct device_settings devices[DEVICES_MAX];
	size_t count;
};

/* The device of this name, or NULL. */
struct device_settings *configurable_find(struct configurable *all, const char *name);

/* Gives the device other settings, which it then has, or says why not. Returns an exit code. */
int configurable_change(struct device_settings *device, const struct settings *settings);

/* Takes all IPv4 addresses away, for those who set the only one. */
void settings_drop_addresses4(struct settings *settings);

#endif
