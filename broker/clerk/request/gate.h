/* The two keys of every device: see gate.c. */
#ifndef TB_GATE_H
#define TB_GATE_H

#include "broker/monitor/answer.h"
#include "broker/monitor/monitor.h"

/* What the kernel calls every user that it cannot name here. */
#define OVERFLOW_UID 65534

enum passage_way {
	PASSAGE_REFUSED,
	PASSAGE_ASK, /* polkit */
	PASSAGE_OPEN,
};

struct passage {
	enum passage_way way;
	struct outcome outcome; /* for the client, if refused */
	const char *reason;     /* for the log, if refused */
};

/* Decides on a request whose syntax is right: when it has arrived, and again when polkit has said yes to it. Sets
 * request->network. */
struct passage gate(const struct monitor *monitor, struct request *request);

#endif
