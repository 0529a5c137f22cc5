/* What polkit takes for one question of the kind that the broker asks: the other part of the floor. Runs as root. */
#ifndef BENCH_POLKIT_H
#define BENCH_POLKIT_H

#include <sys/types.h>

/* Connects to polkitd and remembers whom to ask about. Ends the program on failure. */
void polkit_init(pid_t pid, uid_t uid);

/* One CheckAuthorization of org.tapbroker.open-tap, with as many details as the authority sends. Ends the program if
 * the answer is not yes. */
void polkit_check(void);

#endif
