/* Asked and allowed, row by row: see explain_rows.h. Runs as the user. */
#include "client/tapctl/explain_rows.h"

#include "client/tapctl/terms.h"
#include "proto/checks.h"
#include "proto/words.h"

#include <stdio.h>
#include <string.h>

/* The rows that are being written. */
struct rows {
	const struct tap_request *request;
	const struct tap_explanation *explanation;
	struct explain_row *rows;
	size_t count;
};

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

static struct explain_row *row_add(struct rows *to, const char *key, unsigned int check, bool wish)
{
	struct explain_row *row = &to->rows[to->count++];

	*row = (struct explain_row){.key = key,
				    .check = check,
				    .wish = wish,
				    .forbids = (to->explanation->forbids & (uint64_t)1 << check) != 0,
				    .line = to->explanation->lines[check]};
	return row;
}

void explain_row_allow(struct explain_row *row, const char *value)
{
	const char *key = tb_check_key(row->check);

	snprintf(row->allowed, sizeof(row->allowed), "%.30s=%.120s", key != NULL ? key : "", value);
}

static void allow_number(struct explain_row *row, unsigned int value)
{
	char digits[TB_NUMBER_TEXT];

	tb_number_write(value, digits);
	explain_row_allow(row, digits);
}

static void add_network(struct rows *to)
{
	bool off = (to->explanation->traits & TAP_NETWORK_OFF) != 0;
	struct explain_row *row = row_add(to, "network", TAP_CHECK_NETWORK, true);

	snprintf(row->asked, sizeof(row->asked), "%s", to->request->network);
	snprintf(row->allowed, sizeof(row->allowed), "%s",
		 off ? "it is off: its file has a mistake, which \"tapbrokerd --check\" shows"
		     : "there is no network file of that name");
	row->line = 0;
}

static void add_kind(struct rows *to)
{
	struct explain_row *row = row_add(to, "kind", TAP_CHECK_KIND, to->request->kind != TAP_KIND_ANY);
	char digits[TERM_TEXT];

	snprintf(row->asked, sizeof(row->asked), "%s", kind_term(to->explanation->kind, digits));
	explain_row_allow(row, kind_term(to->explanation->network_kind, digits));
}

static void add_name(struct rows *to)
{
	const struct tap_explanation *explanation = to->explanation;
	struct explain_row *row = row_add(to, "name", TAP_CHECK_NAME, explanation->name[0] != '\0');
	char names[ROW_TEXT / 2];

	snprintf(row->asked, sizeof(row->asked), "%s", explanation->name[0] != '\0' ? explanation->name : "any");
	snprintf(names, sizeof(names), "%s%s", explanation->names,
		 (explanation->traits & TAP_NETWORK_MORE_NAMES) != 0 ? " ..." : "");
	if (names[0] != '\0')
		explain_row_allow(row, names);
	else
		snprintf(row->allowed, sizeof(row->allowed), "without Names= the broker chooses every name");
}

static void add_mtu(struct rows *to)
{
	struct explain_row *row = row_add(to, "mtu", TAP_CHECK_MTU, to->request->mtu != 0);

	snprintf(row->asked, sizeof(row->asked), "%u", to->explanation->mtu);
	allow_number(row, to->explanation->network_mtu);
}

static void add_queues(struct rows *to)
{
	struct explain_row *row = row_add(to, "queues", TAP_CHECK_QUEUES, to->request->queues != 0);

	snprintf(row->asked, sizeof(row->asked), "%u", to->explanation->queues);
	allow_number(row, to->explanation->network_queues);
	if (row->forbids && to->explanation->queues <= to->explanation->network_queues) {
		snprintf(row->allowed, sizeof(row->allowed), "a device that is opened by name has 1 queue");
		row->line = 0;
	}
}

static void add_flag(struct rows *to, const char *key, unsigned int check, unsigned int flag)
{
	const struct tap_explanation *explanation = to->explanation;
	struct explain_row *row = row_add(to, key, check, (to->request->flags & flag) != 0);

	snprintf(row->asked, sizeof(row->asked), "%s", yes_no((explanation->flags & flag) != 0));
	explain_row_allow(row, yes_no((explanation->network_flags & flag) != 0));
}

