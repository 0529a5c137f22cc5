/* What `tapctl get` prints of a device: see devices.h. Runs as the user. */
#include "client/tapctl/devices.h"
#include "client/tapctl/json.h"
#include "client/tapctl/terms.h"

#include <stdio.h>
#include <string.h>

static void print_json(const struct device *device, const char *mac)
{
	char kind[TERM_TEXT], lifetime[TERM_TEXT];
	const struct tap *tap = device->tap;
	struct json json = JSON_TO(stdout);

	json_document(&json);
	json_string(&json, "network", device->request.network);
	json_string(&json, "alias", device->alias);
	json_string(&json, "name", tap_name(tap));
	json_string(&json, "kind", kind_term(tap_kind(tap), kind));
	json_number(&json, "ifindex", tap_ifindex(tap));
	json_string(&json, "mac", mac);
	json_string(&json, "address", tap_address(tap));
	json_string(&json, "gateway", tap_gateway(tap));
	json_string(&json, "address6", tap_address6(tap));
	json_string(&json, "gateway6", tap_gateway6(tap));
	json_number(&json, "mtu", tap_mtu(tap));
	json_number(&json, "queues", tap_queues(tap));
	json_bool(&json, "vnet_hdr", (tap_flags(tap) & TAP_VNET_HDR) != 0);
	json_bool(&json, "vhost", tap_vhosts(tap) > 0);
	json_string(&json, "lifetime", lifetime_term(device->request.lifetime, lifetime));
	json_string(&json, "netns", netns_word(tap_flags(tap)));
	json_string(&json, "lease", tap_lease_id(tap));
	json_end(&json);
}

static void print_known(const char *what, const char *text)
{
	if (text[0] != '\0')
		printf("%-9s  %s\n", what, text);
}

static void print_lines(const struct device *device, const char *mac)
{
	char kind[TERM_TEXT], lifetime[TERM_TEXT];
	const struct tap *tap = device->tap;

	printf("network:   %s\n", device->request.network);
	if (strcmp(device->alias, device->request.network) != 0)
		printf("alias:     %s\n", device->alias);
	printf("name:      %s\n", tap_name(tap));
	printf("kind:      %s\n", kind_term(tap_kind(tap), kind));
	printf("ifindex:   %u\n", tap_ifindex(tap));
	printf("mac:       %s\n", mac);
	print_known("address:", tap_address(tap));
	print_known("gateway:", tap_gateway(tap));
	print_known("address6:", tap_address6(tap));
	print_known("gateway6:", tap_gateway6(tap));
	printf("mtu:       %u\n", tap_mtu(tap));
	if (tap_queues(tap) > 0) { /* else it is opened by name */
		printf("queues:    %u\n", tap_queues(tap));
		printf("vnet_hdr:  %s\n", (tap_flags(tap) & TAP_VNET_HDR) != 0 ? "yes" : "no");
		printf("vhost:     %s\n", tap_vhosts(tap) > 0 ? "yes" : "no");
	}
	printf("lifetime:  %s\n", lifetime_term(device->request.lifetime, lifetime));
	printf("netns:     %s\n", netns_word(tap_flags(tap)));
	printf("lease:     %s\n", tap_lease_id(tap));
}

void device_print(const struct device *device, bool json)
{
	char mac[MAC_TEXT];

	mac_write(tap_mac(device->tap), mac);
	if (json)
		print_json(device, mac);
	else
		print_lines(device, mac);
}
