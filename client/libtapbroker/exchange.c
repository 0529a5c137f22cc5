/* A request that has one answer. Runs in the client's process. */
#include "client/libtapbroker/internal.h"

#include <unistd.h>

/* One call. */
struct exchange {
	const struct tb_request *request;
	int64_t deadline;
	void *answer;
	size_t size;
	struct tap_failure *failure;
};

/* The answer to a request has the next number. */
static int exchange_once(void *context, bool met)
{
	const struct exchange *exchange = context;
	int sock;
	int ret;

	ret = tb_server_ask(exchange->request, met, exchange->deadline, &sock);
	if (ret < 0)
		return ret;
	ret = tb_answer_receive(sock, exchange->request->header.type + 1, exchange->answer, exchange->size,
				exchange->deadline, exchange->failure);
	close(sock);
	return ret;
}

int tb_exchange(const struct tb_request *request, int64_t deadline, void *answer, size_t size,
		struct tap_failure *failure)
{
	struct exchange exchange = {.request = request,
				    .deadline = deadline,
				    .answer = answer,
				    .size = size,
				    .failure = failure};

	return tb_server_attempt(exchange_once, &exchange);
}
