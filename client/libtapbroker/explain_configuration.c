/* tap_explain_configuration(): what would become of a configuration. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/hex.h"
#include "proto/name.h"
#include "proto/prefix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HOLDER_SIZE sizeof(((struct tap_configuration_explanation *)0)->holder)
#define FIRST_SIZE (offsetof(struct tap_configuration_explanation, details) + TB_TUNNEL_DETAILS_SIZE)

_Static_assert(offsetof(struct tap_configuration_explanation, holder) + HOLDER_SIZE ==
		       sizeof(struct tap_configuration_explanation),
	       "padding at the end would hide a new member");
_Static_assert(TAP_ENTRIES_MAX == TB_ITEMS_MAX, "the public numbers are those of the wire");
_Static_assert(TAP_ALLOWS_DEFAULT_ROUTE == (int)TB_ALLOWS_DEFAULT_ROUTE &&
		       TAP_ALLOWS_KILL_SWITCH == (int)TB_ALLOWS_KILL_SWITCH,
	       "the public numbers are those of the wire");
_Static_assert(sizeof(((struct tap_configuration_explanation *)0)->addresses) >= TB_PREFIXES_MAX * TB_PREFIX_TEXT,
	       "all prefixes fit");

/* One call. */
struct explain_configuration {
	struct tb_configure_message message;
	struct tb_configure_explanation answer;
	struct tap_configuration_explanation told;
	struct tb_report report;
};

/* Writes the list as a text with blanks between. Returns 0, or -EPROTO if there is no such prefix. */
static int write_prefixes(const struct tb_allowed list[TB_PREFIXES_MAX], char text[TB_PREFIXES_MAX * TB_PREFIX_TEXT])
{
	size_t used = 0;

	for (size_t i = 0; i < TB_PREFIXES_MAX && list[i].family != 0; i++) {
		struct tb_prefix prefix = {.family = list[i].family, .length = list[i].length};

		if ((prefix.family != 4 && prefix.family != 6) || prefix.length > tb_prefix_bits(prefix.family))
			return -EPROTO;
		memcpy(prefix.address, list[i].address, sizeof(prefix.address));
		if (used > 0)
			text[used++] = ' ';
		tb_prefix_write(&prefix, text + used);
		used += strlen(text + used);
	}
	return 0;
}

static int describe(const struct tb_configure_explanation *from, struct tap_configuration_explanation *told)
{
	if (!tb_field_printable(from->path, sizeof(from->path)) ||
	    !tb_field_printable(from->action, sizeof(from->action)) ||
	    !tb_field_printable(from->details, sizeof(from->details)))
		return -EPROTO;
	told->size = sizeof(*told);
	told->forbids = from->forbids;
	told->access = from->access;
	told->scope = from->scope;
	told->network_scope = from->network_scope;
	told->network_mtu = from->network_mtu;
	told->allows = from->allows;
	told->traits = from->traits;
	memcpy(told->entries, from->items, sizeof(told->entries));
	memcpy(told->lines, from->lines, sizeof(told->lines));
	memcpy(told->path, from->path, sizeof(told->path));
	memcpy(told->action, from->action, sizeof(told->action));
	memcpy(told->details, from->details, sizeof(told->details));
	if (!tb_field_empty((const char *)from->holder, sizeof(from->holder)))
		tb_hex_write(from->holder, sizeof(from->holder), told->holder);
	if (write_prefixes(from->addresses, told->addresses) < 0)
		return -EPROTO;
	return write_prefixes(from->routes, told->routes);
}

static int explain(const char *network, const struct tap_configuration *from, struct explain_configuration *call)
{
	struct tb_request *request = &call->message.request;
	struct tap_configuration configuration;
	int ret = tb_configuration_begin(TB_REQ_EXPLAIN_CONFIGURE, from, &configuration, request, &call->report);

	if (ret == 0 && (network == NULL || tb_field_set(request->network, sizeof(request->network), network) < 0))
		ret = -EINVAL;
	if (ret == 0)
		ret = tb_configuration_write(&configuration, &call->message);
	if (ret == 0)
		ret = tb_exchange(request, tb_deadline(configuration.timeout), &call->answer, sizeof(call->answer),
				  &call->report.failure);
	return ret == 0 ? describe(&call->answer, &call->told) : ret;
}

int tapbroker_explain_configuration(const char *network, const struct tap_configuration *configuration,
				    struct tap_configuration_explanation *explanation)
{
	struct explain_configuration *call;
	int ret = tb_sized_check(explanation, FIRST_SIZE);

	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	call = calloc(1, sizeof(*call));
	if (call == NULL)
		return -1;
	ret = explain(network, configuration, call);
	if (ret == 0)
		tb_sized_give(explanation, &call->told, sizeof(call->told));
	ret = tb_report_end(&call->report, ret);
	free(call);
	return ret;
}
TB_SHORT_NAME(explain_configuration);
