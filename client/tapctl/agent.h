/* The agent that asks for a password at the terminal, for where there is none on a screen. */
#ifndef TAPCTL_AGENT_H
#define TAPCTL_AGENT_H

#include <stdbool.h>
#include <sys/types.h>

struct agent {
	pid_t pid; /* 0: none */
};

#define AGENT_NONE \
	{          \
		0  \
	}

/* True if somebody is there to type a password: standard input and standard error are a terminal in whose foreground
 * tapctl runs. */
bool at_terminal(void);

/* Starts pkttyagent for this process and waits until polkit knows it. Without a terminal, without pkttyagent, or for
 * root, whom polkit asks nothing, it does nothing: then there may still be an agent of the user's session. */
void agent_start(struct agent *agent);

/* Ends it and waits for its end, so that it neither reads what is typed for the next program nor is that one's
 * child. */
void agent_stop(struct agent *agent);

#endif
