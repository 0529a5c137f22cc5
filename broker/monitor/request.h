/* Requests that have not been answered yet. Runs in the monitor; a table of fixed size. */
#ifndef TB_MONITOR_REQUEST_H
#define TB_MONITOR_REQUEST_H

#include "broker/config/table.h"
#include "broker/monitor/answer.h"
#include "broker/monitor/device.h"
#include "broker/monitor/peer.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#define REQUESTS_MAX 256

/* Clients that watch at the same time, of one user and in all. */
#define WATCHERS_PER_USER 4
#define WATCHERS_MAX 64

/* Questions to polkit that are open at the same time: polkitd answers one after the other anyway, and must not be
 * flooded. Half of them may wait for a password. */
#define QUESTIONS_MAX 16
#define PROMPTS_MAX (QUESTIONS_MAX / 2)

enum request_state {
	REQUEST_FREE,
	REQUEST_WAITING,   /* for its turn to be asked about */
	REQUEST_ASKED,     /* the authority has the question */
	REQUEST_MOVING,    /* for its device to arrive in another network namespace; without a socket: for nobody */
	REQUEST_ENDING,    /* for the end of a lease */
	REQUEST_REFUSED,   /* for the time of its refusal */
	REQUEST_WATCHING,  /* it is told what happens */
	REQUEST_ABANDONED, /* the client is gone, the question has been taken back: only the verdict is missing */
};

struct lease;

struct request {
	TAILQ_ENTRY(request) link; /* in the list of free ones, or of the others in order of arrival */
	enum request_state state;
	struct peer peer;
	struct tb_request message; /* the one copy */
	const struct network *network;
	uint8_t ticket[TB_ID_SIZE];
	uint64_t began;         /* in milliseconds of the monotonic clock, */
	uint64_t deadline;      /* the same */
	bool authorized;        /* the second key */
	struct outcome refusal; /* REQUEST_REFUSED: what the client will be told */
	struct lease *lease;    /* REQUEST_MOVING: which is not in use yet, */
	struct device device;   /* and its device, with the fds */
	uint32_t lost;          /* REQUEST_WATCHING: events that its client was too slow for */
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

/* True if polkit may ask somebody for a password. */
bool request_interactive(const struct request *request);

/* The lease that a request to release or revoke means: by its id, or by name among the caller's own. NULL: none, or
 * another's that the caller may not name. */
struct lease_table;
struct lease *lease_of_request(const struct lease_table *table, const struct request *request);

/* Logs what became of the request; lease is NULL if there is none. */
void request_log(const struct request *request, const char *verdict, const char *reason, const struct lease *lease);

#endif
