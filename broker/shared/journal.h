/* The journal's own protocol, for lines of KEY=VALUE words: each word is a field of the entry too, so that
 * `journalctl TAPBROKER_LEASE=...` finds it. Linked into the clerk.
 */
#ifndef TB_JOURNAL_H
#define TB_JOURNAL_H

#include <stddef.h>

/* Connects to the journal if standard error leads there. Called before lock-down, if at all. */
void journal_open(void);

/* Says the line as tb_log() does; in the journal it has a field TAPBROKER_KEY for each KEY=VALUE in it. Only what was
 * validated may stand in it. Keeps errno. */
void journal_log(int level, const char *line);

/* Writes the datagram for that line. Returns its size, or 0 if it does not fit. */
size_t journal_record(int level, const char *line, char *record, size_t size);

#endif
