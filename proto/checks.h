/* The words for what refuses, of which each stands here once: for the log, for libtapbroker, for tapctl. */
#ifndef TB_CHECKS_H
#define TB_CHECKS_H

#include <stdint.h>

/* All take an enum tb_check. One that is not known may come from a later release. */

/* As the broker's log says it: "ceiling-mtu"; NULL: not known. */
const char *tb_check_word(uint32_t check);

/* The key of the network file that it compares with: "MTU"; NULL: none. */
const char *tb_check_key(uint32_t check);

/* What refused, and what to do next, for people; NULL: not known. */
const char *tb_check_text(uint32_t check);

#endif
