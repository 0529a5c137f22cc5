/* The syntax of a client's one message. */
#ifndef TB_REQUEST_H
#define TB_REQUEST_H

#include "message.h"

#include <stdbool.h>
#include <stddef.h>

/* A client's message, of size bytes, is aligned for struct tb_request. Only what the functions have let through may be
 * read. */

/* True if the message is a request that its broker could do: it is whole, and everything in its head that can be judged
 * without knowing any network is as the protocol says. */
bool tb_request_valid(const void *message, size_t size);

/* True if the message is a head with the right header, and as many items behind it as it says, all of them valid, and
 * an external id if its flags say so. What else stands in the head is not looked at. */
bool tb_request_whole(const void *message, size_t size);

/* The external id that ends the request, of TB_EXTERNAL_ID_SIZE bytes; NULL: it has none. The request is whole. */
const char *tb_request_external_id(const struct tb_request *request);

/* True if these items are ones that a request could bring: each by itself, and no more of a kind and family than its
 * maximum. */
bool tb_items_valid(const struct tb_item *items, size_t count);

#endif
