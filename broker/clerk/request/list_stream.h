/* Long lists, each of which is sent as fast as its client reads. Runs in the clerk; places for a few of them, and for
 * one of each user, made once.
 *
 * A client that does not read holds nobody else up: while somebody waits for a place, the list that has not moved for
 * longest ends, though not before a client that reads at all has moved it.
 */
#ifndef TB_LIST_STREAM_H
#define TB_LIST_STREAM_H

#include "broker/clerk/request/request.h"

#define STREAMS_MAX 8

/* Makes room for lists of so many entries. Returns 0 or -ENOMEM. */
int streams_init(uint32_t capacity);

/* Takes a place for the list that the request has asked for, of so many entries. Returns where they are to be written,
 * or NULL: there is no place now. */
struct tb_lease *stream_take(struct request *request, uint32_t count);

/* The entries of the request stand where they are to: begins to send them. */
void stream_begin(struct request *request);

/* Goes on with all lists, and ends those whose clients are gone or too slow. */
void streams_proceed(void);

/* Somebody waits for a place. If all are taken, and there is a client that reads nothing, its list ends. Returns true
 * if one has ended. */
bool streams_make_room(void);

#endif
