/* `ifconfig` as a command of `tapctl get --configure` calls it: see told.h. Runs as the user. */
#include "client/tapctl/told.h"

#include "client/tapctl/tapctl.h"
#include "proto/number.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

static bool is(const char *word, const char *wanted)
{
	return word != NULL && strcmp(word, wanted) == 0;
}

static bool mtu_read(const char *word, unsigned int *mtu)
{
	uint64_t number;

	if (word == NULL || tb_number_read(word, 68, 65535, &number) < 0)
		return false;
	*mtu = (unsigned int)number;
	return true;
}

/* An address, and behind it that of the other end. One's own as the other end means none. */
static bool address_read(const char *word, struct setting *address)
{
	struct inet inet;

	if (inet_read_address(word, &inet) < 0 || inet.family != AF_INET || address->peer.family != 0)
		return false;
	if (address->prefix.family == 0)
		address->prefix = inet;
	else
		address->peer = inet;
	return true;
}

/* A [B] netmask M [mtu N] [up], in any order behind A. */
static bool words_read(char **words, struct setting *address, unsigned int *mtu)
{
	for (; *words != NULL; words++) {
		if (is(*words, "netmask") && address->prefix.family != 0) {
			if (*++words == NULL || inet_read_netmask(*words, &address->prefix.bits) < 0)
				return false;
		} else if (is(*words, "mtu")) {
			if (!mtu_read(*++words, mtu))
				return false;
		} else if (!is(*words, "up") && !address_read(*words, address)) {
			return false;
		}
	}
	return true;
}

enum control_verdict ifconfig_told(struct configurable *all, char **words)
{
	struct setting address = {.kind = TAP_ENTRY_ADDRESS};
	struct device_settings *device;
	struct settings settings;

	device = words[1] != NULL ? configurable_find(all, words[1]) : NULL;
	if (device == NULL || words[2] == NULL)
		return CONTROL_PASS;
	if (is(words[2], "hw")) {
		complain("%s: its address is the lease's, and is not changed", words[1]);
		return CONTROL_REFUSED;
	}
	settings = device->settings;
	if (!words_read(words + 2, &address, &settings.mtu))
		return CONTROL_PASS;
	if (address.prefix.family != 0) {
		if (inet_same_address(&address.prefix, &address.peer))
			address.peer = (struct inet){.family = 0};
		settings_drop_addresses4(&settings);
		if (settings_put(&settings, &address) < 0)
			return CONTROL_PASS;
	} else if (settings.mtu == device->settings.mtu) {
		return CONTROL_DONE; /* it is up already */
	}
	return configurable_change(device, &settings) == EXIT_OK ? CONTROL_DONE : CONTROL_REFUSED;
}
