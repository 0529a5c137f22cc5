/* The lines of a network file. Runs in tapbrokerd before lock-down, as root, on the text of root's files; in no other
 * process. It allocates nothing.
 */
#ifndef TB_INI_H
#define TB_INI_H

#include <stddef.h>

#define INI_LINE_MAX 190 /* bytes: a line, and what is wrong with it, are to fit into one line of the log */

enum ini_kind {
	INI_END,     /* there is no further line */
	INI_SECTION, /* it begins with '[': name is the whole line */
	INI_KEY,     /* KEY=VALUE: name and value */
	INI_WRONG,   /* problem says why */
};

/* A text that is being read. The strings are good until the next line is read. */
struct ini {
	unsigned int line; /* number of the line that was read last, from 1 */
	const char *name;
	const char *value;
	const char *problem; /* what is wrong with the line, or NULL; an INI_KEY can have one, too */
	const char *next;    /* the first byte that was not read yet */
	const char *end;
	char text[INI_LINE_MAX + 1];
};

/* Begins a text. It need not end with a NUL or a newline, and must stay until the last line is read. */
void ini_start(struct ini *ini, const char *text, size_t size);

/* Reads to the next line that is not empty and not a comment. */
enum ini_kind ini_next(struct ini *ini);

#endif
