/* Fuzz target: the text of a network file. A network that is accepted must be one that monitor and clerk may trust
 * without a further look, and must be the same when it is printed and read again; a text that is refused must have been
 * explained in lines that fit a log.
 */
#include "broker/config/ini.h"
#include "broker/config/network_file.h"
#include "broker/config/network_print.h"
#include "proto/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Where a sanitizer writes, if this build has one: not to the log that is looked at here. */
void __sanitizer_set_report_fd(void *fd) __attribute__((weak));

static int log_fd = -1;
static int stderr_fd = -1;

/* True if a client may ask this network for an interface of that name. */
static bool allows_name(const struct network *network, const char *name)
{
	for (size_t i = 0; i < network->names_count; i++)
		if (tb_name_matches(name, network->names[i]))
			return true;
	return false;
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* The name of a bridge or a parent. */
static void name_is_good(const char field[TB_NAME_SIZE], bool wanted)
{
	require(wanted ? tb_interface_valid(field, TB_NAME_SIZE) : tb_field_empty(field, TB_NAME_SIZE));
}

static void network_is_good(const struct network *network, bool has_bridge)
{
	bool macvtap = network->kind == TB_KIND_MACVTAP;

	require(network->kind >= TB_KIND_TAP && network->kind <= TB_KIND_MACVTAP);
	require(macvtap == (network->mode != TB_MODE_NONE) && network->mode <= TB_MODE_PASSTHRU);
	require(!has_bridge || network->kind == TB_KIND_TAP);
	name_is_good(network->bridge, has_bridge);
	name_is_good(network->parent, macvtap);
	require(network->mtu >= TB_MTU_MIN && network->mtu <= TB_MTU_MAX);
	require(network->queues >= 1 && network->queues <= TB_QUEUES_MAX);
	require(network->max_per_user >= 1 && network->max_per_user <= network->max);
	require(network->mode != TB_MODE_PASSTHRU || network->max == 1);
	require(!network->isolated || has_bridge);
	require(!network->vhost || (network->vnet_hdr && network->kind != TB_KIND_TUN));
	require(network->names_count <= NETWORK_NAMES_MAX);
	for (size_t i = 0; i < network->names_count; i++) {
		const char *pattern = network->names[i];
		char name[TB_NAME_SIZE + 1] = "";
		size_t length = strcspn(pattern, "*");

		require(length < TB_NAME_SIZE &&
			(pattern[length] == '\0' || (length >= 2 && pattern[length + 1] == '\0')));
		memcpy(name, pattern, length);
		require(tb_name_valid(name, TB_NAME_SIZE));
		require(allows_name(network, name));
	}
}

/* The reader of lines alone: it comes to an end, counts on, and gives out nothing that a log could not show. */
static void lines_are_good(const char *text, size_t size)
{
	struct ini ini;
	unsigned int line = 0;
	enum ini_kind kind;

	ini_start(&ini, text, size);
	while ((kind = ini_next(&ini)) != INI_END) {
		require(ini.line > line && ini.line <= size);
		line = ini.line;
		if (kind == INI_WRONG) {
			require(ini.problem != NULL);
			continue;
		}
		require(strlen(ini.name) <= INI_LINE_MAX && ini.name[0] != '\0');
		require(kind == INI_SECTION || strlen(ini.name) + strlen(ini.value) < INI_LINE_MAX);
	}
	require(ini_next(&ini) == INI_END);
}

/* Reads a text as the file /etc/tapbroker/networks.d/fuzz.conf. */
static void parse(struct network_file *file, const char *text, size_t size)
{
	memset(file, 0, sizeof(*file));
	strcpy(file->path, "/etc/tapbroker/networks.d/fuzz.conf");
	strcpy(file->network.name, "fuzz");
	network_file_parse(file, text, size);
}

static void printed_is_the_same(const struct network *network)
{
	static struct network_file again;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	require(out != NULL);
	network_print(network, out);
	require(fclose(out) == 0);
	parse(&again, text, size);
	require(again.mistakes == 0 && memcmp(&again.network, network, sizeof(*network)) == 0);
	free(text);
}

/* Returns the number of lines that were logged. */
static size_t log_is_good(void)
{
	static const char start[] = "<3>/etc/tapbroker/networks.d/fuzz.conf:";
	static char text[1 << 20];
	ssize_t length = pread(log_fd, text, sizeof(text), 0);
	size_t lines = 0;

	require(length >= 0);
	for (char *line = text; line < text + length; lines++) {
		char *end = memchr(line, '\n', (size_t)(text + length - line));

		if (end == NULL) { /* the text was cut by the buffer */
			require((size_t)length == sizeof(text));
			break;
		}
		require(strncmp(line, start, sizeof(start) - 1) == 0);
		for (; line < end; line++)
			require((*line >= ' ' && *line <= '~') || *line == '\t');
		line = end + 1;
	}
	return lines;
}

static void start(void)
{
	stderr_fd = dup(STDERR_FILENO);
	log_fd = memfd_create("log", MFD_CLOEXEC);
	require(stderr_fd >= 0 && log_fd >= 0);
	if (__sanitizer_set_report_fd != NULL)
		__sanitizer_set_report_fd((void *)(intptr_t)stderr_fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct network_file file;

	if (log_fd < 0)
		start();
	if (size > NETWORK_FILE_MAX)
		return 0;
	lines_are_good((const char *)data, size);
	require(ftruncate(log_fd, 0) == 0 && lseek(log_fd, 0, SEEK_SET) == 0);
	dup2(log_fd, STDERR_FILENO);
	parse(&file, (const char *)data, size);
	dup2(stderr_fd, STDERR_FILENO);
	require((file.mistakes > 0) == (log_is_good() > 0));
	if (file.mistakes == 0) {
		network_is_good(&file.network, file.lines[KEY_BRIDGE] != 0);
		printed_is_the_same(&file.network);
	}
	return 0;
}
