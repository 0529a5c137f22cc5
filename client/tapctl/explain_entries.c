/* Asked and allowed, for addresses and routes: see explain_rows.h. Runs as the user. */
#include "client/tapctl/explain_rows.h"

#include "client/tapctl/terms.h"

#include <stdio.h>
#include <string.h>

/* The rows that are being written. */
struct entries {
	const struct tap_configuration *configuration;
	const struct tap_configuration_explanation *explanation;
	struct explain_row *rows;
	size_t count;
};

static struct explain_row *entry_row(struct entries *to, const char *key, unsigned int check, bool forbids)
{
	struct explain_row *row = &to->rows[to->count++];

	*row = (struct explain_row){.key = key,
				    .check = check,
				    .wish = true,
				    .forbids = forbids,
				    .line = to->explanation->lines[check]};
	return row;
}

static bool forbids(const struct entries *to, unsigned int check)
{
	return (to->explanation->forbids & (uint64_t)1 << check) != 0;
}

static const char *entry_key(unsigned int kind)
{
	switch (kind) {
	case TAP_ENTRY_ADDRESS:
		return "address";
	case TAP_ENTRY_ROUTE:
		return "route";
	case TAP_ENTRY_EXCLUDE:
		return "exclude";
	default:
		return "server";
	}
}

static bool is_in_use(unsigned int check)
{
	return check == TAP_CHECK_ADDRESS_IN_USE || check == TAP_CHECK_ROUTE_IN_USE;
}

/* What has it already, as far as that is told. */
static void write_use(const struct tap_configuration_explanation *explanation, struct explain_row *row)
{
	if (explanation->holder[0] != '\0')
		snprintf(row->allowed, sizeof(row->allowed), "in use by lease %s", explanation->holder);
	else
		snprintf(row->allowed, sizeof(row->allowed), "%s", tap_check(row->check));
	row->line = 0;
}

/* Where the entry may lie. What only takes away from the routes may lie anywhere. */
static void allow_entry(const struct entries *to, const struct tap_entry *entry, struct explain_row *row)
{
	const struct tap_configuration_explanation *explanation = to->explanation;

	if (is_in_use(row->check)) {
		write_use(explanation, row);
		return;
	}
	if (entry->kind != TAP_ENTRY_ADDRESS && entry->kind != TAP_ENTRY_ROUTE) {
		snprintf(row->allowed, sizeof(row->allowed), "any");
		row->line = 0;
		return;
	}
	if (row->check == TAP_CHECK_DEFAULT_ROUTE)
		explain_row_allow(row, "no");
	else if (row->check == TAP_CHECK_ADDRESSES && explanation->addresses[0] == '\0')
		snprintf(row->allowed, sizeof(row->allowed),
			 "without Addresses= no device of this network has addresses or routes");
	else if (row->check == TAP_CHECK_ROUTES && explanation->routes[0] == '\0')
		snprintf(row->allowed, sizeof(row->allowed), "without Routes= only what lies in Addresses=%.100s",
			 explanation->addresses);
	else
		explain_row_allow(row, entry->kind == TAP_ENTRY_ADDRESS ? explanation->addresses : explanation->routes);
}

static void add_entry(struct entries *to, size_t number)
{
	const struct tap_entry *entry = &to->configuration->entries[number];
	unsigned int check = to->explanation->entries[number];
	unsigned int compares = entry->kind == TAP_ENTRY_ADDRESS ? TAP_CHECK_ADDRESSES : TAP_CHECK_ROUTES;
	bool refused = check != TAP_CHECK_NONE;
	struct explain_row *row = entry_row(to, entry_key(entry->kind), refused ? check : compares, refused);

	snprintf(row->asked, sizeof(row->asked), "%s%s%s", entry->prefix,
		 entry->peer == NULL                ? ""
		 : entry->kind == TAP_ENTRY_ADDRESS ? " peer "
						    : " via ",
		 entry->peer != NULL ? entry->peer : "");
	allow_entry(to, entry, row);
}

static void add_network(struct entries *to)
{
	bool off = (to->explanation->traits & TAP_NETWORK_OFF) != 0;
	struct explain_row *row = entry_row(to, "network", TAP_CHECK_NETWORK, true);

	snprintf(row->allowed, sizeof(row->allowed), "%s",
		 off ? "it is off: its file has a mistake" : "there is no network file of that name");
	row->line = 0;
}

static void add_mtu(struct entries *to)
{
	struct explain_row *row = entry_row(to, "mtu", TAP_CHECK_MTU, forbids(to, TAP_CHECK_MTU));
	char most[16];

	snprintf(row->asked, sizeof(row->asked), "%u", to->configuration->mtu);
	snprintf(most, sizeof(most), "%u", to->explanation->network_mtu);
	explain_row_allow(row, most);
}

static void add_scope(struct entries *to)
{
	struct explain_row *row = entry_row(to, "scope", TAP_CHECK_SCOPE, forbids(to, TAP_CHECK_SCOPE));

	snprintf(row->asked, sizeof(row->asked), "%s", to->explanation->scope == TAP_SCOPE_HOST ? "host" : "user");
	explain_row_allow(row, to->explanation->network_scope == TAP_SCOPE_HOST ? "host" : "user");
}

static void add_kill_switch(struct entries *to)
{
	bool allowed = (to->explanation->allows & TAP_ALLOWS_KILL_SWITCH) != 0;
	struct explain_row *row =
		entry_row(to, "killswitch", TAP_CHECK_KILL_SWITCH, forbids(to, TAP_CHECK_KILL_SWITCH));

	snprintf(row->asked, sizeof(row->asked), "yes");
	explain_row_allow(row, allowed ? "yes" : "no");
}

static bool any_row(const struct entries *to, unsigned int check)
{
	for (size_t i = 0; i < to->count; i++)
		if (to->rows[i].forbids && to->rows[i].check == check)
			return true;
	return false;
}

/* Two tunnels take everything, by whatever routes each of them does. */
static void add_everything_in_use(struct entries *to)
{
	struct explain_row *row = entry_row(to, "route", TAP_CHECK_ROUTE_IN_USE, true);

	snprintf(row->asked, sizeof(row->asked), "everything");
	write_use(to->explanation, row);
}

size_t explain_entries(const struct tap_configuration *configuration,
		       const struct tap_configuration_explanation *explanation, struct explain_row rows[ENTRY_ROWS_MAX])
{
	struct entries to = {configuration, explanation, rows, 0};

	if (forbids(&to, TAP_CHECK_NETWORK)) {
		add_network(&to);
		return to.count;
	}
	if (configuration->mtu != 0)
		add_mtu(&to);
	if (configuration->scope != TAP_SCOPE_NETWORK)
		add_scope(&to);
	if ((configuration->flags & TAP_KILL_SWITCH) != 0)
		add_kill_switch(&to);
	for (size_t i = 0; i < configuration->entries_count; i++)
		add_entry(&to, i);
	if (forbids(&to, TAP_CHECK_ROUTE_IN_USE) && !any_row(&to, TAP_CHECK_ROUTE_IN_USE))
		add_everything_in_use(&to);
	return to.count;
}
