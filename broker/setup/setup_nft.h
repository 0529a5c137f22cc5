/* The host's packet filter, by libnftables. For the other files of this folder; they run as root. */
#ifndef TB_SETUP_NFT_H
#define TB_SETUP_NFT_H

#include "broker/shared/netlink/link.h"

#include <stdbool.h>
#include <stddef.h>

/* How the names of all tables of ours begin. */
#define TABLES_PREFIX "tapbroker-"

/* A network's: this and the network's name. */
#define TABLES_NETWORK_PREFIX TABLES_PREFIX "net-"

/* Runs commands as nft(8) would, all of them or none. Returns 0, or -EINVAL after what nft says was logged. */
int nft_run(const char *commands);

/* The same for commands in a file. */
int nft_run_file(const char *path);

/* What these commands print; the caller frees it. NULL if they fail, which is logged only if quiet is false: without
 * rights nothing can be seen. */
char *nft_list(const char *commands, bool quiet);

/* True if somebody else's table filters or translates forwarded packets: another program relies on forwarding. */
bool nft_others_forward(void);

#endif
