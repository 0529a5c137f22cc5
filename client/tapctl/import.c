/* `tapctl import-bridge-conf`: from the access list of QEMU's bridge helper to network files and a polkit rule. Runs as
 * the user, best as root. It writes only new files, and only where --output says; installing them is the
 * administrator's.
 */
#include "client/tapctl/import.h"
#include "client/tapctl/tapctl.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BRIDGE_CONF "/etc/qemu/bridge.conf"
#define NETWORKS_DIR TB_CONFIG_DIR "/networks.d"
#define RULES_DIR "/etc/polkit-1/rules.d"
#define BRIDGES_MAX 64 /* --bridge options */

static const char usage[] =
	"usage: tapctl import-bridge-conf [--output=DIR] [--bridge=NAME ...] [FILE]\n"
	"\n"
	"  --output=DIR    write the files there, and make DIR if need be (default: standard output)\n"
	"  --bridge=NAME   a bridge that \"allow all\" means; may be given several times\n"
	"\n"
	"FILE is " BRIDGE_CONF " by default. Run it as root: files that it includes may be readable\n"
	"only for those whom they allow something, and that is kept as a condition of the rule.\n";

static const struct option table[] = {
	{"output", required_argument, NULL, 'o'},
	{"bridge", required_argument, NULL, 'b'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

struct import_options {
	const char *file;
	const char *output; /* NULL: standard output */
	char *bridges[BRIDGES_MAX];
	size_t bridges_count;
	bool help;
};

static int options_read(int argc, char **argv, struct import_options *options)
{
	int letter;

	*options = (struct import_options){.file = BRIDGE_CONF};
	while ((letter = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
		switch (letter) {
		case 'o':
			options->output = optarg;
			break;
		case 'b':
			if (options->bridges_count == BRIDGES_MAX || strlen(optarg) >= BRIDGE_NAME_SIZE) {
				complain(
					"import-bridge-conf: --bridge=%s: a bridge's name has at most %d characters, and there may be %d of them",
					optarg, BRIDGE_NAME_SIZE - 1, BRIDGES_MAX);
				return EXIT_USAGE;
			}
			options->bridges[options->bridges_count++] = optarg;
			break;
		case 'h':
			options->help = true;
			return EXIT_OK;
		default:
			return option_refuse(letter, argv, table, NULL);
		}
	}
	if (argc - optind > 1) {
		complain("import-bridge-conf takes one file");
		return EXIT_USAGE;
	}
	if (optind < argc)
		options->file = argv[optind];
	return EXIT_OK;
}

static void print_all(const struct import *import, const char *path)
{
	for (size_t i = 0; i < import->count; i++) {
		printf("# ---- %s/%s.conf\n", NETWORKS_DIR, import->networks[i].name);
		import_write_network(&import->networks[i], path, stdout);
		putchar('\n');
	}
	printf("// ---- %s/%s\n", RULES_DIR, IMPORT_RULES_FILE);
	import_write_rules(import, path, stdout);
}

/* A new file in the directory, and never one that is there. */
static FILE *create(const char *directory, const char *name)
{
	char path[PATH_MAX];
	FILE *file = NULL;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path)) {
		complain("%s: the name is too long", directory);
		return NULL;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd >= 0)
		file = fdopen(fd, "w");
	if (file == NULL)
		complain("%s: %s", path, strerror(errno));
	return file;
}

static int finish(FILE *file, const char *directory)
{
	bool failed = ferror(file) != 0;

	if (fclose(file) == 0 && !failed)
		return EXIT_OK;
	complain("%s: cannot be written: %s", directory, strerror(errno));
	return EXIT_FAILED;
}

static int save_all(const struct import *import, const char *path, const char *directory)
{
	char name[IMPORT_NETWORK_SIZE + sizeof(".conf")];
	int ret = EXIT_OK;
	FILE *file;

	if (mkdir(directory, 0755) < 0 && errno != EEXIST) {
		complain("%s: %s", directory, strerror(errno));
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < import->count && ret == EXIT_OK; i++) {
		snprintf(name, sizeof(name), "%s.conf", import->networks[i].name);
		file = create(directory, name);
		if (file == NULL)
			return EXIT_FAILED;
		import_write_network(&import->networks[i], path, file);
		ret = finish(file, directory);
	}
	if (ret != EXIT_OK)
		return ret;
	file = create(directory, IMPORT_RULES_FILE);
	if (file == NULL)
		return EXIT_FAILED;
	import_write_rules(import, path, file);
	ret = finish(file, directory);
	if (ret == EXIT_OK)
		printf("Look at the files in %s, then make them count:\n\n"
		       "    install -m 644 %s/*.conf %s/\n"
		       "    install -m 644 %s/%s %s/\n"
		       "    tapbrokerd --check && systemctl restart tapbroker\n",
		       directory, directory, NETWORKS_DIR, directory, IMPORT_RULES_FILE, RULES_DIR);
	return ret;
}

/* What an "install" would replace. */
static void tell_existing(const struct import *import)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < import->count; i++) {
		snprintf(path, sizeof(path), "%s/%s.conf", NETWORKS_DIR, import->networks[i].name);
		if (access(path, F_OK) == 0)
			complain("%s exists already; compare before you replace it", path);
	}
}

int import_main(int argc, char **argv)
{
	struct bridge_conf conf = {NULL, 0, 0};
	struct import_options options;
	struct import import = {.conf = &conf, .all = options.bridges};
	int ret;

	ret = options_read(argc, argv, &options);
	if (ret != EXIT_OK)
		return ret;
	if (options.help) {
		fputs(usage, stdout);
		return finish_output();
	}
	ret = bridge_conf_read(&conf, options.file);
	import.all_count = options.bridges_count;
	if (ret == EXIT_OK)
		ret = import_make(&import);
	if (ret == EXIT_OK && import.count == 0) {
		complain("%s allows nothing to anybody that could be kept, so there is nothing to write", options.file);
	} else if (ret == EXIT_OK) {
		tell_existing(&import);
		if (options.output == NULL)
			print_all(&import, options.file);
		else
			ret = save_all(&import, options.file, options.output);
		if (ret == EXIT_OK)
			ret = finish_output();
	}
	import_free(&import);
	bridge_conf_free(&conf);
	return ret;
}
