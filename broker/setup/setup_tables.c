/* Our tables in the host's packet filter: see setup_tables.h. Runs in tapbroker-setup, as root. It must never touch a
 * table whose name does not begin as ours do, nor load what others than root may have written.
 *
 * A file of a table's name holds the commands that load it. It is put there when they have been carried out, and taken
 * away before the table is: what is there without a table was taken by somebody else.
 */
#include "broker/setup/setup_tables.h"

#include "broker/setup/setup_file.h"

#include "broker/shared/fd.h"
#include "broker/shared/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TABLES_DIRECTORY "/run/tapbroker/rules"

#define TABLE_PATH_SIZE 320
#define TABLE_COMMANDS "table inet %s\ndelete table inet %s\n"

/* The path of a table's file, or with mark "." of the one that becomes it. */
static const char *table_path(char path[TABLE_PATH_SIZE], const char *mark, const char *table)
{
	snprintf(path, TABLE_PATH_SIZE, TABLES_DIRECTORY "/%s%s", mark, table);
	return path;
}

/* The lock ends when the file descriptor that is returned is closed. -ENOENT: nothing was ever loaded. */
static int tables_lock(void)
{
	int fd TB_CLOSE = open(TABLES_DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return -errno;
	return tb_take(&fd);
}

static int tables_begin(void)
{
	if (mkdir(TABLES_DIRECTORY, 0700) < 0 && errno != EEXIST)
		return -errno;
	return tables_lock();
}

/* The commands that put this text in place of what the table has: one transaction. */
static int table_write(const char *path, const char *table, const char *text)
{
	FILE *file = fopen(path, "we");

	if (file == NULL)
		return -errno;
	fprintf(file, TABLE_COMMANDS "table inet %s {\n%s}\n", table, table, table, text);
	return setup_file_end(file);
}

static int table_complain(const char *table, int ret)
{
	tb_log(TB_LOG_ERROR, "table inet %s: %s", table, strerror(-ret));
	return ret;
}

int table_load(const char *table, const char *text)
{
	char path[TABLE_PATH_SIZE], coming[TABLE_PATH_SIZE];
	int lock TB_CLOSE = tables_begin();
	int ret = lock < 0 ? lock : table_write(table_path(coming, ".", table), table, text);

	if (ret == 0)
		ret = nft_run_file(coming);
	if (ret == 0 && rename(coming, table_path(path, "", table)) < 0)
		ret = -errno;
	return ret < 0 ? table_complain(table, ret) : 0;
}

int table_remove(const char *table)
{
	char path[TABLE_PATH_SIZE], commands[TABLE_PATH_SIZE * 2];
	int lock TB_CLOSE = tables_begin();
	int ret = lock < 0 ? lock : 0;

	if (ret == 0 && unlink(table_path(path, "", table)) < 0 && errno != ENOENT)
		ret = -errno;
	snprintf(commands, sizeof(commands), TABLE_COMMANDS, table, table);
	if (ret == 0)
		ret = nft_run(commands);
	return ret < 0 ? table_complain(table, ret) : 0;
}

/* The tables of the family inet that are there, one in a line; the caller frees it. */
static char *tables_list(void)
{
	return nft_list("list tables inet", false);
}

static bool table_is_there(const char *tables, const char *table)
{
	char line[TABLE_PATH_SIZE];

	snprintf(line, sizeof(line), "table inet %s\n", table);
	return strstr(tables, line) != NULL;
}

static unsigned int sweep_loaded(const char *prefix, bool (*stays)(const void *context, const char *table),
				 const void *context)
{
	static const char beginning[] = "table inet ";
	char *tables = tables_list();
	unsigned int problems = tables == NULL;
	char *rest = NULL;

	for (char *line = tables != NULL ? strtok_r(tables, "\n", &rest) : NULL; line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		const char *table = line + strlen(beginning);

		if (strncmp(line, beginning, strlen(beginning)) == 0 && strncmp(table, prefix, strlen(prefix)) == 0 &&
		    !stays(context, table))
			problems += table_remove(table) < 0;
	}
	free(tables);
	return problems;
}

/* Calls each() for every table of which something is written. */
static unsigned int each_written(unsigned int (*each)(const void *context, const char *table), const void *context)
{
	DIR *directory = opendir(TABLES_DIRECTORY);
	const struct dirent *entry;
	unsigned int problems = 0;

	while (directory != NULL && (entry = readdir(directory)) != NULL)
		if (strncmp(entry->d_name, TABLES_PREFIX, strlen(TABLES_PREFIX)) == 0)
			problems += each(context, entry->d_name);
	if (directory != NULL)
		closedir(directory);
	return problems;
}

struct written_sweep {
	const char *prefix;
	bool (*stays)(const void *context, const char *table);
	const void *context;
};

static unsigned int sweep_one_written(const void *context, const char *table)
{
	const struct written_sweep *sweep = context;

	if (strncmp(table, sweep->prefix, strlen(sweep->prefix)) != 0 || sweep->stays(sweep->context, table))
		return 0;
	return table_remove(table) < 0;
}

unsigned int tables_sweep(const char *prefix, bool (*stays)(const void *context, const char *table),
			  const void *context)
{
	struct written_sweep sweep = {.prefix = prefix, .stays = stays, .context = context};

	return sweep_loaded(prefix, stays, context) + each_written(sweep_one_written, &sweep);
}

/* context: the tables that are there. */
static unsigned int restore_one(const void *context, const char *table)
{
	char path[TABLE_PATH_SIZE];

	if (table_is_there(context, table))
		return 0;
	if (nft_run_file(table_path(path, "", table)) < 0)
		return 1;
	tb_log(TB_LOG_NOTICE, "table inet %s was gone and is loaded again", table);
	return 0;
}

unsigned int tables_restore(void)
{
	int lock TB_CLOSE = tables_lock();
	char *tables;
	unsigned int problems = 0;

	if (lock < 0)
		return lock == -ENOENT ? 0 : 1;
	tables = tables_list();
	if (tables != NULL)
		problems = each_written(restore_one, tables);
	free(tables);
	return tables == NULL ? 1 : problems;
}
