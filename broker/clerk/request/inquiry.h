/* Inquiries: what polkit would say. Runs in the clerk.
 *
 * A request that opens nothing asks polkit first what its client may know: an explanation, a list of networks, and
 * one for a device that the ceiling forbids. How many questions that takes never depends on what there is, so that
 * the time tells nothing; nobody is asked for a password; and a yes opens nothing.
 */
#ifndef TB_INQUIRY_H
#define TB_INQUIRY_H

#include "broker/clerk/request/request.h"

/* Writes the next question down in request->question. Returns false if polkit has answered all of them, or is not
 * asked: about uid 0. */
bool inquiry_next(struct request *request);

/* True if the question that polkit has answered was one of these. */
bool inquiry_asked(const struct request *request);

/* Takes polkit's answer. Returns 0, or -EAGAIN if it was none: polkit could not be asked. */
int inquiry_take(struct request *request, uint32_t word);

/* What polkit would say to the device that was asked for. */
enum tb_access inquiry_access(const struct request *request);

/* True if lists ask about this network: others do not see those that are not listed, or off. */
bool inquiry_is_about(const struct network *network);

/* Of a list: what polkit would say to the default device of that network; TB_ACCESS_NONE: it was not asked. */
enum tb_access inquiry_access_to(const struct request *request, const struct network *network);

/* True if the client may know everything about every network. */
bool inquiry_may_know_all(const struct request *request);

/* True if polkit would let the client have the network's default device, perhaps after a password: then it may know
 * what the network file says. */
bool inquiry_may_know_file(const struct request *request);

#endif