static void add_netns(struct rows *to)
{
	unsigned int traits = to->explanation->traits;
	struct explain_row *row = row_add(to, "netns", TAP_CHECK_NETNS, (to->request->flags & TAP_NETNS) != 0);
	bool both = (traits & TAP_NETWORK_HOST) != 0 && (traits & TAP_NETWORK_CALLER) != 0;

	snprintf(row->asked, sizeof(row->asked), "%s", netns_word(to->explanation->flags));
	explain_row_allow(row, both ? "host caller" : (traits & TAP_NETWORK_CALLER) != 0 ? "caller" : "host");
}

static void add_lifetime(struct rows *to)
{
	const struct tap_explanation *explanation = to->explanation;
	struct explain_row *row =
		row_add(to, "lifetime", TAP_CHECK_LIFETIME, explanation->lifetime != TAP_LIFETIME_SESSION);
	char words[ROW_TEXT / 2] = "";
	char digits[TERM_TEXT];

	snprintf(row->asked, sizeof(row->asked), "%s", lifetime_term(explanation->lifetime, digits));
	for (unsigned int i = 0; tb_lifetime_word(i) != NULL; i++)
		if ((explanation->network_lifetimes & 1u << i) != 0)
			snprintf(words + strlen(words), sizeof(words) - strlen(words), "%s%s",
				 words[0] != '\0' ? " " : "", tb_lifetime_word(i));
	explain_row_allow(row, words);
	if (row->forbids && explanation->lifetime < 32 &&
	    (explanation->network_lifetimes & 1u << explanation->lifetime)) {
		snprintf(row->allowed, sizeof(row->allowed), "%s",
			 (explanation->flags & TAP_NETNS) != 0 ? "with --netns session and namespace"
							       : "only with --netns");
		row->line = 0;
	}
}

static void add_quotas(struct rows *to)
{
	const struct tap_explanation *explanation = to->explanation;
	struct explain_row *row = row_add(to, "quota", TAP_CHECK_MAX_PER_USER, true);

	snprintf(row->asked, sizeof(row->asked), "%u of %u", explanation->held, explanation->limit);
	allow_number(row, explanation->limit);
	row = row_add(to, "quota_of_all_networks", TAP_CHECK_MAX_LEASES_PER_USER, false);
	snprintf(row->asked, sizeof(row->asked), "%u of %u", explanation->held_overall, explanation->limit_overall);
	snprintf(row->allowed, sizeof(row->allowed), "--max-leases-per-user of tapbrokerd");
	row->line = 0;
	row = row_add(to, "devices", TAP_CHECK_MAX, (explanation->traits & TAP_NETWORK_TOLD_ALL) != 0);
	if (row->wish) {
		snprintf(row->asked, sizeof(row->asked), "%u of %u", explanation->held_by_all, explanation->max);
		allow_number(row, explanation->max);
	} else {
		snprintf(row->allowed, sizeof(row->allowed), "the network has handed out all (Max=)");
	}
}

size_t explain_rows(const struct tap_request *request, const struct tap_explanation *explanation,
		    struct explain_row rows[ROWS_MAX])
{
	struct rows to = {request, explanation, rows, 0};

	if ((explanation->forbids & (uint64_t)1 << TAP_CHECK_NETWORK) != 0) {
		add_network(&to);
		return to.count;
	}
	add_kind(&to);
	add_name(&to);
	add_mtu(&to);
	add_queues(&to);
	add_flag(&to, "vnet_hdr", TAP_CHECK_VNET_HDR, TAP_VNET_HDR);
	add_flag(&to, "vhost", TAP_CHECK_VHOST, TAP_VHOST);
	add_netns(&to);
	add_lifetime(&to);
	add_quotas(&to);
	return to.count;
}

/* A text of ours in place of a key has no line. */
static bool has_key(const struct explain_row *row)
{
	const char *key = tb_check_key(row->check);
	size_t length = key != NULL ? strlen(key) : 0;

	return length > 0 && strncmp(row->allowed, key, length) == 0 && row->allowed[length] == '=';
}

void explain_row_reason(const struct explain_row *row, char text[REASON_TEXT])
{
	if (row->line != 0)
		snprintf(text, REASON_TEXT, "%s, line %u", row->allowed, row->line);
	else
		snprintf(text, REASON_TEXT, "%s%s", row->allowed, has_key(row) ? " (default)" : "");
}
