/* tap_open() and its kin: one request, one answer, one handle. Runs in the client's process.
 *
 * Must never leave an fd open when it fails, except the socket that the caller of tap_open_connected() brought.
 */
#include "client/libtapbroker/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Says -EMFILE if this process could not take so many more fds. The kernel would tell only after somebody has typed a
 * password and the device was made. */
static int check_room(int sock, size_t nfds)
{
	int spare[TB_FDS_MAX];
	size_t made = 0;
	int ret = 0;

	while (made < nfds && ret == 0) {
		spare[made] = fcntl(sock, F_DUPFD_CLOEXEC, 0);
		if (spare[made] < 0)
			ret = -errno;
		else
			made++;
	}
	while (made > 0)
		close(spare[--made]);
	return ret;
}

/* Receives the answer into the handle, and checks it. */
static int receive_device(int sock, const struct tb_request *request, int64_t deadline, struct tap *handle)
{
	size_t nfds = TB_FDS_MAX;
	long length;
	int ret;

	length = tb_server_receive(sock, &handle->answer, sizeof(handle->answer), handle->fds, &nfds, deadline);
	if (length < 0)
		return (int)length;
	ret = tb_answer_check(&handle->answer, (size_t)length, nfds, request);
	if (ret < 0)
		while (nfds > 0)
			close(handle->fds[--nfds]);
	return ret;
}

/* What the refusal with this error says more than the error. */
static void tell_failure(const struct tb_answer *answer, int error, struct tap_failure *failure)
{
	if (failure == NULL)
		return;
	if (error == -EDQUOT) {
		failure->held = answer->held;
		failure->limit = answer->limit;
	}
	if (error == -EDQUOT || error == -ENOSPC)
		failure->quota = answer->quota;
	if (error == -EIO) {
		failure->stage = answer->stage;
		failure->error = answer->error;
	}
}

/* Asks over a connected socket, which becomes the handle's lifeline and stays the caller's on failure. */
static int ask(int sock, const struct tb_request *request, int64_t deadline, struct tap_failure *failure,
	       struct tap **tap)
{
	struct tap *handle;
	int ret;

	/* Before anything is asked: without it there would be a device, and nobody to hold it. */
	handle = calloc(1, sizeof(*handle));
	if (handle == NULL)
		return -ENOMEM;
	ret = check_room(sock, tb_answer_fds(request));
	if (ret < 0)
		goto out;
	ret = tb_server_send(sock, request);
	if (ret < 0)
		goto out;
	ret = receive_device(sock, request, deadline, handle);
	if (ret < 0) {
		tell_failure(&handle->answer, ret, failure);
		goto out;
	}
	handle->lifeline = sock;
	tb_hex_write(handle->answer.lease, TB_ID_SIZE, handle->lease);
	*tap = handle;
	handle = NULL;
out:
	free(handle);
	return ret;
}

/* Writes the request down for a call that fills in *tap and what it knows of a failure. */
static int begin(const struct tap_request *request, bool persistent, struct tb_request *message, int *timeout,
		 struct tap **tap)
{
	int ret = tb_request_make(request, persistent, message, timeout);

	*tap = NULL;
	if (ret == 0 && request->failure != NULL)
		*request->failure = (struct tap_failure){.quota = TAP_QUOTA_NONE};
	return ret;
}

/* Asks over a connection of its own. */
static int ask_broker(const struct tap_request *request, bool persistent, struct tap **tap)
{
	struct tb_request message;
	int64_t deadline;
	int timeout;
	int sock = -1;
	int ret;

	ret = begin(request, persistent, &message, &timeout, tap);
	if (ret < 0)
		return ret;
	deadline = tb_deadline(timeout);
	ret = tb_server_connect(deadline, &sock);
	if (ret < 0)
		return ret;
	ret = ask(sock, &message, deadline, request->failure, tap);
	if (ret < 0)
		close(sock);
	return ret;
}

/* The common end of the public functions: an fd, or -1 and errno. */
static int result(int ret, const struct tap *tap)
{
	if (ret == 0)
		return tap_fd(tap, 0);
	errno = -ret;
	return -1;
}

int tap_open_request(const struct tap_request *request, struct tap **tap)
{
	int ret = ask_broker(request, false, tap);

	return result(ret, *tap);
}

int tap_open_connected(int sock, const struct tap_request *request, struct tap **tap)
{
	struct tb_request message;
	int timeout;
	int ret;

	ret = begin(request, false, &message, &timeout, tap);
	if (ret == 0)
		ret = tb_server_check(sock);
	if (ret == 0)
		ret = ask(sock, &message, tb_deadline(timeout), request->failure, tap);
	return result(ret, *tap);
}

int tap_open(const char *network, struct tap **tap)
{
	struct tap_request request = TAP_REQUEST_INIT;

	request.network = network;
	return tap_open_request(&request, tap);
}

int tap_reserve(const struct tap_request *request, struct tap **tap)
{
	int ret = ask_broker(request, true, tap);

	if (ret == 0)
		return 0;
	errno = -ret;
	return -1;
}
