/* By which numbers the kernel's entries of tunnels are known. */
#ifndef TB_TUNNEL_NUMBERS_H
#define TB_TUNNEL_NUMBERS_H

/* The protocol number of all that is ours (ip-route(8)). */
#define TUNNEL_PROTOCOL 97

#define TUNNELS_MAX 2048

/* Routing tables are numbered from here on, and the priorities of rules: those of the first tunnel. */
#define TUNNEL_TABLE 97000
#define TUNNEL_PRIORITY 10000
#define TUNNEL_LEVELS 7

#endif
