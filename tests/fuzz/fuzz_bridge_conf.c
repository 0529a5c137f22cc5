/* Fuzz target: the access list of QEMU's bridge helper, as `tapctl import-bridge-conf` reads it. Every network file
 * that is made of it must be one that the broker takes, and its names must tell the networks apart; the rule must be
 * text that no bridge and no path in the list can break out of.
 *
 * '@' stands for the path of a second file, which is the text behind the first NUL, so that files can include each
 * other. A text that names another file is left out.
 */
#include "broker/config/network_file.h"
#include "client/tapctl/import.h"
#include "proto/name.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Where a sanitizer writes, if this build has one: the importer's complaints go nowhere. */
void __sanitizer_set_report_fd(void *fd) __attribute__((weak));

static char directory[] = "/tmp/fuzz_bridge_conf.XXXXXX";
static int stderr_fd = -1;
static int nowhere = -1;
static char first[64], second[64];

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void remove_files(void)
{
	unlink(first);
	unlink(second);
	rmdir(directory);
}

static void start(void)
{
	stderr_fd = dup(STDERR_FILENO);
	nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	require(stderr_fd >= 0 && nowhere >= 0 && mkdtemp(directory) != NULL);
	/* What nobody may read allows nobody anything. */
	require(chmod(directory, 0755) == 0);
	umask(022);
	snprintf(first, sizeof(first), "%s/1", directory);
	snprintf(second, sizeof(second), "%s/2", directory);
	atexit(remove_files);
	if (__sanitizer_set_report_fd != NULL)
		__sanitizer_set_report_fd((void *)(intptr_t)stderr_fd);
}

static void write_text(const char *path, const uint8_t *text, size_t size)
{
	FILE *file = fopen(path, "we");

	require(file != NULL);
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '@')
			fputs(second, file);
		else
			fputc(text[i], file);
	}
	require(fclose(file) == 0);
}

/* Reads a file that the importer made as the broker would. */
static void network_is_good(const struct import_network *made, struct network_file *file)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	require(out != NULL);
	import_write_network(made, first, out);
	require(fclose(out) == 0);
	memset(file, 0, sizeof(*file));
	strcpy(file->path, "made");
	require(strlen(made->name) < sizeof(file->network.name));
	strcpy(file->network.name, made->name);
	require(tb_network_valid(file->network.name, sizeof(file->network.name)));
	network_file_parse(file, text, size);
	require(file->mistakes == 0 && strcmp(file->network.bridge, made->bridge) == 0);
	free(text);
}

static void import_is_good(const struct import *import)
{
	static struct network_file files[NETWORKS_MAX];
	size_t count = import->count < NETWORKS_MAX ? import->count : NETWORKS_MAX;

	for (size_t i = 0; i < count; i++)
		network_is_good(&import->networks[i], &files[i]);
	network_conflicts(files, count);
	for (size_t i = 0; i < count; i++)
		require(files[i].mistakes == 0);
}

/* The rule has two lines for each network beside its own, and quotes that come in pairs. */
static void rules_are_good(const struct import *import)
{
	char *text = NULL;
	size_t size = 0, lines = 0, cases = 0;
	FILE *out = open_memstream(&text, &size);

	require(out != NULL);
	import_write_rules(import, first, out);
	require(fclose(out) == 0);
	for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
		size_t quotes = 0;

		lines++;
		cases += strncmp(line, "\tcase \"", 7) == 0;
		for (const char *c = line; *c != '\n'; c++) {
			require((*c >= ' ' && *c <= '~') || *c == '\t');
			quotes += *c == '"';
		}
		require(quotes % 2 == 0);
	}
	require(cases == import->count && lines <= 9 + 3 * cases);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bridge_conf conf = {NULL, 0, 0};
	struct import import = {.conf = &conf};
	const uint8_t *nul;
	bool made;
	size_t length;

	if (first[0] == '\0')
		start();
	nul = memchr(data, '\0', size);
	length = nul != NULL ? (size_t)(nul - data) : size;
	if (size > TEXT_MAX || memchr(data, '/', size) != NULL)
		return 0;
	write_text(first, data, length);
	write_text(second, data + length + (nul != NULL), size - length - (nul != NULL));
	dup2(nowhere, STDERR_FILENO);
	made = bridge_conf_read(&conf, first) == 0 && import_make(&import) == 0;
	dup2(stderr_fd, STDERR_FILENO);
	if (made) {
		import_is_good(&import);
		rules_are_good(&import);
	}
	import_free(&import);
	bridge_conf_free(&conf);
	return 0;
}
