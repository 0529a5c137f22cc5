/* Lines with fields for the journal: see journal.h. Runs in the clerk, without any right; it must never wait for the
 * journal: what that does not take at once goes to standard error, as every other line.
 *
 * The protocol is systemd's "Native Journal Protocol": one datagram, one field a line. The socket belongs to systemd and
 * not to journald, so that a connection outlives a restart of that.
 */
#include "broker/shared/journal.h"

#include "broker/shared/fd.h"
#include "broker/shared/log.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define JOURNAL_PATH "/run/systemd/journal/socket"
#define FIELD_PREFIX "TAPBROKER_"
#define RECORD_SIZE 2048 /* bytes: the line twice, and a prefix for each word */

static int journal = -1;

/* systemd says which stream it has made for us, by device and inode. */
static bool stderr_is_the_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat status;
	char ours[64];

	if (stream == NULL || fstat(STDERR_FILENO, &status) < 0)
		return false;
	snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
	return strcmp(ours, stream) == 0;
}

void journal_open(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = JOURNAL_PATH};
	int sock TB_CLOSE = -1;

	if (!stderr_is_the_journal())
		return;
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock >= 0 && connect(sock, (struct sockaddr *)&address, sizeof(address)) == 0)
		journal = tb_take(&sock);
	else
		tb_log(TB_LOG_WARNING, "clerk: %s: %s: the log has no fields", JOURNAL_PATH, strerror(errno));
}

/* Writes the field of one word, if it is KEY=VALUE. Returns how many bytes. */
static size_t field_write(const char *word, size_t length, char *record, size_t size)
{
	const char *equals = memchr(word, '=', length);
	size_t needed = strlen(FIELD_PREFIX) + length + 1;
	size_t used = 0;

	if (equals == NULL || equals == word || needed > size)
		return 0;
	for (const char *prefix = FIELD_PREFIX; *prefix != '\0'; prefix++)
		record[used++] = *prefix;
	for (const char *key = word; key < equals; key++)
		record[used++] = (char)toupper((unsigned char)*key);
	memcpy(record + used, equals, length - (size_t)(equals - word));
	record[needed - 1] = '\n';
	return needed;
}

size_t journal_record(int level, const char *line, char *record, size_t size)
{
	int head = snprintf(record, size, "PRIORITY=%d\nSYSLOG_IDENTIFIER=tapbrokerd\nMESSAGE=%s\n", level, line);
	size_t used = (size_t)head;

	if (head < 0 || used >= size || strchr(line, '\n') != NULL)
		return 0;
	for (const char *word = line; *word != '\0';) {
		size_t length = strcspn(word, " ");

		used += field_write(word, length, record + used, size - used);
		word += length;
		word += strspn(word, " ");
	}
	return used;
}

void journal_log(int level, const char *line)
{
	char record[RECORD_SIZE];
	int saved = errno;
	size_t size = journal < 0 ? 0 : journal_record(level, line, record, sizeof(record));

	if (size == 0 || send(journal, record, size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)size)
		tb_log(level, "%s", line);
	errno = saved;
}
