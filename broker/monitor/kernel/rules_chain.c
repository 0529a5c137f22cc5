/* A lease's part of its chain: see rules.h. Runs in the monitor; needs no right. */
#include "broker/monitor/kernel/rules.h"

#include "proto/hex.h"

#include <stdio.h>
#include <string.h>

/* fe80::, and the MAC with ff:fe in the middle and one bit turned. */
static void make_link_local(const uint8_t mac[TB_MAC_SIZE], uint8_t address[16])
{
	memcpy(address, "\xfe\x80\0\0\0\0\0", 8);
	memcpy(address + 8, mac, 3);
	address[8] ^= 2;
	memcpy(address + 11, "\xff\xfe", 2);
	memcpy(address + 13, mac + 3, 3);
}

void rules_chain(struct rules_chain *chain, const uint8_t lease[TB_ID_SIZE], const char *what, const char *device,
		 const uint8_t mac[TB_MAC_SIZE])
{
	char id[TB_ID_TEXT];

	memset(chain, 0, sizeof(*chain));
	tb_hex_write(lease, TB_ID_SIZE, id);
	snprintf(chain->table, sizeof(chain->table), RULES_TABLE "%02x", lease[0]);
	snprintf(chain->name, sizeof(chain->name), "%s%s", id, what);
	snprintf(chain->device, sizeof(chain->device), "%s", device);
	memcpy(chain->mac, mac, TB_MAC_SIZE);
	make_link_local(mac, chain->link_local);
}
