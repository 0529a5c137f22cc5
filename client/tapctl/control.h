/* The socket at which the stand-ins for ip and ifconfig ask. */
#ifndef TAPCTL_CONTROL_H
#define TAPCTL_CONTROL_H

#include "client/tapctl/device_settings.h"

struct control {
	int listener;
	int ip; /* the real programs, to be executed; -1: there is none */
	int ifconfig;
};

#define CONTROL_NONE                                     \
	{                                                \
		.listener = -1, .ip = -1, .ifconfig = -1 \
	}

/* Opens it, and puts its name and the stand-ins' directory into the environment. Returns 0, or -1 and errno; what is in
 * *control is the caller's to close in any case. */
int control_open(struct control *control);

/* Answers one question, of whoever has the same user id. */
void control_serve(const struct control *control, struct configurable *all);

void control_close(struct control *control);

#endif
