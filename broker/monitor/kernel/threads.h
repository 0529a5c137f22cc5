/* The monitor's threads: the closer's and the reaper's. They are started before the filter is loaded: a thread that
 * starts makes system calls that the filter does not know. None of them ends before the process does. */
#ifndef TB_THREADS_H
#define TB_THREADS_H

#include "broker/monitor/kernel/closer.h"
#include "broker/monitor/kernel/reaper.h"

/* Start the threads, and wait until all of them run. Return 0, or a negative errno: then the caller ends the
 * process. */
int threads_start_closer(struct closer *closer);
int threads_start_reaper(struct reaper *reaper);

#endif
