/* Long lists: see list_stream.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/list_stream.h"

#include "broker/clerk/loop.h"
#include "broker/shared/clock.h"
#include "proto/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How long the client of a long list may take to read it, while others of its user wait for theirs. */
#define STREAM_PATIENCE_MS 10000

/* And how long it may read nothing, while somebody waits for a place. */
#define STALLED_MS 1000

/* A list that is being sent: a copy, as leases come and go meanwhile. */
static struct stream {
	struct request *request; /* NULL: this place is free */
	struct tb_lease *entries;
	uint32_t count;
	uint32_t sent;
	uint64_t moved; /* milliseconds of the monotonic clock: the client has read something then */
} streams[STREAMS_MAX];

int streams_init(uint32_t capacity)
{
	struct tb_lease *entries;

	free(streams[0].entries);
	memset(streams, 0, sizeof(streams));
	/* What is not used is not in memory. */
	entries = calloc((size_t)STREAMS_MAX * capacity, sizeof(*entries));
	for (size_t i = 0; entries != NULL && i < STREAMS_MAX; i++)
		streams[i].entries = entries + i * capacity;
	return entries == NULL ? -ENOMEM : 0;
}

static struct stream *free_stream(void)
{
	for (size_t i = 0; i < STREAMS_MAX; i++)
		if (streams[i].request == NULL)
			return &streams[i];
	return NULL;
}

static bool has_stream(uid_t account)
{
	for (size_t i = 0; i < STREAMS_MAX; i++)
		if (streams[i].request != NULL && streams[i].request->client.account == account)
			return true;
	return false;
}

struct tb_lease *stream_take(struct request *request, uint32_t count)
{
	struct stream *stream = has_stream(request->client.account) ? NULL : free_stream();

	if (stream == NULL)
		return NULL;
	stream->request = request;
	stream->count = count;
	stream->sent = 0;
	stream->moved = monotonic_ms();
	return stream->entries;
}

/* Sends what the client takes. Returns 0 if all of it is sent, -EAGAIN, or another negative errno. */
static int stream_send(struct stream *stream)
{
	int ret = 0;

	while (stream->sent < stream->count && ret == 0) {
		ret = tb_send(stream->request->client.sock, &stream->entries[stream->sent], sizeof(*stream->entries),
			      NULL, 0);
		if (ret == 0) {
			stream->sent++;
			stream->moved = monotonic_ms();
		}
	}
	return ret;
}

static void stream_end(struct stream *stream)
{
	struct request *request = stream->request;

	stream->request = NULL;
	request_free(request);
}

static void stream_go_on(struct stream *stream)
{
	if (stream_send(stream) != -EAGAIN || stream->request->deadline <= monotonic_ms())
		stream_end(stream);
}

static struct stream *stream_of(const struct request *request)
{
	struct stream *stream = streams;

	while (stream->request != request)
		stream++;
	return stream;
}

void stream_begin(struct request *request)
{
	struct stream *stream = stream_of(request);

	request->state = REQUEST_STREAMING;
	request->deadline = monotonic_ms() + STREAM_PATIENCE_MS;
	if (loop_watch(request->client.sock, EPOLLOUT, LOOP_REQUEST, request_number(request)) < 0)
		stream_end(stream);
	else
		stream_go_on(stream);
}

void streams_proceed(void)
{
	for (size_t i = 0; i < STREAMS_MAX; i++) {
		/* Its client has hung up. */
		if (streams[i].request != NULL && streams[i].request->state != REQUEST_STREAMING)
			streams[i].request = NULL;
		if (streams[i].request != NULL)
			stream_go_on(&streams[i]);
	}
}

bool streams_make_room(void)
{
	struct stream *laggard = &streams[0];

	for (size_t i = 0; i < STREAMS_MAX; i++) {
		if (streams[i].request == NULL)
			return false;
		if (streams[i].moved < laggard->moved)
			laggard = &streams[i];
	}
	if (monotonic_ms() < laggard->moved + STALLED_MS)
		return false;
	stream_end(laggard);
	return true;
}
