/* The devices of a running command: see device_settings.h. Runs as the user. */
#include "client/tapctl/device_settings.h"

#include "client/tapctl/tapctl.h"

#include <string.h>
#include <sys/socket.h>

struct device_settings *configurable_find(struct configurable *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(tap_name(all->devices[i].tap), name) == 0)
			return &all->devices[i];
	return NULL;
}

int configurable_change(struct device_settings *device, const struct settings *settings)
{
	int ret = settings_give(settings, device->given, tap_name(device->tap), tap_lease_id(device->tap));

	if (ret == EXIT_OK)
		device->settings = *settings;
	return ret;
}

void settings_drop_addresses4(struct settings *settings)
{
	size_t kept = 0;

	for (size_t i = 0; i < settings->count; i++)
		if (settings->list[i].kind != TAP_ENTRY_ADDRESS || settings->list[i].prefix.family != AF_INET)
			settings->list[kept++] = settings->list[i];
	settings->count = kept;
}
