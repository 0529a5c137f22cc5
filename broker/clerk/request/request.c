/* Requests that have not been answered yet: see request.h. Runs in the clerk; needs no right. What becomes of them is
 * in flow.c. */
#include "broker/clerk/request/request.h"

#include "broker/clerk/loop.h"
#include "broker/shared/clock.h"

#include <string.h>

static struct request requests[REQUESTS_MAX];
static struct tb_item items[REQUESTS_MAX][TB_ITEMS_MAX]; /* what is not used is not in memory */
static struct request_list free_requests;
static struct request_list used;
static uint32_t used_count;
static struct request_limits limits;
static const struct network_table *networks;

void requests_init(const struct network_table *table, const struct request_limits *bounds)
{
	networks = table;
	limits = *bounds;
	TAILQ_INIT(&free_requests);
	TAILQ_INIT(&used);
	used_count = 0;
	memset(requests, 0, sizeof(requests));
	for (size_t i = 0; i < REQUESTS_MAX; i++)
		TAILQ_INSERT_TAIL(&free_requests, &requests[i], link);
}

struct request_list *requests_used(void)
{
	return &used;
}

uint32_t requests_count(void)
{
	return used_count;
}

const struct request_limits *requests_limits(void)
{
	return &limits;
}

const struct network_table *requests_networks(void)
{
	return networks;
}

struct request *request_take(const struct client *client)
{
	struct request *request = TAILQ_FIRST(&free_requests);

	if (request == NULL || (client->uid != 0 && used_count >= REQUESTS_MAX - REQUESTS_RESERVED_FOR_ROOT))
		return NULL;
	TAILQ_REMOVE(&free_requests, request, link);
	used_count++;
	memset(request, 0, sizeof(*request));
	request->client = *client;
	request->state = REQUEST_WAITING;
	request->began = monotonic_ms();
	request->deadline = UINT64_MAX;
	TAILQ_INSERT_TAIL(&used, request, link);
	return request;
}

void request_free(struct request *request)
{
	client_close(&request->client);
	request->state = REQUEST_FREE;
	TAILQ_REMOVE(&used, request, link);
	used_count--;
	TAILQ_INSERT_TAIL(&free_requests, request, link);
}

static bool is_waiting(const struct request *request)
{
	return request->state != REQUEST_ABANDONED && request->state != REQUEST_WATCHING &&
	       request->state != REQUEST_REFUSED;
}

uint32_t requests_waiting(uid_t account)
{
	const struct request *request;
	uint32_t count = 0;

	TAILQ_FOREACH(request, &used, link)
		count += is_waiting(request) && request->client.account == account;
	return count;
}

uint32_t request_number(const struct request *request)
{
	return (uint32_t)(request - requests);
}

/* Only the end is watched for: the socket is shut down for reading, so it would be readable for ever. */
int request_watch(const struct request *request)
{
	return loop_watch(request->client.sock, 0, LOOP_REQUEST, request_number(request));
}

struct request *request_by_number(uint32_t number)
{
	return number < REQUESTS_MAX && requests[number].state != REQUEST_FREE ? &requests[number] : NULL;
}

struct tb_item *request_items(const struct request *request)
{
	return items[request_number(request)];
}

bool request_explains(const struct request *request)
{
	uint16_t type = request->message.header.type;

	return type == TB_REQ_EXPLAIN || type == TB_REQ_EXPLAIN_CONFIGURE;
}

bool request_interactive(const struct request *request)
{
	return !request_explains(request) && (request->message.flags & TB_REQUEST_INTERACTIVE) != 0;
}

/* The gate lets such a request through with the second key only. */
static bool may_mean_others(const struct tb_request *message)
{
	uint16_t type = message->header.type;

	return type == TB_REQ_REVOKE ||
	       ((type == TB_REQ_SHOW || type == TB_REQ_DROPS) && (message->flags & TB_REQUEST_ALL) != 0);
}

struct lease *request_subject(const struct request *request)
{
	const struct tb_request *message = &request->message;
	struct lease *lease = message->name[0] != '\0' ? lease_by_name(request->client.uid, message->name)
						       : lease_by_id(message->lease);

	/* Of this one nothing is left to end. */
	if (lease != NULL && lease->state == LEASE_UNCLAIMED)
		return NULL;
	if (lease != NULL && lease->uid != request->client.uid && !may_mean_others(message))
		return NULL;
	return lease;
}
