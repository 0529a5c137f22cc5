/* Names that systemd's own files are for: see claims.h. Runs in tapbrokerd before lock-down, as root, or as whoever
 * checks the files; it must never change anything. */
#include "broker/config/claims.h"

#include "broker/config/findings.h"
#include "proto/message.h"

#include <stdio.h>
#include <string.h>

#define CHOSEN_PREFIX 8 /* characters of the network's name that begin a name that the broker chooses */

/* Each gives its interfaces addresses, or a DHCP server. */
static const struct {
	const char *beginning;
	const char *file;
	bool veth; /* is for the ports of shielded taps; else for taps and tuns on the host */
} claims[] = {
	{"ve-", "80-container-ve.network", true},
	{"vb-", "80-container-vb.network", true},
	{"vt-", "80-vm-vt.network", false},
};

/* True if some interface name fits the pattern and begins so. */
static bool can_begin(const char *pattern, const char *beginning)
{
	size_t length = strcspn(pattern, "*");
	size_t begins = strlen(beginning);

	if (length < begins && pattern[length] == '\0')
		return false;
	return strncmp(pattern, beginning, length < begins ? length : begins) == 0;
}

static bool is_veth(const struct network *network)
{
	return network->kind == TB_KIND_TAP && network->bridge[0] != '\0' && !network->direct;
}

static void warn(const struct network *network, const char *pattern, const char *beginning, const char *file)
{
	found_warning(
		network->name,
		"its devices may be called %s: systemd's %s is for interfaces %s*, and systemd-networkd configures them where 10-tapbroker.network does not keep it away; choose another name",
		pattern, file, beginning);
}

void claims_warn(const struct network *network)
{
	char chosen[CHOSEN_PREFIX + sizeof("-*")];

	if (network->kind == TB_KIND_MACVTAP || network->device[0] != '\0')
		return;
	snprintf(chosen, sizeof(chosen), "%.*s-*", CHOSEN_PREFIX, network->name);
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		if (claims[i].veth != is_veth(network))
			continue;
		if (can_begin(chosen, claims[i].beginning))
			warn(network, chosen, claims[i].beginning, claims[i].file);
		for (size_t j = 0; j < network->names_count; j++)
			if (can_begin(network->names[j], claims[i].beginning))
				warn(network, network->names[j], claims[i].beginning, claims[i].file);
	}
}
