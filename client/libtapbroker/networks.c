/* tap_networks(): what can be asked for. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/name.h"

#include <netinet/in.h>
#include <string.h>

_Static_assert(sizeof(struct tap_network) == offsetof(struct tap_network, reserved) + sizeof(unsigned int),
	       "padding at the end would hide a new member");
_Static_assert(IPPROTO_TCP == (int)TB_PROTOCOL_TCP && IPPROTO_UDP == (int)TB_PROTOCOL_UDP,
	       "the public numbers are those of the wire");
_Static_assert(TAP_NETWORK_OFF == (unsigned int)TB_NETWORK_OFF &&
		       TAP_NETWORK_UNLISTED == (unsigned int)TB_NETWORK_UNLISTED &&
		       TAP_NETWORK_TOLD == (unsigned int)TB_NETWORK_TOLD &&
		       TAP_NETWORK_ISOLATED == (unsigned int)TB_NETWORK_ISOLATED &&
		       TAP_NETWORK_HOST == (unsigned int)TB_NETWORK_HOST &&
		       TAP_NETWORK_CALLER == (unsigned int)TB_NETWORK_CALLER &&
		       TAP_NETWORK_MORE_NAMES == (unsigned int)TB_NETWORK_MORE_NAMES &&
		       TAP_NETWORK_TOLD_ALL == (unsigned int)TB_NETWORK_TOLD_ALL &&
		       TAP_NETWORK_NO_QEMU_MACS == (unsigned int)TB_NETWORK_NO_QEMU_MACS,
	       "the public numbers are those of the wire");

/* The caller. */
struct tb_caller {
	int (*each)(const struct tap_network *network, void *arg);
	void *arg;
};

/* Programs print it: it is made of what names and patterns are made of. */
static bool names_valid(const char names[TB_PATTERNS_SIZE])
{
	size_t length = strnlen(names, TB_PATTERNS_SIZE);

	return length < TB_PATTERNS_SIZE && strspn(names, "abcdefghijklmnopqrstuvwxyz0123456789_.-* ") == length;
}

static bool published_valid(const struct tb_published *published)
{
	return (published->host_family == 0 || published->host_family == 4 || published->host_family == 6) &&
	       tb_name_valid(published->guest_name, sizeof(published->guest_name)) && published->port != 0 &&
	       published->count != 0;
}

/* Those that stand behind the network. */
static bool all_published_valid(const union tb_any_answer *entry)
{
	uint32_t count = entry->network.published;

	if (count > TB_PUBLISHED_MAX ||
	    entry->header.size < sizeof(entry->network) + count * sizeof(entry->published[0]))
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!published_valid(&entry->published[i]))
			return false;
	return true;
}

static bool network_valid(const union tb_any_answer *entry)
{
	const struct tb_network *network = &entry->network;

	return tb_network_valid(network->network, sizeof(network->network)) &&
	       (network->kind != TB_KIND_ANY || (network->traits & TB_NETWORK_OFF) != 0) &&
	       (network->lower[0] == '\0' || tb_interface_valid(network->lower, sizeof(network->lower))) &&
	       names_valid(network->names) && all_published_valid(entry);
}

/* What the caller is told of published ports, and its strings. */
struct told_published {
	struct tap_published published[TB_PUBLISHED_MAX];
	char host_address[TB_PUBLISHED_MAX][TB_ADDRESS_TEXT];
	char guest_address[TB_PUBLISHED_MAX][TB_ADDRESS_TEXT];
	char guest_address6[TB_PUBLISHED_MAX][TB_ADDRESS_TEXT];
};

static void describe_published(const struct tb_published *from, uint32_t number, struct told_published *told)
{
	told->host_address[number][0] = '\0';
	if (from->host_family != 0)
		tb_address_write(from->host_family, from->host_address, 0, told->host_address[number]);
	tb_address_write(4, from->guest_ipv4, 0, told->guest_address[number]);
	tb_address_write(6, from->guest_ipv6, 0, told->guest_address6[number]);
	told->published[number] = (struct tap_published){
		.host_address = told->host_address[number],
		.guest_name = from->guest_name,
		.guest_address = told->guest_address[number],
		.guest_address6 = told->guest_address6[number],
		.protocol = from->protocol,
		.port = from->port,
		.count = from->count,
		.guest_port = from->guest_port,
	};
}

static int tell(const union tb_any_answer *entry, const struct tb_caller *caller)
{
	const struct tb_network *from = &entry->network;
	struct told_published told;
	struct tap_network network = {
		.size = sizeof(network),
		.name = from->network,
		.kind = from->kind,
		.flags = from->flags,
		.mtu = from->mtu,
		.queues = from->queues,
		.limit = from->limit,
		.held = from->held,
		.names = from->names,
		.lower = from->lower,
		.lifetimes = from->lifetimes,
		.traits = from->traits,
		.mode = from->mode,
		.max = from->max,
		.access = from->access,
		.vlan = from->vlan,
		.published = told.published,
		.published_count = from->published,
	};

	for (uint32_t i = 0; i < from->published; i++)
		describe_published(&entry->published[i], i, &told);
	return caller->each(&network, caller->arg);
}

static const struct tb_list networks = {
	.request = TB_REQ_NETWORKS,
	.answer = TB_ANS_NETWORK,
	.size = sizeof(struct tb_network),
	.valid = network_valid,
	.tell = tell,
};

int tapbroker_networks(unsigned int flags, int timeout, struct tap_failure *failure,
		       int (*each)(const struct tap_network *network, void *arg), void *arg)
{
	return tb_list_tell(&networks, flags, timeout, failure, each != NULL ? &(struct tb_caller){each, arg} : NULL);
}
TB_SHORT_NAME(networks);
