/* `ip` as a command of `tapctl get --configure` calls it: see told.h. Runs as the user. */
#include "client/tapctl/told.h"

#include "client/tapctl/tapctl.h"
#include "proto/number.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

/* One call of ip that was understood. */
struct call {
	struct setting setting;
	const char *device;
	const char *source; /* of a route; NULL: none is said */
	bool remove;
};

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

static enum control_verdict change(struct device_settings *device, const struct settings *settings)
{
	return configurable_change(device, settings) == EXIT_OK ? CONTROL_DONE : CONTROL_REFUSED;
}

/* ip link set [dev] D [up|down] [mtu N]. A leased device is up, and stays so. */
static enum control_verdict link_set(struct configurable *all, char **words)
{
	struct device_settings *device;
	struct settings settings;
	unsigned int mtu = 0;

	if (is(*words, "dev"))
		words++;
	device = *words != NULL ? configurable_find(all, *words++) : NULL;
	if (device == NULL || *words == NULL)
		return CONTROL_PASS;
	for (; *words != NULL; words++) {
		if (is(*words, "mtu")) {
			if (!mtu_read(*++words, &mtu))
				return CONTROL_PASS;
		} else if (!is(*words, "up") && !is(*words, "down")) {
			return CONTROL_PASS;
		}
	}
	if (mtu == 0)
		return CONTROL_DONE;
	settings = device->settings;
	settings.mtu = mtu;
	return change(device, &settings);
}

/* The family that "-4" or "-6" demands. */
static bool family_fits(int family, const struct inet *inet)
{
	return family == AF_UNSPEC || family == inet->family;
}

/* The other end. ip takes bits behind it: those of a whole address mean nothing, and others are not for us. One's own
 * address as the other end means none. */
static bool peer_read(const char *word, struct setting *setting)
{
	struct inet peer;

	if (word == NULL || inet_read_prefix(word, &peer) < 0 || peer.bits != inet_most_bits(&peer) ||
	    peer.family != setting->prefix.family)
		return false;
	if (!inet_same_address(&peer, &setting->prefix))
		setting->peer = peer;
	return true;
}

/* A[/P] [peer B] [brd +] dev D [nodad] */
static bool address_read(int family, char **words, struct call *call)
{
	call->setting = (struct setting){.kind = TAP_ENTRY_ADDRESS};
	if (*words == NULL || inet_read_prefix(*words, &call->setting.prefix) < 0 ||
	    !family_fits(family, &call->setting.prefix))
		return false;
	while (*++words != NULL) {
		if (is(*words, "dev") && words[1] != NULL)
			call->device = *++words;
		else if ((is(*words, "peer") && peer_read(words[1], &call->setting)) ||
			 (is(*words, "brd") && is(words[1], "+")))
			words++;
		else if (!is(*words, "nodad"))
			return false;
	}
	return call->device != NULL;
}

static enum control_verdict address_told(struct configurable *all, int family, char **words)
{
	struct call call = {.remove = is(*words, "del")};
	struct device_settings *device;
	struct settings settings;

	if ((!call.remove && !is(*words, "add")) || !address_read(family, words + 1, &call))
		return CONTROL_PASS;
	device = configurable_find(all, call.device);
	if (device == NULL)
		return CONTROL_PASS;
	settings = device->settings;
	if (call.remove ? settings_take(&settings, TAP_ENTRY_ADDRESS, &call.setting.prefix) < 0
			: settings_put(&settings, &call.setting) < 0)
		return CONTROL_PASS;
	return change(device, &settings);
}

/* "default" is of IPv4 unless "-6" stands before it. */
static bool destination_read(int family, const char *word, struct inet *inet)
{
	if (!is(word, "default"))
		return word != NULL && inet_read_prefix(word, inet) == 0 && family_fits(family, inet);
	*inet = (struct inet){.family = family == AF_UNSPEC ? AF_INET : family};
	return true;
}

/* N[/P] [via G] dev D [src S] */
static bool route_read(int family, char **words, struct call *call)
{
	struct inet address;

	call->setting = (struct setting){.kind = TAP_ENTRY_ROUTE};
	if (!destination_read(family, *words, &call->setting.prefix))
		return false;
	while (*++words != NULL) {
		if (is(*words, "dev") && words[1] != NULL)
			call->device = *++words;
		else if (is(*words, "via") && words[1] != NULL && inet_read_address(words[1], &call->setting.peer) == 0)
			words++;
		else if (is(*words, "src") && words[1] != NULL && inet_read_address(words[1], &address) == 0)
			call->source = *++words;
		else
			return false;
	}
	return call->device != NULL;
}

/* A route to a host by a device that is not ours, from an address there: the tunnel's server is to stay reachable. */
static enum control_verdict server_told(struct configurable *all, struct call *call)
{
	struct device_settings *device = &all->devices[0];
	struct settings settings = device->settings;
	struct setting server = {.kind = TAP_ENTRY_SERVER, .prefix = call->setting.prefix};

	if (all->count != 1 || call->source == NULL || server.prefix.bits != inet_most_bits(&server.prefix) ||
	    settings_put(&settings, &server) < 0)
		return CONTROL_PASS;
	return change(device, &settings);
}

static enum control_verdict route_told(struct configurable *all, int family, char **words)
{
	struct call call = {.device = NULL};
	struct device_settings *device;
	struct settings settings;

	if (is(words[0], "flush") && is(words[1], "cache") && words[2] == NULL)
		return CONTROL_DONE;
	if ((!is(*words, "add") && !is(*words, "replace")) || !route_read(family, words + 1, &call))
		return CONTROL_PASS;
	device = configurable_find(all, call.device);
	if (device == NULL)
		return server_told(all, &call);
	if (call.source != NULL)
		return CONTROL_PASS;
	if (tap_kind(device->tap) == TAP_KIND_TUN)
		call.setting.peer = (struct inet){.family = 0}; /* a gateway says nothing there */
	inet_mask(&call.setting.prefix);
	settings = device->settings;
	if (settings_put(&settings, &call.setting) < 0)
		return CONTROL_PASS;
	return change(device, &settings);
}

enum control_verdict ip_told(struct configurable *all, char **words)
{
	int family = AF_UNSPEC;

	words++;
	if (is(*words, "-4") || is(*words, "-6"))
		family = (*words++)[1] == '4' ? AF_INET : AF_INET6;
	if (is(words[0], "link") && is(words[1], "set"))
		return link_set(all, words + 2);
	if ((is(*words, "addr") || is(*words, "address")) && words[1] != NULL)
		return address_told(all, family, words + 1);
	if (is(*words, "route") && words[1] != NULL)
		return route_told(all, family, words + 1);
	return CONTROL_PASS;
}
