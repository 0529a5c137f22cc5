/* Requests that have not been answered yet. Runs in the monitor; a table of fixed size. */
#ifndef TB_MONITOR_REQUEST_H
#define TB_MONITOR_REQUEST_H

#include "broker/monitor/network.h"
#include "broker/monitor/peer.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#define REQUESTS_MAX 256

/* Questions to polkit that are open at the same time: polkitd answers one after the other anyway, and must not be
 * flooded. Half of them may wait for a password. */
#define QUESTIONS_MAX 16
#define PROMPTS_MAX (QUESTIONS_MAX / 2)

enum request_state {
	REQUEST_FREE,
	REQUEST_WAITING,   /* for its turn to be asked about */
	REQUEST_ASKED,     /* the authority has the question */
	REQUEST_ABANDONED, /* the client is gone, the question has been taken back: only the verdict is missing */
};

struct request {
	TAILQ_ENTRY(request) link; /* in the list of free ones, or of the others in order of arrival */
	enum request_state state;
	struct peer peer;
	struct tb_request message; /* the one copy */
	const struct network *network;
	uint8_t ticket[TB_ID_SIZE];
	uint64_t deadline; /* milliseconds of the monotonic clock */
	bool authorized;   /* the second key */
};

TAILQ_HEAD(request_list, request);

struct request_table {
	struct request requests[REQUESTS_MAX];
	struct request_list free;
	struct request_list used;
};

/* Makes every slot free. */
void requests_init(struct request_table *table);

/* Closes what the request still owns, and frees its slot. */
void request_free(struct request_table *table, struct request *request);

/* Logs what became of the request; lease is NULL if there is none. */
struct lease;
void request_log(const struct request *request, const char *verdict, const char *reason, const struct lease *lease);

#endif
