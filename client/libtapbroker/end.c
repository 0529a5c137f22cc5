/* tap_release() and tap_revoke(): the end of a lease that somebody asks for. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/channel.h"
#include "proto/name.h"
#include "proto/request.h"

#include <errno.h>
#include <unistd.h>

/* One call. */
struct question {
	const struct tb_request *request;
	int64_t deadline;
};

/* The answer to a request has the next number. */
static int ask(void *context, bool met)
{
	const struct question *question = context;
	struct tb_done done;
	int sock;
	int ret;

	ret = tb_server_ask(question->request, met, question->deadline, &sock);
	if (ret < 0)
		return ret;
	ret = tb_answer_receive(sock, question->request->header.type + 1, &done, sizeof(done), question->deadline);
	close(sock);
	return ret;
}

/* Asks, and sets errno. */
static int end_lease(const struct tb_request *request, int timeout)
{
	struct question question = {request, tb_deadline(timeout)};
	int ret = tb_server_attempt(ask, &question);

	if (ret == 0)
		return 0;
	errno = -ret;
	return -1;
}

/* Writes the lease into the request. An id is longer than a name can be. */
static int set_lease(struct tb_request *request, const char *lease)
{
	if (tb_hex_read(lease, request->lease, TB_ID_SIZE) < 0 &&
	    tb_field_set(request->name, sizeof(request->name), lease) < 0)
		return -EINVAL;
	return tb_request_valid(request, sizeof(*request)) ? 0 : -EINVAL;
}

int tap_release(const char *lease, int timeout)
{
	struct tb_request request;
	int ret;

	ret = tb_request_plain(TB_REQ_RELEASE, 0, 0, &request, &timeout);
	if (ret == 0)
		ret = set_lease(&request, lease);
	if (ret == 0)
		return end_lease(&request, timeout);
	errno = -ret;
	return -1;
}

int tap_revoke(const char *lease, unsigned int flags, int timeout)
{
	struct tb_request request;
	int ret;

	ret = tb_request_plain(TB_REQ_REVOKE, flags, TAP_INTERACTIVE, &request, &timeout);
	/* A name would be looked for among the caller's own leases. */
	if (ret == 0)
		ret = tb_hex_read(lease, request.lease, TB_ID_SIZE);
	if (ret == 0 && !tb_request_valid(&request, sizeof(request)))
		ret = -EINVAL;
	if (ret == 0)
		return end_lease(&request, timeout);
	errno = -ret;
	return -1;
}
