/* The monitor's own state, and the events that move it. */
#ifndef TB_MONITOR_H
#define TB_MONITOR_H

#include "broker/config/table.h"
#include "broker/monitor/device.h"
#include "broker/monitor/fdb.h"
#include "broker/monitor/lease.h"
#include "broker/monitor/options.h"
#include "broker/monitor/peer.h"
#include "broker/monitor/reaper.h"
#include "broker/monitor/request.h"
#include "broker/monitor/store.h"
#include "broker/monitor/turns.h"
#include "proto/broker.h"

#include <stdint.h>
#include <sys/types.h>

/* The uids that never get a device: the broker's own. */
struct own_uids {
	uid_t monitor;
	uid_t listener;
	uid_t authority;
};

struct monitor {
	struct options options;
	struct network_table networks;
	struct own_uids uids;
	struct origin origin;
	struct request_table requests;
	struct request *moving; /* the one whose device the reaper moves; NULL: none */
	uint64_t next_move;     /* not before this millisecond of the monotonic clock */
	struct lease_table leases;
	struct workshop workshop;
	struct reaper reaper;
	struct turns turns;
	int listener; /* channels to the other processes */
	int authority;
	int events;     /* what the kernel tells of links */
	int neighbours; /* what it tells of bridges' forwarding tables */
	struct fdb_memory fdb;
	struct lifelines stored; /* those that an earlier monitor gave to the supervisor */
	int supervisor;          /* NOTIFY_SOCKET; -1: none */
	int signals;
	int epoll;
	uint32_t looks; /* at many leases' devices, see links_look() */
	bool stopping;
};

/* Who an event is for; the number beside it says which request or lease. */
enum source {
	SOURCE_LISTENER,
	SOURCE_AUTHORITY,
	SOURCE_OPENER,
	SOURCE_LINKS,
	SOURCE_NEIGHBOURS,
	SOURCE_REAPER,
	SOURCE_SIGNALS,
	SOURCE_REQUEST,
	SOURCE_LEASE,
	SOURCE_HOLDER,
	SOURCE_COUNT
};

/* Watches an fd for input; if it is watched already, for this source from now on. Returns 0 or a negative errno. */
int monitor_watch(struct monitor *monitor, int fd, enum source source, uint32_t number);

/* Serves until SIGTERM or SIGINT. Does not return if a child ends. */
void monitor_serve(struct monitor *monitor);

/* Milliseconds of the monotonic clock, and seconds after 1970. */
uint64_t monotonic_ms(void);
uint64_t realtime_seconds(void);

/* One line for each decision, with fixed words in a fixed order. Only what was validated may stand in it; what is not
 * known is NULL or empty. */
struct decision {
	const char *operation; /* open, end */
	uid_t uid;
	pid_t pid;
	const char *network;
	const char *kind;
	const char *name;
	const char *verdict; /* granted, denied, failed, ended */
	const char *reason;
	const uint8_t *lease; /* NULL: none */
};
void log_decision(const struct decision *decision);

/* Takes a client's socket from the listener: the monitor's from now on. */
void request_begin(struct monitor *monitor, int sock);

/* The client of a waiting request has hung up, or sent more than it may. */
void request_interrupted(struct monitor *monitor, uint32_t number);

/* The authority's word on a ticket; ends the broker if nobody asked. */
void request_verdict(struct monitor *monitor, const struct tb_verdict *verdict);

/* Refuses what has waited too long. Returns the milliseconds until the next deadline, or -1. */
int requests_expire(struct monitor *monitor);

/* Asks the gate, and goes where it points. */
void request_proceed(struct monitor *monitor, struct request *request);

/* The request ends unanswered or refused: if the authority is still busy with it, the slot waits for its verdict. */
void request_end(struct monitor *monitor, struct request *request);

/* Tells the log why the request is refused and, in its time, the client, and ends it; with the gate's own words, or
 * with these. */
struct passage;
void request_refuse_passage(struct monitor *monitor, struct request *request, const struct passage *passage);
void request_refuse(struct monitor *monitor, struct request *request, enum tb_status status, const char *reason);

/* The same, of a request that was not even read; the log does not hear of it. */
void request_refuse_unread(struct monitor *monitor, struct request *request, enum tb_status status);

/* The time of a refusal has come. */
void request_tell_refusal(struct monitor *monitor, struct request *request);

/* From now on it is noticed if the client hangs up, or says more than it may. Returns 0 or a negative errno. */
int request_watch(struct monitor *monitor, const struct request *request);

