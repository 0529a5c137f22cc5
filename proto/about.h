/* What a broker of this release can do: the answer to TB_REQ_ABOUT. */
#ifndef TB_ABOUT_H
#define TB_ABOUT_H

#include "message.h"

/* Fills in the whole message, header and all. release is a text of at most TB_RELEASE_SIZE - 1 characters; a longer one
 * is left out. It depends on nothing but this release, so it may be told to everybody. */
void tb_about_fill(struct tb_about *about, const char *release);

#endif
