/* The host's packet filter, by libnftables. For the other files of this folder; they run as root. */
#ifndef TB_SETUP_NFT_H
#define TB_SETUP_NFT_H

#include "broker/shared/netlink/link.h"

#include <stdbool.h>
#include <stddef.h>

/* The name of a network's table, of the family inet. */
#define NFT_TABLE_PREFIX "tapbroker-net-"

/* Runs commands as nft(8) would, all of them or none. Returns 0, or -EINVAL after what nft says was logged. */
int nft_run(const char *commands);

/* What these commands print; the caller frees it. NULL if they fail, which is logged only if quiet is false: without
 * rights nothing can be seen. */
char *nft_list(const char *commands, bool quiet);

/* True if somebody else's table filters or translates forwarded packets: another program relies on forwarding. */
bool nft_others_forward(void);

#endif
