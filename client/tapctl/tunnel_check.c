/* Addresses and routes that the user typed: see tunnel_options.h. Runs as the user. It checks nothing that the library
 * does not check again: it is here to say which word breaks which rule. */
#include "client/tapctl/inet.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/tunnel_options.h"
#include "proto/host_address.h"
#include "proto/suggest.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define IPV6_MTU_MIN 1280 /* of the kernel: below it a device has no IPv6 */

#define DESTINATION_RULE "a prefix such as 10.8.0.0/16 or fd00:8::/32, an address, default or default6 is wanted"

/* One kind of entry. */
static const struct {
	const char *option;
	const char *rule;
	size_t most; /* of one family */
} kinds[] = {
	[TAP_ENTRY_ADDRESS] = {"address", "an address such as 10.8.0.2/24 or fd00:8::2/64 is wanted",
			       TAP_ADDRESSES_MAX},
	[TAP_ENTRY_ROUTE] = {"route", DESTINATION_RULE, TAP_ROUTES_MAX},
	[TAP_ENTRY_EXCLUDE] = {"exclude", DESTINATION_RULE, TAP_EXCLUDES_MAX},
	[TAP_ENTRY_SERVER] = {"server", "the address of a host, such as 192.0.2.1 or 2001:db8::1, is wanted",
			      TAP_SERVERS_MAX},
};

static int refuse(const char *command, const struct tap_entry *entry, const char *rule)
{
	complain("%s: --%s=%s: %s", command, kinds[entry->kind].option, entry->prefix, rule);
	return EXIT_USAGE;
}

static bool leads(const struct tap_entry *entry)
{
	return entry->kind == TAP_ENTRY_ROUTE || entry->kind == TAP_ENTRY_EXCLUDE;
}

/* Reads what the library would read, too. */
static bool read_entry(const struct tap_entry *entry, struct inet *inet)
{
	const char *text = entry->prefix;

	if (leads(entry) && strcmp(text, "default") == 0)
		text = "0.0.0.0/0";
	else if (leads(entry) && strcmp(text, "default6") == 0)
		text = "::/0";
	return inet_read_prefix(text, inet) == 0;
}

static const char *family_word(const struct inet *inet)
{
	return inet->family == AF_INET ? "IPv4" : "IPv6";
}

/* How the entry stands among those before it, all of which are right. */
static int check_among(const char *command, const struct tunnel_options *options, const struct tap_entry *entry,
		       const struct inet *inet)
{
	size_t count = 0;
	char rule[80];

	for (size_t i = 0; i < options->count; i++) {
		struct inet other;

		if (options->entries[i].kind != entry->kind || !read_entry(&options->entries[i], &other) ||
		    other.family != inet->family)
			continue;
		count++;
		if (entry->kind == TAP_ENTRY_ADDRESS && inet_same_address(&other, inet))
			return refuse(command, entry, "this address stands there already");
	}
	if (count < kinds[entry->kind].most)
		return EXIT_OK;
	snprintf(rule, sizeof(rule), "there are %zu of %s already, and more cannot be", count, family_word(inet));
	return refuse(command, entry, rule);
}

int tunnel_entry_check(const char *command, const struct tunnel_options *options, const struct tap_entry *entry)
{
	bool is_address = entry->kind == TAP_ENTRY_ADDRESS || entry->kind == TAP_ENTRY_SERVER;
	struct inet inet, masked;
	char rule[INET_TEXT + 64];
	char text[INET_TEXT];

	if (!read_entry(entry, &inet) || (entry->kind == TAP_ENTRY_SERVER && inet.bits != inet_most_bits(&inet))) {
		const char *mistake = tb_suggest_address(entry->prefix);

		return refuse(command, entry, mistake != NULL ? mistake : kinds[entry->kind].rule);
	}
	masked = (struct inet){.family = inet.family};
	if (is_address && inet_same_address(&masked, &inet))
		return refuse(command, entry, kinds[entry->kind].rule);
	if (entry->kind == TAP_ENTRY_ADDRESS && !tb_is_host_address(inet.family == AF_INET ? 4 : 6, inet.bytes))
		return refuse(command, entry, "no host can have this address as its own");
	masked = inet;
	inet_mask(&masked);
	if (!is_address && !inet_same_address(&masked, &inet)) {
		inet_write_prefix(&masked, text);
		snprintf(rule, sizeof(rule), "it has bits behind its length; the prefix is %s", text);
		return refuse(command, entry, rule);
	}
	return check_among(command, options, entry, &inet);
}

int tunnel_peer_check(const char *command, const char *option, const char *peer, const struct tap_entry *entry)
{
	struct inet of, inet;

	if (!read_entry(entry, &of))
		return EXIT_USAGE; /* that was told already */
	if (inet_read_address(peer, &inet) == 0 && inet.family == of.family)
		return EXIT_OK;
	complain("%s: %s%s: an address of %s alone is wanted, as --%s=%s has one", command, option, peer,
		 family_word(&of), kinds[entry->kind].option, entry->prefix);
	return EXIT_USAGE;
}

int tunnel_mtu_check(const char *command, const struct tunnel_options *options, unsigned int mtu)
{
	if (mtu == 0 || mtu >= IPV6_MTU_MIN)
		return EXIT_OK;
	for (size_t i = 0; i < options->count; i++) {
		const struct tap_entry *entry = &options->entries[i];
		struct inet inet;

		if (entry->kind != TAP_ENTRY_ADDRESS || !read_entry(entry, &inet) || inet.family != AF_INET6)
			continue;
		complain("%s: --mtu=%u: IPv6 wants %u at least, and --address=%s is of it", command, mtu, IPV6_MTU_MIN,
			 entry->prefix);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}
