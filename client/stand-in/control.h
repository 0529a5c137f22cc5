/* Between tapctl's stand-ins for ip and ifconfig, and the tapctl that waits for what they were told: over an abstract
 * socket of type SOCK_SEQPACKET, one question and one answer, both of the same user. */
#ifndef STAND_IN_CONTROL_H
#define STAND_IN_CONTROL_H

#include <stdint.h>

/* The environment's variable that has the socket's name, without the leading NUL. */
#define CONTROL_VARIABLE "TAPBROKER_CONTROL"

/* The question: the name of the program and its words, each with a NUL behind it. */
#define CONTROL_QUESTION_MAX 4096

enum control_verdict {
	CONTROL_DONE = 1,    /* it was about a device of ours, and is done */
	CONTROL_REFUSED = 2, /* it was, and cannot be; tapctl has said why */
	CONTROL_PASS =
		3, /* it is the real program's; an fd of that comes with the answer, if there is such a program */
};

struct control_answer {
	uint32_t verdict;
};

#endif
