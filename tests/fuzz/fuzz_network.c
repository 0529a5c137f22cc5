/* Fuzz target: the text of a network file. A network that is accepted must be one that monitor and clerk may trust
 * without a further look, and must be the same when it is printed and read again; a text that is refused must have been
 * explained in lines that fit a log.
 */
#include "broker/config/guest.h"
#include "broker/config/ini.h"
#include "broker/config/network_file.h"
#include "broker/config/network_print.h"
#include "proto/name.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Where a sanitizer writes, if this build has one: not to the log that is looked at here. */
void __sanitizer_set_report_fd(void *fd) __attribute__((weak));

static int log_fd = -1;
static int stderr_fd = -1;

/* True if a client may ask this network for an interface of that name. */
static bool allows_name(const struct network *network, const char *name)
{
	for (size_t i = 0; i < network->names_count; i++)
		if (tb_name_matches(name, network->names[i]))
			return true;
	return false;
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* The name of a bridge or a parent. */
static void name_is_good(const char field[TB_NAME_SIZE], bool wanted)
{
	require(wanted ? tb_interface_valid(field, TB_NAME_SIZE) : tb_field_empty(field, TB_NAME_SIZE));
}

/* True if no bit of the address behind the first ones is set. */
static bool is_prefix(const uint8_t *address, size_t size, size_t bits)
{
	if (bits > size * 8)
		return false;
	for (; bits < size * 8; bits++)
		if ((address[bits / 8] >> (7 - bits % 8) & 1) != 0)
			return false;
	return true;
}

static void names_are_good(const struct network *network)
{
	require(network->names_count <= NETWORK_NAMES_MAX);
	for (size_t i = 0; i < network->names_count; i++) {
		const char *pattern = network->names[i];
		char name[TB_NAME_SIZE + 1] = "";
		size_t length = strcspn(pattern, "*");

		require(length < TB_NAME_SIZE &&
			(pattern[length] == '\0' || (length >= 2 && pattern[length + 1] == '\0')));
		memcpy(name, pattern, length);
		require(tb_name_valid(name, TB_NAME_SIZE));
		require(allows_name(network, name));
	}
}

/* Whoever routes has an address to route with. */
static void routing_is_good(const struct network *network)
{
	bool ipv4 = network->ipv4_auto || network->ipv4.prefix != 0;
	bool ipv6 = network->ipv6_auto || network->ipv6.prefix != 0;

	require(network->own_bridge == (ipv4 || ipv6));
	require(network->ipv4.prefix == 0 || (network->ipv4.prefix >= 8 && network->ipv4.prefix <= 30));
	require(network->ipv6.prefix == 0 || (network->ipv6.prefix >= 48 && network->ipv6.prefix <= 126));
	require(!network->ipv4_auto || network->ipv4.prefix == 0);
	require(!network->ipv6_auto || network->ipv6.prefix == 0);
	require(network->forward < 4 && (network->masquerade & ~network->forward) == 0);
	require((network->forward & NETWORK_IPV4) == 0 || ipv4);
	require((network->forward & NETWORK_IPV6) == 0 || ipv6);
	require(network->reach < REACH_COUNT);
	require(network->forward == 0 || network->reach == REACH_INTERNET || network->reach == REACH_ALL);
	require(!network->dhcp || ipv4);
	require((!network->dns && !network->ra) || network->dhcp);
	require(!network->ra || ipv6);
	require(network->allow_count <= (network->own_bridge ? NETWORK_ALLOW_MAX : 0));
	for (size_t i = 0; i < network->allow_count; i++)
		require(is_prefix(network->allow[i].address, network->allow[i].is_ipv6 ? 16 : 4,
				  network->allow[i].bits));
}

/* A list of what a lock compares with: each entry has from so many bits to so many. */
static void list_is_good(const struct prefix_list *list, size_t least, size_t most)
{
	require(list->count <= LOCK_LIST_MAX);
	for (uint32_t i = 0; i < list->count; i++) {
		require(list->items[i].bits >= least && list->items[i].bits <= most);
		require(is_prefix(list->items[i].bytes, sizeof(list->items[i].bytes), list->items[i].bits));
	}
}

/* Nobody's locks are off but those of devices that have some; a list that is compared with is not empty, but that of
 * source addresses where each lease has some of its own. */
static void locks_are_good(const struct network *network)
{
	const uint32_t sources = LOCK_IPV4 | LOCK_IPV6;

	list_is_good(&network->macs, 8, 8 * TB_MAC_SIZE);
	list_is_good(&network->ether_types, 16, 16);
	list_is_good(&network->sources4, 0, 32);
	list_is_good(&network->sources6, 0, 128);
	for (uint32_t i = 0; i < network->macs.count; i++)
		require(network->macs.items[i].bits % 8 == 0 && network->macs.items[i].bytes[0] % 2 == 0);
	for (uint32_t i = 0; i < network->ether_types.count; i++)
		require(network->ether_types.items[i].bytes[0] >= 6);
	require((network->locks & ~(LOCKS_DEFAULT | sources)) == 0);
	require((network->locks & LOCK_MAC) != 0 || network->macs.count == 0);
	require(((network->locks & LOCK_TYPE) != 0) == (network->ether_types.count > 0));
	if (network->sources4.count + network->sources6.count > 0)
		require((network->locks & sources) == sources);
	else
		require((network->locks & sources) == 0 || network->own_bridge);
	require(network->kind == TB_KIND_TAP || (network->locks & LOCK_TAG) != 0);
	require(network->rate_from_guest <= 100000 && network->rate_to_guest <= 100000);
	require(network->vlan <= 4094);
	require(network->vlan == 0 ||
		(network->bridge[0] != '\0' && !network->own_bridge && (network->locks & LOCK_TAG) != 0));
	if (network->kind != TB_KIND_MACVTAP && !network_has_ports(network))
		require(network->locks == LOCKS_DEFAULT && network->macs.count == 0 && network->rate_from_guest == 0 &&
			network->rate_to_guest == 0);
}

static void prefixes_are_good(const struct network_prefixes *list)
{
	require(list->count <= NETWORK_PREFIXES_MAX);
	for (size_t i = 0; i < list->count; i++) {
		const struct tb_prefix *prefix = &list->prefixes[i];

		require(prefix->family == 4 || prefix->family == 6);
		require(prefix->length <= (prefix->family == 4 ? 32 : 128));
		require(is_prefix(prefix->address, sizeof(prefix->address), prefix->length));
	}
}

/* Only a device of the host's own has addresses, and nothing leads into one without. */
static void configuration_is_good(const struct network *network)
{
	prefixes_are_good(&network->addresses);
	prefixes_are_good(&network->routes);
	require(network->scope == TB_SCOPE_USER || network->scope == TB_SCOPE_HOST);
	require(!network->kill_switch || network->default_route);
	if (network->addresses.count == 0)
		require(network->routes.count == 0 && !network->default_route && network->scope == TB_SCOPE_USER);
	else
		require(network->kind != TB_KIND_MACVTAP && network->bridge[0] == '\0');
	for (size_t i = 0; i < network->addresses.count; i++)
		require(network->addresses.prefixes[i].family == 4 || !network->ipv6_disabled);
}

/* Where a device may be, and how long: what can be seen to, and revoked. */
static void place_is_good(const struct network *network)
{
	const uint32_t caller = 1u << NETNS_CALLER;

	require(network->lifetimes != 0 && network->lifetimes < 1u << TB_LIFETIME_COUNT);
	require(network->kind != TB_KIND_MACVTAP || (network->lifetimes & 1u << TB_LIFETIME_FD) == 0);
	require(!network_has_ports(network) || network->direct ||
		(network->lifetimes & 1u << TB_LIFETIME_PERSISTENT) == 0);
	require(network->netns != 0 && network->netns < 1u << NETNS_COUNT);
	require((network->netns & caller) == 0 || (network->kind != TB_KIND_MACVTAP && network->bridge[0] == '\0'));
	require(network->netns != caller ||
		(network->lifetimes & (1u << TB_LIFETIME_SESSION | 1u << TB_LIFETIME_NAMESPACE)) != 0);
	require((network->netns & caller) != 0 || (network->lifetimes & 1u << TB_LIFETIME_NAMESPACE) == 0);
	require(network->netns == caller || network->lifetimes != 1u << TB_LIFETIME_NAMESPACE);
	require(network->max_lease_time <= 3650u * 24 * 3600);
}

/* No guest has an address of the host's, or of the network as a whole, and there is room for all of them. */
static void guests_are_good(const struct network *network)
{
	const struct network_ipv6 *ipv6 = &network->ipv6;
	struct guest guest;

	require(network->guests <= GUESTS_MAX && (network->guests == 0 || network->own_bridge));
	require(network->guests == 0 || network->max <= guests_count(network));
	for (uint32_t number = guest_next(network, 0); number != 0; number = guest_next(network, number)) {
		uint32_t ipv4;

		guest_make(network, number, &guest);
		require(guest_number(network, guest.mac) == number && guest.mac[0] == 2);
		memcpy(&ipv4, guest.told.ipv4, sizeof(ipv4));
		if (network->ipv4.prefix != 0)
			require((ntohl(ipv4) ^ network->ipv4.address) >> (32 - network->ipv4.prefix) == 0 &&
				ntohl(ipv4) != network->ipv4.address &&
				(ntohl(ipv4) & UINT32_MAX >> network->ipv4.prefix) !=
					UINT32_MAX >> network->ipv4.prefix);
		if (ipv6->prefix != 0)
			require(memcmp(guest.told.ipv6, ipv6->address, ipv6->prefix / 8) == 0 &&
				memcmp(guest.told.ipv6, ipv6->address, 16) != 0);
	}
}

static void network_is_good(const struct network *network, bool own_bridge, bool has_bridge)
{
	bool macvtap = network->kind == TB_KIND_MACVTAP;

	require(!network->off && network->kind >= TB_KIND_TAP && network->kind <= TB_KIND_MACVTAP);
	require(macvtap == (network->mode != TB_MODE_NONE) && network->mode <= TB_MODE_PASSTHRU);
	require(!has_bridge || network->kind == TB_KIND_TAP || network->routed);
	require(!network->routed || (own_bridge && network->kind != TB_KIND_MACVTAP));
	require(network->kind != TB_KIND_TUN || network->routed == own_bridge);
	require(network->own_bridge == own_bridge && (!own_bridge || strcmp(network->bridge, "tb-fuzz") == 0));
	name_is_good(network->bridge, has_bridge);
	name_is_good(network->parent, macvtap);
	require(network->mtu >= TB_MTU_MIN && network->mtu <= TB_MTU_MAX);
	require(network->queues >= 1 && network->queues <= TB_QUEUES_MAX);
	require(network->max_per_user >= 1 && network->max_per_user <= network->max);
	require(network->mode != TB_MODE_PASSTHRU || network->max == 1);
	require((!network->isolated && !network->direct) || has_bridge);
	require(!network->host_replies || (network->kind == TB_KIND_TAP && !network_has_ports(network)));
	require(!network->vhost || (network->vnet_hdr && network->kind != TB_KIND_TUN));
	names_are_good(network);
	routing_is_good(network);
	guests_are_good(network);
	locks_are_good(network);
	configuration_is_good(network);
	place_is_good(network);
}

/* The line where the text has the key for the last time, or 0. */
static unsigned int line_of(const char *text, size_t size, const char *key)
{
	struct ini ini;
	unsigned int line = 0;
	enum ini_kind kind;

	ini_start(&ini, text, size);
	while ((kind = ini_next(&ini)) != INI_END)
		if (kind == INI_KEY && strcmp(ini.name, key) == 0)
			line = ini.line;
	return line;
}

/* A client that is refused is led to the line that refused it. */
static void lines_are_told(const struct network *network, const char *text, size_t size)
{
	static const char *const keys[TB_LINES_MAX] = {
		[TB_CHECK_KIND] = "Kind",
		[TB_CHECK_NAME] = "Names",
		[TB_CHECK_MTU] = "MTU",
		[TB_CHECK_QUEUES] = "Queues",
		[TB_CHECK_VHOST] = "Vhost",
		[TB_CHECK_NETNS] = "Netns",
		[TB_CHECK_VNET_HDR] = "VnetHeader",
		[TB_CHECK_LIFETIME] = "Lifetimes",
		[TB_CHECK_MAX] = "Max",
		[TB_CHECK_MAX_PER_USER] = "MaxPerUser",
		[TB_CHECK_ADDRESSES] = "Addresses",
		[TB_CHECK_ROUTES] = "Routes",
		[TB_CHECK_DEFAULT_ROUTE] = "DefaultRoute",
		[TB_CHECK_SCOPE] = "Scope",
		[TB_CHECK_KILL_SWITCH] = "KillSwitch",
	};

	for (size_t i = 0; i < TB_LINES_MAX; i++)
		require(network->lines[i] == (keys[i] != NULL ? line_of(text, size, keys[i]) : 0));
}

/* The reader of lines alone: it comes to an end, counts on, and gives out nothing that a log could not show. */
static void lines_are_good(const char *text, size_t size)
{
	struct ini ini;
	unsigned int line = 0;
	enum ini_kind kind;

	ini_start(&ini, text, size);
	while ((kind = ini_next(&ini)) != INI_END) {
		require(ini.line > line && ini.line <= size);
		line = ini.line;
		if (kind == INI_WRONG) {
			require(ini.problem != NULL);
			continue;
		}
		require(strlen(ini.name) <= INI_LINE_MAX && ini.name[0] != '\0');
		require(kind == INI_SECTION || strlen(ini.name) + strlen(ini.value) < INI_LINE_MAX);
	}
	require(ini_next(&ini) == INI_END);
}

/* Reads a text as the file /etc/tapbroker/networks.d/fuzz.conf. */
static void parse(struct network_file *file, const char *text, size_t size)
{
	memset(file, 0, sizeof(*file));
	strcpy(file->path, "/etc/tapbroker/networks.d/fuzz.conf");
	strcpy(file->network.name, "fuzz");
	network_file_parse(file, text, size);
}

/* Only the lines are others: nearly every key stands in the file now. */
static void printed_is_the_same(const struct network *network)
{
	static struct network_file again;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	require(out != NULL);
	network_print(network, out);
	require(fclose(out) == 0);
	parse(&again, text, size);
	require(again.mistakes == 0);
	lines_are_told(&again.network, text, size);
	memcpy(again.network.lines, network->lines, sizeof(network->lines));
	require(memcmp(&again.network, network, sizeof(*network)) == 0);
	free(text);
}

/* Returns the number of lines that were logged. */
static size_t log_is_good(void)
{
	static const char start[] = "<3>/etc/tapbroker/networks.d/fuzz.conf:";
	static char text[1 << 20];
	ssize_t length = pread(log_fd, text, sizeof(text), 0);
	size_t lines = 0;

	require(length >= 0);
	for (char *line = text; line < text + length; lines++) {
		char *end = memchr(line, '\n', (size_t)(text + length - line));

		if (end == NULL) { /* the text was cut by the buffer */
			require((size_t)length == sizeof(text));
			break;
		}
		require(strncmp(line, start, sizeof(start) - 1) == 0);
		for (; line < end; line++)
			require((*line >= ' ' && *line <= '~') || *line == '\t');
		line = end + 1;
	}
	return lines;
}

static void start(void)
{
	stderr_fd = dup(STDERR_FILENO);
	log_fd = memfd_create("log", MFD_CLOEXEC);
	require(stderr_fd >= 0 && log_fd >= 0);
	if (__sanitizer_set_report_fd != NULL)
		__sanitizer_set_report_fd((void *)(intptr_t)stderr_fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct network_file file;

	if (log_fd < 0)
		start();
	if (size > NETWORK_FILE_MAX)
		return 0;
	lines_are_good((const char *)data, size);
	require(ftruncate(log_fd, 0) == 0 && lseek(log_fd, 0, SEEK_SET) == 0);
	dup2(log_fd, STDERR_FILENO);
	parse(&file, (const char *)data, size);
	dup2(stderr_fd, STDERR_FILENO);
	require((file.mistakes > 0) == (log_is_good() > 0));
	if (file.mistakes == 0) {
		network_is_good(&file.network, file.lines[KEY_ADDRESS] != 0,
				file.lines[KEY_ADDRESS] != 0 || file.lines[KEY_BRIDGE] != 0);
		lines_are_told(&file.network, (const char *)data, size);
		printed_is_the_same(&file.network);
	}
	return 0;
}
