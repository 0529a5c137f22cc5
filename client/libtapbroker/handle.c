/* What a handle knows, and how it ends. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

_Static_assert(TAP_ENDED_DEVICE_GONE == (int)TB_REASON_DEVICE_GONE &&
		       TAP_ENDED_NOT_COLLECTED == (int)TB_REASON_NOT_COLLECTED &&
		       TAP_ENDED_PROTOCOL == (int)TB_REASON_PROTOCOL && TAP_ENDED_CLIENT == (int)TB_REASON_CLIENT &&
		       TAP_ENDED_RELEASED == (int)TB_REASON_RELEASED && TAP_ENDED_REVOKED == (int)TB_REASON_REVOKED &&
		       TAP_ENDED_GUARD_MAC == (int)TB_REASON_GUARD_MAC &&
		       TAP_ENDED_GUARD_OWNER == (int)TB_REASON_GUARD_OWNER &&
		       TAP_ENDED_GUARD_PERSIST == (int)TB_REASON_GUARD_PERSIST &&
		       TAP_ENDED_GUARD_MASTER == (int)TB_REASON_GUARD_MASTER &&
		       TAP_ENDED_GUARD_ALIAS == (int)TB_REASON_GUARD_ALIAS &&
		       TAP_ENDED_GUARD_FLOOD == (int)TB_REASON_GUARD_FLOOD &&
		       TAP_ENDED_EXPIRED == (int)TB_REASON_EXPIRED,
	       "the public numbers are those of the wire");

static const struct tap no_handle = {.lifeline = -1};

const struct tap *tb_handle_or_none(const struct tap *tap)
{
	if (tap != NULL)
		return tap;
	errno = EINVAL;
	return &no_handle;
}

int tapbroker_fd(const struct tap *tap, unsigned int queue)
{
	tap = tb_handle_or_none(tap);
	if (queue >= tap->answer.queues || tap->fds[queue] < 0) {
		errno = EINVAL;
		return -1;
	}
	return tap->fds[queue];
}
TB_SHORT_NAME(fd);

int tapbroker_take_fd(struct tap *tap, unsigned int queue)
{
	int fd = tapbroker_fd(tap, queue);

	if (fd >= 0)
		tap->fds[queue] = -1;
	return fd;
}
TB_SHORT_NAME(take_fd);

unsigned int tapbroker_queues(const struct tap *tap)
{
	return tb_handle_or_none(tap)->answer.queues;
}
TB_SHORT_NAME(queues);

int tapbroker_vhost_fd(const struct tap *tap, unsigned int queue)
{
	tap = tb_handle_or_none(tap);
	if (queue >= tap->answer.vhosts) {
		errno = EINVAL;
		return -1;
	}
	return tap->fds[tap->answer.queues + queue];
}
TB_SHORT_NAME(vhost_fd);

unsigned int tapbroker_vhosts(const struct tap *tap)
{
	return tb_handle_or_none(tap)->answer.vhosts;
}
TB_SHORT_NAME(vhosts);

int tapbroker_lifeline(const struct tap *tap)
{
	return tb_handle_or_none(tap)->lifeline;
}
TB_SHORT_NAME(lifeline);

const char *tapbroker_name(const struct tap *tap)
{
	return tb_handle_or_none(tap)->answer.name;
}
TB_SHORT_NAME(name);

unsigned int tapbroker_ifindex(const struct tap *tap)
{
	return tb_handle_or_none(tap)->answer.ifindex;
}
TB_SHORT_NAME(ifindex);

unsigned int tapbroker_kind(const struct tap *tap)
{
	return tb_handle_or_none(tap)->answer.kind;
}
TB_SHORT_NAME(kind);

unsigned int tapbroker_flags(const struct tap *tap)
{
	return tb_handle_or_none(tap)->answer.flags;
}
TB_SHORT_NAME(flags);

unsigned int tapbroker_mtu(const struct tap *tap)
{
	return tb_handle_or_none(tap)->answer.mtu;
}
TB_SHORT_NAME(mtu);

unsigned int tapbroker_traits(const struct tap *tap)
{
	return tb_handle_or_none(tap)->answer.traits;
}
TB_SHORT_NAME(traits);

const uint8_t *tapbroker_mac(const struct tap *tap)
{
	return tb_handle_or_none(tap)->answer.mac;
}
TB_SHORT_NAME(mac);

const char *tapbroker_lease_id(const struct tap *tap)
{
	return tb_handle_or_none(tap)->lease;
}
TB_SHORT_NAME(lease_id);

void tapbroker_close(struct tap *tap)
{
	int error = errno;

	if (tap == NULL)
		return;
	/* First of all, so that the broker sees a session's lease given back, not a device that has vanished. */
	close(tap->lifeline);
	tb_follow_close(tap->follow);
	for (unsigned int i = 0; i < tap->answer.queues + tap->answer.vhosts; i++)
		if (tap->fds[i] >= 0)
			close(tap->fds[i]);
	free(tap);
	errno = error;
}
TB_SHORT_NAME(close);

void tapbroker_detach(struct tap *tap)
{
	int error = errno;

	if (tap == NULL)
		return;
	tb_follow_close(tap->follow);
	free(tap);
	errno = error;
}
TB_SHORT_NAME(detach);

bool tb_lifeline_ended(const struct tap *tap, unsigned int *reason)
{
	struct pollfd lifeline = {.fd = tap->lifeline, .events = POLLIN};
	union tb_any_answer last;
	size_t nfds = 0;
	long length;

	if (poll(&lifeline, 1, 0) <= 0)
		return false;
	length = tb_receive(tap->lifeline, &last, sizeof(last), NULL, &nfds);
	/* -EAGAIN: another process that holds the lifeline too was quicker; it is readable again soon. */
	if (length == -EAGAIN)
		return false;
	*reason = tb_answer_reason(&last, length, tap->answer.lease);
	return true;
}

int tapbroker_ended(struct tap *tap, unsigned int *reason)
{
	int error = errno;

	if (tap == NULL) {
		errno = EINVAL;
		return -1;
	}
	if (!tap->ended)
		tap->ended =
			tap->follow != NULL ? tb_follow_ended(tap, &tap->reason) : tb_lifeline_ended(tap, &tap->reason);
	errno = error;
	if (tap->ended && reason != NULL)
		*reason = tap->reason;
	return tap->ended ? 1 : 0;
}
TB_SHORT_NAME(ended);
