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

/* One call. */
struct question {
	struct tb_open_message message;
	int64_t deadline;
	struct tb_report report;
	struct tap *tap; /* what came of it */
};

/* Receives the answer into the handle, and checks it and what came with it. */
static int receive_device(int sock, struct question *question, struct tap *handle)
{
	union tb_any_answer answer;
	size_t nfds = TB_FDS_MAX;
	long length;
	int ret;

	length = tb_server_receive(sock, &answer, sizeof(answer), handle->fds, &nfds, question->deadline);
	if (length < 0)
		return (int)length;
	handle->answer = answer.answer;
	ret = tb_answer_check(&handle->answer, (size_t)length, nfds, &question->message.request);
	tb_answer_failure(&handle->answer, (size_t)length, nfds, &question->report.failure);
	if (ret == 0) {
		ret = tb_device_check(&handle->answer, handle->fds);
		if (ret < 0)
			question->report.failure.check = TAP_CHECK_DEVICE;
	}
	if (ret < 0)
		while (nfds > 0)
			close(handle->fds[--nfds]);
	return ret;
}

/* Sends the request over a connected socket. The new handle is for the answer. */
static int send_request(int sock, struct question *question, struct tap **handle)
{
	int ret;

	question->report.failure = (struct tap_failure)TAP_FAILURE_INIT;
	/* Before anything is asked: without it there would be a device, and nobody to hold it. */
	*handle = calloc(1, sizeof(**handle));
	if (*handle == NULL)
		return -ENOMEM;
	ret = check_room(sock, tb_answer_fds(&question->message.request));
	if (ret == 0)
		ret = tb_server_send(sock, &question->message.request);
	if (ret < 0) {
		free(*handle);
		*handle = NULL;
	}
	return ret;
}

static void write_addresses(struct tap *handle)
{
	const struct tb_guest *guest = &handle->answer.guest;

	tb_address_write(4, guest->ipv4, guest->ipv4_prefix, handle->address);
	tb_address_write(6, guest->ipv6, guest->ipv6_prefix, handle->address6);
	tb_address_write(4, guest->gateway4, 0, handle->gateway);
	tb_address_write(6, guest->gateway6, 0, handle->gateway6);
}

/* Receives the answer into the handle, which becomes the question's, or is freed on failure. Then the socket is its
 * lifeline; else it stays the caller's. */
static int take_answer(int sock, struct question *question, struct tap *handle)
{
	int ret = receive_device(sock, question, handle);

	if (ret < 0) {
		free(handle);
		return ret;
	}
	handle->lifeline = sock;
	tb_hex_write(handle->answer.lease, TB_ID_SIZE, handle->lease);
	write_addresses(handle);
	question->tap = handle;
	return 0;
}

/* Asks over a connected socket, which becomes the handle's lifeline and stays the caller's on failure. */
static int ask(int sock, struct question *question)
{
	struct tap *handle;
	int ret = send_request(sock, question, &handle);

	return ret < 0 ? ret : take_answer(sock, question, handle);
}

/* Asks over a connection of its own. */
static int connect_and_ask(void *context, bool met)
{
	struct question *question = context;
	int sock = -1;
	int ret;

	ret = tb_server_connect(met, question->deadline, &sock);
	if (ret < 0)
		return ret;
	ret = ask(sock, question);
	if (ret < 0)
		close(sock);
	return ret;
}

/* Writes down what is asked for. result is where the caller wants to have what comes of it. */
static int begin(struct question *question, const struct tap_request *request, bool by_name, const void *result)
{
	int timeout;
	int ret;

	*question = (struct question){.report.failure = TAP_FAILURE_INIT};
	ret = tb_request_make(request, by_name, &question->message, &timeout, &question->report.told);
	if (ret == 0 && result == NULL)
		ret = -EINVAL;
	if (ret == 0)
		question->deadline = tb_deadline(timeout);
	return ret;
}

