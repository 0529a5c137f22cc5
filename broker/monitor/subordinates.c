/* Subordinate uids: see subordinates.h. Runs in tapbrokerd before lock-down, as root, on a file of root's. */
#include "broker/monitor/subordinates.h"

#include "broker/monitor/users.h"
#include "broker/shared/log.h"
#include "proto/number.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "alice:100000:65536", or with her uid in place of her name. Takes the line apart. */
static int read_range(char *line, struct subordinate *range)
{
	char *rest = line;
	const char *owner = strsep(&rest, ":");
	const char *first = strsep(&rest, ":");
	uint64_t number;
	uint64_t count;

	if (first == NULL || rest == NULL || tb_number_read(first, 1, UINT32_MAX - 1, &number) < 0 ||
	    tb_number_read(rest, 1, UINT32_MAX - number, &count) < 0)
		return -EINVAL;
	range->first = (uid_t)number;
	range->count = (uint32_t)count;
	if (tb_number_read(owner, 0, UINT32_MAX - 1, &number) == 0)
		range->owner = (uid_t)number;
	else if (users_find_uid(owner, &range->owner) < 0)
		return -ENOENT;
	return 0;
}

static void add_range(char *line, struct network_table *table)
{
	struct subordinate range;
	int ret = read_range(line, &range);

	if (ret == -EINVAL)
		tb_log(TB_LOG_WARNING, "/etc/subuid has a line that is not NAME:FIRST:COUNT: it is passed over");
	/* A user that is gone asks for nothing. */
	if (ret < 0 || range.owner == 0)
		return;
	if (table->subordinates_count < SUBORDINATES_MAX)
		table->subordinates[table->subordinates_count++] = range;
	else
		tb_log(TB_LOG_WARNING, "/etc/subuid has more than %d ranges: uids from %u on count for themselves",
		       SUBORDINATES_MAX, range.first);
}

void subordinates_read(const char *path, struct network_table *table)
{
	FILE *file = fopen(path, "re");
	char line[256];

	if (file == NULL && errno != ENOENT)
		tb_log(TB_LOG_WARNING, "%s: %s: subordinate uids count for themselves", path, strerror(errno));
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\0' && line[0] != '#')
			add_range(line, table);
	}
	if (file != NULL)
		fclose(file);
}
