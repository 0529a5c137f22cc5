/* Running another program of the host's. For the other files of this folder; they run as root. */
#ifndef TB_SETUP_PROGRAM_H
#define TB_SETUP_PROGRAM_H

#include <stddef.h>

/* Runs a program until it ends; words begins with its path and ends with NULL. It prints where we print. Returns 0 if
 * it ends well, -ENOENT if there is no such program, or another negative errno. */
int program_run(const char *const words[]);

/* The same, but what it prints goes into output, NUL at the end, as much as fits, and what it complains of nowhere: for
 * questions that may have no answer. */
int program_ask(const char *const words[], char *output, size_t size);

#endif
