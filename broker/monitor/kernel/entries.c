/* Addresses, routes and rules: see entries.h. Runs in the monitor; USES CAP_NET_ADMIN. It does what it is told: what
 * may be made is decided above. */
#include "broker/monitor/kernel/entries.h"

struct template entry_templates[ENTRY_KINDS][2][2];

void entries_begin(struct entries *entries, struct link_socket *sock, bool remove)
{
	batch_begin(&entries->batch, sock);
	entries->remove = remove;
	entries->error = 0;
}

void entry_put(struct entries *entries, enum entry_kind kind, uint8_t family, const void *values)
{
	const struct template *template = &entry_templates[kind][family != 4][entries->remove];

	if (entries->batch.used + template->size > sizeof(entries->batch.bytes))
		entries_end(entries);
	template_put(&entries->batch, template, values);
}

int entries_end(struct entries *entries)
{
	int ret = entries->batch.expected > 0 ? batch_run(&entries->batch) : 0;

	if (entries->error == 0 && !entries->remove)
		entries->error = ret;
	batch_begin(&entries->batch, entries->batch.sock);
	return entries->error;
}
