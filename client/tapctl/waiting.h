/* A word on standard error while the broker is silent for long. */
#ifndef TAPCTL_WAITING_H
#define TAPCTL_WAITING_H

#include <stdbool.h>

/* After two seconds, says once what is waited for: "waiting for WHAT ...". waiting_end() is called before tapctl becomes
 * another program, for which the clock would go on. */
void waiting_begin(const char *what);
void waiting_end(void);

/* No such words, nor other hints, from now on. */
void hints_off(void);

/* True if hints are wanted. */
bool hints_wanted(void);

#endif