/* Asks the authority what may be asked now, in the order of arrival. */
void requests_ask(struct monitor *monitor);

/* The lease with this id has ended, and its device is gone: answers those who wanted it to. */
void requests_lease_gone(struct monitor *monitor, const uint8_t id[TB_ID_SIZE]);

/* Tells the clients that watch. reason is enum tb_reason for TB_EVENT_ENDED, else 0. */
void watchers_tell(struct monitor *monitor, const struct lease *lease, enum tb_event_what what, uint32_t reason);

/* Begins to tell this client what happens. */
void watch_begin(struct monitor *monitor, struct request *request);

/* Answers a client that wants to know which leases there are. */
void leases_answer(struct monitor *monitor, const struct request *request);

/* Answers a client that wants to know which networks there are. */
void networks_answer(struct monitor *monitor, const struct peer *peer);

/* Sends a question, or takes one back. End the broker if the authority does not take it. */
void authority_ask(struct monitor *monitor, const struct request *request);
void authority_cancel(struct monitor *monitor, const struct request *request);

/* A child's channel has ended: says so, and how the child ended if that is known, and ends the broker. */
_Noreturn void child_lost(const char *name, int error);

/* Reads verdicts. */
void authority_event(struct monitor *monitor);

/* The request has passed both keys: makes the device and hands it over. */
void grant(struct monitor *monitor, struct request *request);

/* Has the next device moved to its client's network namespace: one at a time, in the order of arrival, and with a pause
 * between two. Returns the milliseconds until the next one may, or -1 if none waits. */
int moves_proceed(struct monitor *monitor);

/* The reaper has moved the device of monitor->moving to its client's network namespace, or could not. */
void grant_moved(struct monitor *monitor, int result);

/* The client of a lease has hung up, or sent something. */
void lease_interrupted(struct monitor *monitor, uint32_t number);

/* The kernel has deleted the device with this ifindex, which may be a lease's. */
void lease_device_gone(struct monitor *monitor, uint32_t ifindex);

/* The reaper has deleted the device of this lease, or could not. */
void lease_reaped(struct monitor *monitor, uint32_t number, int result);

/* The lease's turn is over, see turns.h. */
void lease_turn_over(struct monitor *monitor, struct lease *lease);

/* Ends the lease: tells its holder why, if there is one that listens, and has the device deleted. */
void lease_end(struct monitor *monitor, struct lease *lease, enum tb_reason reason);

/* The same for a lease that never began: nobody is told, and the log knows of it already. */
void lease_discard(struct monitor *monitor, struct lease *lease);

/* Keeps an adopted lease by its lifeline, if that was saved, or by the process that holds it; -1: neither. */
void lease_keep(struct monitor *monitor, struct lease *lease, int lifeline, int holder);

/* The process that held a lease whose lifeline was lost has ended. */
void lease_holder_gone(struct monitor *monitor, uint32_t number);

/* What the guard has to say of a lease's device: 0, or why the lease must end. */
enum tb_reason guard_check(const struct monitor *monitor, const struct lease *lease, const struct link *link);

/* Reads what the kernel tells of bridges' forwarding tables. Returns false if there was nothing. */
bool fdb_event(struct monitor *monitor);

/* The port with this ifindex is gone: puts the entries of an administrator's back that it had pushed out. */
void fdb_restore(struct monitor *monitor, uint32_t taker);

/* Looks at the device of a lease, and ends the lease if it is not as we made it. */
void guard_look(struct monitor *monitor, struct lease *lease, const struct link *link);

/* The kernel tells of a change of a link, which may be a lease's. The changes are counted, too. */
void guard_event(struct monitor *monitor, const struct link *link);

/* Ends the leases whose holders have not read their answer in time. Returns the milliseconds until the next deadline,
 * or -1. */
int leases_expire(struct monitor *monitor);

/* Asks the kernel about the devices of this uid's leases, or of all: calls each() once for each of those, and maybe for
 * others; link is NULL if it is gone. count says how many there are, about. each() may end the lease. */
#define LINKS_OF_ALL ((uid_t)-1)
void links_look(struct monitor *monitor, uid_t uid, uint32_t count,
		void (*each)(void *context, struct lease *lease, const struct link *link), void *context);

/* Reads what the kernel tells of links. */
void links_event(struct monitor *monitor);

/* Takes over the leases of the devices that an earlier monitor left, and deletes those that are nobody's any more.
 * Returns 0 or a negative errno. */
int links_adopt(struct monitor *monitor);

#endif
