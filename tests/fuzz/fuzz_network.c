/* Fuzz target: the text of a network file. What is accepted must be a network that the rest of the monitor may trust
 * without a further look, and what is refused must have been explained in lines that fit a log.
 */
#include "broker/config/network_file.h"
#include "proto/name.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Where a sanitizer writes, if this build has one: not to the log that is looked at here. */
void __sanitizer_set_report_fd(void *fd) __attribute__((weak));

static int log_fd = -1;
static int stderr_fd = -1;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void name_is_good(const char field[TB_NAME_SIZE], bool wanted)
{
	require(wanted ? tb_name_valid(field, TB_NAME_SIZE) : tb_field_empty(field, TB_NAME_SIZE));
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
		require(network_allows_name(network, name));
	}
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
	int ret;

	if (log_fd < 0)
		start();
	if (size > NETWORK_FILE_MAX)
		return 0;
	memset(&file, 0, sizeof(file));
	file.dir = "/etc/tapbroker";
	strcpy(file.network.name, "fuzz");
	require(ftruncate(log_fd, 0) == 0 && lseek(log_fd, 0, SEEK_SET) == 0);
	dup2(log_fd, STDERR_FILENO);
	ret = network_file_parse(&file, (const char *)data, size);
	dup2(stderr_fd, STDERR_FILENO);
	require((ret < 0) == (log_is_good() > 0));
	if (ret == 0)
		network_is_good(&file.network, file.lines[KEY_BRIDGE] != 0);
	return 0;
}
