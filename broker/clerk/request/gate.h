/* The two keys of every device, as the clerk turns them: see gate.c. */
#ifndef TB_GATE_H
#define TB_GATE_H

#include "broker/clerk/request/request.h"

enum passage_way {
	PASSAGE_REFUSED,
	PASSAGE_ROOM, /* wait until a device is made, or deleted */
	PASSAGE_ASK,  /* polkit */
	PASSAGE_OPEN,
};

struct passage {
	enum passage_way way;
	struct outcome outcome; /* if refused */
};

/* Decides on a request whose syntax is right: when it has arrived, again whenever it may have room, and again when
 * polkit has said yes to it. Sets request->network and, of a request that polkit is to be asked about or that needs no
 * asking, request->question. */
struct passage gate(struct request *request);

#endif
