/* tap_leases(): who holds what. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/channel.h"
#include "proto/name.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* An answer without leases is one message that holds nothing. */
static bool empty_answer(const struct tb_lease *lease)
{
	const size_t rest = offsetof(struct tb_lease, left);

	return tb_field_empty((const char *)lease + rest, sizeof(*lease) - rest);
}

static bool lease_valid(const struct tb_lease *lease)
{
	return tb_network_valid(lease->network, sizeof(lease->network)) &&
	       tb_name_valid(lease->name, sizeof(lease->name)) && lease->kind >= TB_KIND_TAP &&
	       lease->kind <= TB_KIND_MACVTAP && lease->lifetime < TB_LIFETIME_COUNT && lease->ifindex >= 1 &&
	       lease->ifindex <= INT_MAX && lease->mtu <= TB_MTU_MAX &&
	       (lease->flags & ~(uint32_t)TB_REQUEST_NETNS) == 0 && lease->since <= INT64_MAX &&
	       !tb_field_empty((const char *)lease->lease, sizeof(lease->lease)) &&
	       tb_field_empty((const char *)lease->reserved, sizeof(lease->reserved));
}

/* Receives one message: a lease, or the refusal of the whole request. */
static int receive_lease(int sock, struct tb_lease *lease, int64_t deadline)
{
	int ret = tb_answer_receive(sock, TB_ANS_LEASE, lease, sizeof(*lease), deadline);

	if (ret == 0 && lease->status != TB_OK)
		return empty_answer(lease) ? tb_status_error(lease->status) : -EPROTO;
	return ret;
}

static int tell(const struct tb_lease *from, int (*each)(const struct tap_lease *lease, void *arg), void *arg)
{
	char id[TB_ID_TEXT];
	struct tap_lease lease = {
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
	};

	tb_id_write(from->lease, id);
	memcpy(lease.mac, from->mac, sizeof(lease.mac));
	return each(&lease, arg);
}

/* Receives all leases. What each() said goes to *told; anything but 0 ends the work early. */
static int receive_all(int sock, int64_t deadline, int (*each)(const struct tap_lease *lease, void *arg), void *arg,
		       int *told)
{
	struct tb_series series = {0, 0};
	struct tb_lease lease;

	do {
		int ret = receive_lease(sock, &lease, deadline);

		if (ret < 0)
			return ret;
		if (series.seen == 0 && empty_answer(&lease))
			return 0;
		if (!tb_series_next(&series, lease.left, lease.count) || !lease_valid(&lease))
			return -EPROTO;
		*told = tell(&lease, each, arg);
	} while (*told == 0 && lease.left > 0);
	return 0;
}

int tap_leases(unsigned int flags, int timeout, int (*each)(const struct tap_lease *lease, void *arg), void *arg)
{
	struct tb_request request;
	int64_t deadline;
	int told = 0;
	int sock = -1;
	int ret;

	ret = tb_request_plain(TB_REQ_LIST, flags, TAP_ALL | TAP_INTERACTIVE, &request, &timeout);
	if (ret < 0)
		goto out;
	deadline = tb_deadline(timeout);
	ret = tb_server_ask(&request, deadline, &sock);
	if (ret < 0)
		goto out;
	ret = receive_all(sock, deadline, each, arg, &told);
	close(sock);
out:
	if (ret == 0)
		return told;
	errno = -ret;
	return -1;
}
