/* The words for the numbers of message.h: in network files, options, the log, polkit's details, lists and events. Each
 * stands here once.
 *
 * A number without a word may come from a later release: there the functions return NULL, and who shows it shows the
 * number.
 */
#ifndef TB_WORDS_H
#define TB_WORDS_H

#include <stdbool.h>
#include <stdint.h>

const char *tb_kind_word(uint32_t kind);         /* enum tb_kind: "tap"; NULL for TB_KIND_ANY too */
const char *tb_mode_word(uint32_t mode);         /* enum tb_macvtap_mode: "bridge"; NULL for TB_MODE_NONE too */
const char *tb_lifetime_word(uint32_t lifetime); /* enum tb_lifetime: "session" */
const char *tb_scope_word(uint32_t scope);       /* enum tb_scope: "user"; NULL for TB_SCOPE_NETWORK too */
const char *tb_reason_word(uint32_t reason);     /* enum tb_reason: "released" */
const char *tb_stage_word(uint32_t stage);       /* enum tb_stage: "create" */
const char *tb_event_word(uint32_t what);        /* enum tb_event_what: "opened" */

/* True of a lifetime whose device belongs to its user, who opens it by its name: no fds of it come. */
bool tb_lifetime_by_name(uint32_t lifetime);

/* The number for a word. Return 0, or -EINVAL if there is none. */
int tb_kind_read(const char *word, uint32_t *kind);
int tb_mode_read(const char *word, uint32_t *mode);
int tb_lifetime_read(const char *word, uint32_t *lifetime);
int tb_scope_read(const char *word, uint32_t *scope);

#endif
