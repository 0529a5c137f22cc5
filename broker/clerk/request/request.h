/* Requests that have not been answered yet. Runs in the clerk; a table of fixed size. */
#ifndef TB_CLERK_REQUEST_H
#define TB_CLERK_REQUEST_H

#include "broker/clerk/client/client.h"
#include "broker/clerk/lease/lease.h"
#include "broker/clerk/request/answer.h"
#include "broker/config/table.h"
#include "proto/broker.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#define REQUESTS_MAX 256

/* The last free ones are for uid 0, so that an administrator gets through when users have taken all others. */
#define REQUESTS_RESERVED_FOR_ROOT 8

/* The most questions of one inquiry: about all networks, and one more. */
#define INQUIRY_MAX (NETWORKS_MAX + 1)

enum request_state {
	REQUEST_FREE,
	REQUEST_ROOM,        /* waits until a device of its user's, or of the name that it wants, is made or deleted */
	REQUEST_WAITING,     /* for its turn to be asked about */
	REQUEST_ASKED,       /* the authority has the question */
	REQUEST_READY,       /* for its turn to be ordered */
	REQUEST_ORDERED,     /* the monitor makes its device */
	REQUEST_CONFIGURE,   /* for its turn to have a device configured, or a block ended */
	REQUEST_CONFIGURING, /* the monitor does that */
	REQUEST_ENDING,      /* for the end of a lease */
	REQUEST_LISTING,     /* for the look at all devices */
	REQUEST_STREAMING,   /* its client reads a long list */
	REQUEST_TO_COUNT,    /* for its turn to be told what was dropped */
	REQUEST_COUNTING,    /* for the kernel to tell that */
	REQUEST_REFUSED,     /* for the time of its refusal */
	REQUEST_WATCHING,    /* it is told what happens */
	REQUEST_ABANDONED,   /* the client is gone, the question has been taken back: only the verdict is missing */
};

struct request {
	TAILQ_ENTRY(request) link; /* in the list of free ones, or of the others in order of arrival */
	enum request_state state;
	struct client client;
	struct tb_request message;             /* the one copy; its items are request_items() */
	char external_id[TB_EXTERNAL_ID_SIZE]; /* that came with it; empty: none */
	const struct network *network;
	struct tb_question question; /* of an open: what polkit is asked, and what is ordered; else only its ticket */
	uint64_t began;              /* in milliseconds of the monotonic clock, */
	uint64_t deadline;           /* the same */
	bool authorized;             /* the second key */
	bool has_yes;                /* the monitor has a yes for it, which no order has spent */
	uint32_t answers;            /* of polkit's to what would be allowed, see inquiry.h: so many, */
	uint8_t access[INQUIRY_MAX]; /* and each is an enum tb_access */
	bool configured;             /* REQUEST_CONFIGURE: it is done, but a block of its user's is not gone yet */
	bool lifts;                  /* REQUEST_CONFIGURE: it ends a block */
	struct lease *lease;         /* REQUEST_ORDERED: the one that begins */
	uint32_t look;               /* REQUEST_LISTING: the number of the look that it waits for */
	struct outcome refusal;      /* REQUEST_REFUSED: the answer */
	uint32_t lost;               /* REQUEST_WATCHING: events that its client was too slow for */
};

TAILQ_HEAD(request_list, request);

struct request_limits {
	uint32_t waiting_per_user;  /* requests of one user that wait at the same time */
	uint32_t polkit_timeout_ms; /* for a question that asks nobody for a password */
	uint32_t prompt_timeout_ms; /* for one that may */
	uid_t own_uids[3];          /* the broker's own: they never get a device */
};

/* Makes every slot free. Requests wait from now on as the bounds say. */
void requests_init(const struct network_table *table, const struct request_limits *bounds);

/* Requests that are not free, in order of arrival; and how many there are. */
struct request_list *requests_used(void);
uint32_t requests_count(void);
const struct request_limits *requests_limits(void);
const struct network_table *requests_networks(void);

/* Takes a free slot for the client, which it owns from then on; NULL if there is none for its user. */
struct request *request_take(const struct client *client);

/* Closes what the request still owns, and frees its slot. */
void request_free(struct request *request);

/* Requests of this user that wait for an answer. */
uint32_t requests_waiting(uid_t account);

/* From now on it is noticed if the client hangs up. Returns 0 or a negative errno. */
int request_watch(const struct request *request);
struct request *request_by_number(uint32_t number);
uint32_t request_number(const struct request *request);

/* Room for all items that a request can bring; so many as its message says are there. */
struct tb_item *request_items(const struct request *request);

/* True if it asks what would become of another. */
bool request_explains(const struct request *request);

/* True if polkit may ask somebody for a password. */
bool request_interactive(const struct request *request);

/* The lease that a request to release, revoke, configure, show or count means: by its id, or by name among the caller's
 * own. NULL: none, or another's that the caller may not name. */
struct lease *request_subject(const struct request *request);

#endif
