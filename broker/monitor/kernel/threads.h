/* Threads of the monitor, started before its filter is: a thread that starts makes system calls that the filter does not
 * know. None of them ends before the process does. */
#ifndef TB_THREADS_H
#define TB_THREADS_H

#include <stddef.h>

/* Starts count threads, each with the next one of an array of contexts of this size, and waits until all of them run;
 * with size 0 all have the same one. A context outlives its thread. run() does not return. Returns 0 or a negative errno. */
int threads_start(void (*run)(void *context), void *contexts, size_t size, unsigned int count);

#endif