/* Tells the caller what came of it. Returns 0, or -1 and errno. */
static int finish(const struct question *question, int ret, struct tap **tap)
{
	if (tap != NULL)
		*tap = question->tap;
	return tb_report_end(&question->report, ret);
}

static int ask_broker(const struct tap_request *request, bool by_name, struct tap **tap)
{
	struct question question;
	int ret = begin(&question, request, by_name, tap);

	if (ret == 0)
		ret = tb_server_attempt(connect_and_ask, &question);
	return finish(&question, ret, tap);
}

int tapbroker_open_request(const struct tap_request *request, struct tap **tap)
{
	return ask_broker(request, false, tap) < 0 ? -1 : tapbroker_fd(*tap, 0);
}
TB_SHORT_NAME(open_request);

int tapbroker_open_connected(int sock, const struct tap_request *request, struct tap **tap)
{
	struct question question;
	int ret = begin(&question, request, false, tap);

	if (ret == 0)
		ret = tb_server_check(sock);
	if (ret == 0)
		ret = ask(sock, &question);
	/* There is no other connection to ask over once more. */
	return finish(&question, ret == -ERESTART ? -EAGAIN : ret, tap) < 0 ? -1 : tapbroker_fd(*tap, 0);
}
TB_SHORT_NAME(open_connected);

int tapbroker_open(const char *network, struct tap **tap)
{
	struct tap_request request = TAP_REQUEST_INIT;

	request.network = network;
	return tapbroker_open_request(&request, tap);
}
TB_SHORT_NAME(open);

int tapbroker_reserve(const struct tap_request *request, struct tap **tap)
{
	return ask_broker(request, true, tap);
}
TB_SHORT_NAME(reserve);

/* It owns the socket and the handle. */
struct tap_opening {
	struct question question;
	int sock;
	struct tap *handle;
};

/* Connects without waiting, and sends. */
static int opening_send(struct tap_opening *opening)
{
	int ret = tb_server_connect(false, tb_deadline(0), &opening->sock);

	if (ret == -ETIMEDOUT)
		return -EAGAIN; /* the broker's queue of connections is full */
	return ret < 0 ? ret : send_request(opening->sock, &opening->question, &opening->handle);
}

int tapbroker_open_begin(const struct tap_request *request, struct tap_opening **opening)
{
	struct tap_opening *begun = calloc(1, sizeof(*begun));
	int ret;

	if (opening != NULL)
		*opening = NULL;
	if (begun == NULL)
		return -1;
	begun->sock = -1;
	ret = begin(&begun->question, request, false, opening);
	if (ret == 0)
		ret = opening_send(begun);
	if (ret == 0) {
		*opening = begun;
		return begun->sock;
	}
	finish(&begun->question, ret, NULL);
	tapbroker_open_cancel(begun);
	return -1;
}
TB_SHORT_NAME(open_begin);

/* True if there is something to receive. */
static bool has_answer(const struct tap_opening *opening)
{
	return tb_wait(opening->sock, tb_deadline(0)) != -ETIMEDOUT;
}

int tapbroker_open_finish(struct tap_opening *opening, struct tap **tap)
{
	int ret;

	if (tap != NULL)
		*tap = NULL;
	if (opening == NULL || tap == NULL) {
		errno = EINVAL;
		return -1;
	}
	if (!has_answer(opening))
		return 0;
	opening->question.deadline = tb_deadline(0);
	ret = take_answer(opening->sock, &opening->question, opening->handle);
	opening->handle = NULL;
	if (ret == 0)
		opening->sock = -1;
	ret = finish(&opening->question, ret == -ERESTART ? -EAGAIN : ret, tap);
	tapbroker_open_cancel(opening);
	return ret < 0 ? -1 : 1;
}
TB_SHORT_NAME(open_finish);

void tapbroker_open_cancel(struct tap_opening *opening)
{
	int error = errno;

	if (opening == NULL)
		return;
	if (opening->sock >= 0)
		close(opening->sock);
	free(opening->handle);
	free(opening);
	errno = error;
}
TB_SHORT_NAME(open_cancel);
