/* One line to stderr, with the level that the journal understands. Linked into all of the broker's processes.
 *
 * What a client sent is printed only after proto/name.h has accepted it: no text of a stranger's reaches a line.
 */
#ifndef TB_LOG_H
#define TB_LOG_H

/* The levels of syslog(3), without its header. */
#define TB_LOG_ERROR 3
#define TB_LOG_WARNING 4
#define TB_LOG_NOTICE 5
#define TB_LOG_INFO 6

/* Leaves the level out from now on if stderr is a terminal. Called before lock-down, if at all. */
void tb_log_open(void);

/* Writes one line of at most 511 bytes; a longer one is cut. Keeps errno. */
void tb_log(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes one line at level error, and ends the process with code 1. */
_Noreturn void tb_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
