/* Checks the network files without starting anything: see check.h. It reads what tapbrokerd would read, with the rights
 * of its caller, and looks at the machine and at the broker that runs; it changes nothing.
 */
#include "broker/config/check.h"

#include "broker/config/changes.h"
#include "broker/config/check_json.h"
#include "broker/config/findings.h"
#include "broker/config/network.h"
#include "broker/config/network_print.h"
#include "broker/config/plain_request.h"
#include "broker/config/running.h"
#include "broker/config/world.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define EXIT_RIGHT 0
#define EXIT_FAILED 1  /* nothing can be said about the files */
#define EXIT_MISTAKE 2 /* what the administrator has to mend */

static void print_all(const struct network_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct network *network = &table->networks[i];

		printf("# %s%s\n", network->name, network->off ? ": off" : "");
		if (!network->off)
			network_print(network, stdout);
		putchar('\n');
	}
}

/* A directory that is not there holds no mistakes, but whoever names it has made one. */
static bool directory_there(const char *path)
{
	struct stat status;

	if (stat(path, &status) == 0)
		return true;
	found_mistake(path, 0, "%s", strerror(errno));
	return false;
}

static bool is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool has_networks_d(const char *directory)
{
	char path[FINDING_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/networks.d", directory);
	return is_directory(path);
}

/* An empty networks.d is what an administrator leaves who removes the last file: a reload then takes its network away.
 * A directory without networks.d, or named for this check alone, is more likely a wrong one. Returns the number of
 * mistakes. */
static int check_no_file(const struct check *check, const char *directory)
{
	static const char nothing[] = "there is no network file in its networks.d, nor in";

	if (check->path == NULL && has_networks_d(directory)) {
		found_warning(NULL, "%s: %s %s/networks.d: the broker hands out nothing with it", directory, nothing,
			      check->vendor_dir);
		return 0;
	}
	found_mistake(directory, 0, "%s %s/networks.d", nothing, check->vendor_dir);
	return 1;
}

/* Reads what is to be checked. Returns the number of mistakes, or a negative errno. */
static int check_read(const struct check *check, bool one_file, struct network_table *table)
{
	const char *directory = check->path != NULL ? check->path : check->config_dir;
	int mistakes;

	if (one_file)
		return networks_read_file(table, check->path);
	if (!directory_there(directory))
		return 1;
	if (check->path != NULL && !has_networks_d(directory)) {
		found_mistake(
			directory, 0,
			"there is no network file in it that the broker reads: name the directory that has networks.d");
		return 1;
	}
	mistakes = networks_read(table, directory, check->vendor_dir);
	return mistakes == 0 && table->count == 0 ? check_no_file(check, directory) : mistakes;
}

/* What runs now, if it can be compared with: the files of one directory are all that there are. */
static const struct running *look_at_running(const struct check *check, bool one_file)
{
	static struct running running;
	int ret;

	if (one_file)
		return NULL;
	ret = running_look(check->socket_path, &running);
	if (ret == 0)
		return &running;
	if (ret == -EACCES)
		found_warning(NULL, "only root is told what a reload would change");
	else if (ret == -EINVAL)
		found_warning(
			NULL,
			"the broker that runs is of another release: what a reload would change is not known; it would start this one");
	else if (ret != -ESRCH) /* none runs */
		found_warning(NULL,
			      "the broker that runs does not answer (%s): what a reload would change is not known",
			      strerror(-ret));
	return NULL;
}

static void print_text(const struct network_table *table, int mistakes, const struct running *running)
{
	print_all(table);
	if (running != NULL)
		changes_print(running, table, stdout);
	if (mistakes == 0)
		printf("%zu network%s, no mistakes\n", table->count, table->count == 1 ? "" : "s");
	fflush(stdout);
	if (mistakes > 0)
		tb_log(TB_LOG_ERROR, "%zu network%s, %d mistake%s", table->count, table->count == 1 ? "" : "s",
		       mistakes, mistakes == 1 ? "" : "s");
}

int config_check(const struct check *check)
{
	static struct network_table table;
	bool one_file = check->path != NULL && !is_directory(check->path);
	const struct running *running;
	int mistakes;

	if (check->json)
		findings_keep();
	mistakes = check_read(check, one_file, &table);
	if (mistakes < 0) {
		tb_log(TB_LOG_ERROR, "cannot read the network files: %s", strerror(-mistakes));
		return EXIT_FAILED;
	}
	world_warn(&table);
	plain_request_warn(&table);
	if (!one_file)
		world_warn_of_machine(&table, check->socket_path);
	running = look_at_running(check, one_file);
	if (check->json)
		check_print_json(&table, (unsigned int)mistakes, running, stdout);
	else
		print_text(&table, mistakes, running);
	if (fflush(stdout) != 0)
		return EXIT_FAILED;
	return mistakes > 0 ? EXIT_MISTAKE : EXIT_RIGHT;
}
