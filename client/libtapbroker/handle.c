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

int tap_fd(const struct tap *tap, unsigned int queue)
{
	if (queue >= tap->answer.queues || tap->fds[queue] < 0) {
		errno = EINVAL;
		return -1;
	}
	return tap->fds[queue];
}

int tap_take_fd(struct tap *tap, unsigned int queue)
{
	int fd = tap_fd(tap, queue);

	if (fd >= 0)
		tap->fds[queue] = -1;
	return fd;
}

unsigned int tap_queues(const struct tap *tap)
{
	return tap->answer.queues;
}

int tap_vhost_fd(const struct tap *tap, unsigned int queue)
{
	if (queue >= tap->answer.vhosts) {
		errno = EINVAL;
		return -1;
	}
	return tap->fds[tap->answer.queues + queue];
}

unsigned int tap_vhosts(const struct tap *tap)
{
	return tap->answer.vhosts;
}

int tap_lifeline(const struct tap *tap)
{
	return tap->lifeline;
}

const char *tap_name(const struct tap *tap)
{
	return tap->answer.name;
}

unsigned int tap_ifindex(const struct tap *tap)
{
	return tap->answer.ifindex;
}

unsigned int tap_kind(const struct tap *tap)
{
	return tap->answer.kind;
}

unsigned int tap_flags(const struct tap *tap)
{
	return tap->answer.flags;
}

unsigned int tap_mtu(const struct tap *tap)
{
	return tap->answer.mtu;
}

const uint8_t *tap_mac(const struct tap *tap)
{
	return tap->answer.mac;
}

const char *tap_lease(const struct tap *tap)
{
	return tap->lease;
}

void tap_close(struct tap *tap)
{
	int error = errno;

	if (tap == NULL)
		return;
	/* First of all, so that the broker sees a session's lease given back, not a device that has vanished. */
	close(tap->lifeline);
	for (unsigned int i = 0; i < tap->answer.queues + tap->answer.vhosts; i++)
		if (tap->fds[i] >= 0)
			close(tap->fds[i]);
	free(tap);
	errno = error;
}

void tap_detach(struct tap *tap)
{
	int error = errno;

	free(tap);
	errno = error;
}

int tap_ended(struct tap *tap, unsigned int *reason)
{
	struct pollfd lifeline = {.fd = tap->lifeline, .events = POLLIN};
	int error = errno;

	if (!tap->ended && poll(&lifeline, 1, 0) > 0) {
		union tb_any_answer last;
		size_t nfds = 0;
		long length = tb_receive(tap->lifeline, &last, sizeof(last), NULL, &nfds);

		/* -EAGAIN: another process that holds the lifeline too was quicker; it is readable again soon. */
		if (length != -EAGAIN) {
			tap->ended = true;
			tap->reason = tb_answer_reason(&last, length, tap->answer.lease);
		}
	}
	errno = error;
	if (tap->ended && reason != NULL)
		*reason = tap->reason;
	return tap->ended ? 1 : 0;
}
