/* What a broker of this release can do: see about.h. No malloc, no stdio. */
#include "about.h"

#include "channel.h"
#include "name.h"

#include <string.h>

#define BIT(number) ((uint64_t)1 << (number))

void tb_about_fill(struct tb_about *about, const char *release)
{
	memset(about, 0, sizeof(*about));
	tb_header_set(&about->header, TB_ANS_ABOUT, sizeof(*about));
	about->status = TB_OK;
	about->protocol = TB_VERSION;
	about->requests = BIT(TB_REQ_OPEN) | BIT(TB_REQ_NETWORKS) | BIT(TB_REQ_LIST) | BIT(TB_REQ_RELEASE) |
			  BIT(TB_REQ_REVOKE) | BIT(TB_REQ_WATCH) | BIT(TB_REQ_ABOUT) | BIT(TB_REQ_CONFIGURE) |
			  BIT(TB_REQ_UNBLOCK) | BIT(TB_REQ_EXPLAIN) | BIT(TB_REQ_EXPLAIN_CONFIGURE) | BIT(TB_REQ_SHOW) |
			  BIT(TB_REQ_BLOCKS) | BIT(TB_REQ_DROPS);
	about->kinds = BIT(TB_KIND_TAP) | BIT(TB_KIND_TUN) | BIT(TB_KIND_MACVTAP);
	about->lifetimes = BIT(TB_LIFETIME_SESSION) | BIT(TB_LIFETIME_FD) | BIT(TB_LIFETIME_PERSISTENT) |
			   BIT(TB_LIFETIME_NAMESPACE) | BIT(TB_LIFETIME_NAMED);
	about->items_max = TB_ITEMS_MAX;
	about->item_kinds = BIT(TB_ITEM_ADDRESS) | BIT(TB_ITEM_ROUTE) | BIT(TB_ITEM_EXCLUDE) | BIT(TB_ITEM_SERVER);
	about->flags = TB_REQUEST_OPEN_FLAGS | TB_REQUEST_ALL | TB_REQUEST_KILL_SWITCH;
	tb_field_set(about->release, sizeof(about->release), release);
}
