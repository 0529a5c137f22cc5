/* What a reload would change: see changes.h. Runs in tapbrokerd --check, as root; it only compares and prints. */
#include "broker/config/changes.h"

#include <string.h>

const char *change_word(enum change_kind kind)
{
	static const char *const words[] = {
		[CHANGE_NONE] = "none", [CHANGE_NEW] = "new", [CHANGE_GONE] = "gone",
		[CHANGE_OFF] = "off",   [CHANGE_ON] = "on",   [CHANGE_VALUES] = "changed",
	};

	return words[kind];
}

static void compare_keys(const struct network_values *of, const struct network_values *before,
			 const struct network_values *after, bool only_missing,
			 void (*each)(void *context, const char *key, const char *before, const char *after),
			 void *context)
{
	for (size_t i = 0; i < of->count; i++) {
		const char *key = of->values[i].key;
		const char *old = network_value_of(before, key);
		const char *new = network_value_of(after, key);

		if (only_missing ? new == NULL : old == NULL || strcmp(old, new) != 0)
			each(context, key, old, new);
	}
}

void change_values(const struct change *change,
		   void (*each)(void *context, const char *key, const char *before, const char *after), void *context)
{
	static struct network_values before, after;

	network_values(change->before, &before);
	network_values(change->after, &after);
	compare_keys(&after, &before, &after, false, each, context);
	compare_keys(&before, &before, &after, true, each, context);
}

static void notice_value(void *context, const char *key, const char *before, const char *after)
{
	(void)key, (void)before, (void)after;
	*(bool *)context = true;
}

static enum change_kind kind_of_change(const struct change *change)
{
	bool differs = false;

	if (change->before == NULL)
		return CHANGE_NEW;
	if (change->after == NULL)
		return CHANGE_GONE;
	if (change->before->off != change->after->off)
		return change->after->off ? CHANGE_OFF : CHANGE_ON;
	if (!change->after->off)
		change_values(change, notice_value, &differs);
	return differs ? CHANGE_VALUES : CHANGE_NONE;
}

/* Both tables are in the order of their names. */
void changes_find(const struct running *running, const struct network_table *after,
		  void (*each)(void *context, const struct change *change), void *context)
{
	const struct network_table *before = running->networks;
	size_t old = 0;
	size_t new = 0;

	while (old < before->count || new < after->count) {
		struct change change = {0};
		int order;

		if (old == before->count)
			order = 1;
		else if (new == after->count)
			order = -1;
		else
			order = strcmp(before->networks[old].name, after->networks[new].name);
		if (order <= 0)
			change.before = &before->networks[old++];
		if (order >= 0)
			change.after = &after->networks[new ++];
		change.kind = kind_of_change(&change);
		if (change.kind != CHANGE_NONE)
			each(context, &change);
	}
}

static void print_value(void *context, const char *key, const char *before, const char *after)
{
	FILE *out = context;

	if (before == NULL)
		fprintf(out, "    %s=%s is new\n", key, after);
	else if (after == NULL)
		fprintf(out, "    %s=%s is gone\n", key, before);
	else
		fprintf(out, "    %s=%s becomes %s\n", key, before, after);
}

static void print_leases(const struct running *running, const char *network, FILE *out)
{
	for (size_t i = 0; i < running->leases_count; i++) {
		const struct running_lease *lease = &running->leases[i];

		if (strcmp(lease->network, network) == 0)
			fprintf(out, "    a lease goes on: %s of uid %u, pid %u\n", lease->name, lease->uid,
				lease->pid);
	}
}

struct printing {
	const struct running *running;
	FILE *out;
	size_t count;
};

static void print_change(void *context, const struct change *change)
{
	static const char *const texts[] = {
		[CHANGE_NEW] = "is new",
		[CHANGE_GONE] = "is gone: nothing more is handed out of it",
		[CHANGE_OFF] = "is off, because of a mistake: nothing more is handed out of it",
		[CHANGE_ON] = "is on again",
		[CHANGE_VALUES] = "changes",
	};
	const char *name = change->after != NULL ? change->after->name : change->before->name;
	struct printing *printing = context;

	if (printing->count++ == 0)
		fputs("A reload would change:\n", printing->out);
	fprintf(printing->out, "  network %s %s\n", name, texts[change->kind]);
	if (change->kind == CHANGE_VALUES)
		change_values(change, print_value, printing->out);
	print_leases(printing->running, name, printing->out);
}

size_t changes_print(const struct running *running, const struct network_table *after, FILE *out)
{
	struct printing printing = {running, out, 0};

	changes_find(running, after, print_change, &printing);
	if (printing.count == 0)
		fputs("A reload would change nothing.\n", out);
	return printing.count;
}
