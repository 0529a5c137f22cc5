/* tap_leases(): who holds what. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/name.h"

#include <limits.h>
#include <string.h>

_Static_assert(sizeof(struct tap_lease) == offsetof(struct tap_lease, own_address6) + TB_ADDRESS_TEXT,
	       "padding at the end would hide a new member");

/* The caller. */
struct tb_caller {
	int (*each)(const struct tap_lease *lease, void *arg);
	void *arg;
};

static bool lease_valid(const union tb_any_answer *entry)
{
	const struct tb_lease *lease = &entry->lease;

	return tb_network_valid(lease->network, sizeof(lease->network)) &&
	       tb_name_valid(lease->name, sizeof(lease->name)) && lease->kind != TB_KIND_ANY && lease->ifindex >= 1 &&
	       lease->ifindex <= INT_MAX && lease->since <= INT64_MAX &&
	       !tb_field_empty((const char *)lease->lease, sizeof(lease->lease)) &&
	       (tb_field_empty(lease->external_id, sizeof(lease->external_id)) ||
		tb_external_id_valid(lease->external_id, sizeof(lease->external_id)));
}

static int tell(const union tb_any_answer *entry, const struct tb_caller *caller)
{
	const struct tb_lease *from = &entry->lease;
	char id[TB_ID_TEXT];
	struct tap_lease lease = {
		.size = sizeof(lease),
		.id = id,
		.network = from->network,
		.name = from->name,
		.kind = from->kind,
		.lifetime = from->lifetime,
		.ifindex = from->ifindex,
		.mtu = from->mtu,
		.uid = from->uid,
		.pid = from->pid,
		.since = (int64_t)from->since,
		.rx_bytes = from->rx_bytes,
		.rx_packets = from->rx_packets,
		.tx_bytes = from->tx_bytes,
		.tx_packets = from->tx_packets,
		.flags = from->flags,
		.external_id = from->external_id,
		.scope = from->scope,
		.entries = from->items,
	};

	tb_hex_write(from->lease, TB_ID_SIZE, id);
	memcpy(lease.mac, from->mac, sizeof(lease.mac));
	tb_address_write(4, from->ipv4, from->ipv4_prefix, lease.address);
	tb_address_write(6, from->ipv6, from->ipv6_prefix, lease.address6);
	tb_address_write(4, from->own_ipv4, from->own_ipv4_prefix, lease.own_address);
	tb_address_write(6, from->own_ipv6, from->own_ipv6_prefix, lease.own_address6);
	return caller->each(&lease, caller->arg);
}

static const struct tb_list leases = {
	.request = TB_REQ_LIST,
	.flags = TAP_ALL | TAP_INTERACTIVE,
	.answer = TB_ANS_LEASE,
	.size = sizeof(struct tb_lease),
	.valid = lease_valid,
	.tell = tell,
};

int tapbroker_leases(unsigned int flags, int timeout, struct tap_failure *failure,
		     int (*each)(const struct tap_lease *lease, void *arg), void *arg)
{
	return tb_list_tell(&leases, flags, timeout, failure, each != NULL ? &(struct tb_caller){each, arg} : NULL);
}
TB_SHORT_NAME(leases);
