/* One network file: from its name to lines and keys. Runs in the monitor before lock-down, as root. It reads files of
 * root only, and must never go on with a line that two readers could understand differently.
 *
 * inih splits the lines. It is a lenient reader: it takes a tail behind "[Network]", the second half of a line that is
 * too long as a line of its own, an indented line as more of the value above, "Key: value", and it ends a line at a
 * NUL. So each line passes line_check() before inih sees it, and inih gets no line that it could misread.
 */
#include "broker/config/network_file.h"

#include "broker/shared/fd.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* What inih is given instead of a section that was refused: its keys are passed over without a further word. */
#define SECTION_REFUSED "?"
#define NO_SECTION "[" SECTION_REFUSED "]"

struct parser {
	struct network_file *file;
	const char *next; /* the first byte that was not read yet */
	const char *end;
	unsigned int line;
};

void network_file_error(struct network_file *file, unsigned int line, const char *format, ...)
{
	char text[384];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	tb_log(TB_LOG_ERROR, "%s/networks.d/%s.conf:%u: %s", file->dir, file->network.name, line, text);
	file->wrong = true;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool all_printable(const char *line)
{
	for (; *line != '\0'; line++)
		if ((*line < ' ' || *line > '~') && *line != '\t')
			return false;
	return true;
}

/* True if the line begins with a word and '='. */
static bool key_line(const char *line)
{
	size_t length = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

	return length > 0 && line[length + strspn(line + length, " \t")] == '=';
}

/* Refuses, and empties, a line that inih would misread. */
static void line_check(struct parser *parser, char *line)
{
	struct network_file *file = parser->file;

	if (!all_printable(line)) {
		network_file_error(file, parser->line,
				   "a control character or a byte that is not ASCII stands in this line; "
				   "only a comment may have them");
		line[0] = '\0';
	} else if (strcmp(line, "[Network]") == 0) {
		if (file->section_line != 0)
			network_file_error(file, parser->line,
					   "[Network] stands a second time; the first is in line %u",
					   file->section_line);
		else
			file->section_line = parser->line;
	} else if (line[0] == '[') {
		network_file_error(file, parser->line,
				   "\"%s\" is no section; the only one is [Network], "
				   "alone in its line",
				   line);
		memcpy(line, NO_SECTION, sizeof(NO_SECTION));
	} else if (line[0] != '\0' && !key_line(line)) {
		network_file_error(file, parser->line,
				   "\"%s\" is not understood; a line is [Network], KEY=VALUE, or "
				   "a comment after # or ;",
				   line);
		line[0] = '\0';
	}
}

/* inih calls this, in the manner of fgets, for each line. It gives inih one whole line per call, without the blanks
 * around it, so that our count of lines is right and no line continues another. */
static char *next_line(char *line, int size, void *stream)
{
	struct parser *parser = stream;
	const char *start = parser->next;
	const char *stop;
	size_t length;

	if (start == parser->end)
		return NULL;
	stop = memchr(start, '\n', (size_t)(parser->end - start));
	parser->next = stop != NULL ? stop + 1 : parser->end;
	if (stop == NULL)
		stop = parser->end;
	parser->line++;

	if (stop > start && stop[-1] == '\r') /* a line's end as on Windows */
		stop--;
	while (start < stop && blank(*start))
		start++;
	while (stop > start && blank(stop[-1]))
		stop--;
	length = (size_t)(stop - start);
	if (length > 0 && (*start == '#' || *start == ';'))
		length = 0;
	if (length > NETWORK_LINE_MAX || length + 2 > (size_t)size) {
		network_file_error(parser->file, parser->line, "the line has %zu bytes; at most %d are allowed", length,
				   NETWORK_LINE_MAX);
		length = 0;
	}
	memcpy(line, start, length);
	line[length] = '\0';
	if (memchr(line, '\0', length) != NULL) {
		network_file_error(parser->file, parser->line, "there is a NUL byte in this line");
		line[0] = '\0';
	}
	line_check(parser, line);
	length = strlen(line);
	line[length] = '\n';
	line[length + 1] = '\0';
	return line;
}

/* inih calls this for each KEY=VALUE. Errors are ours to log, so inih is told that all is well. */
static int take_key(void *user, const char *section, const char *name, const char *value)
{
	struct parser *parser = user;

	if (strcmp(section, "Network") == 0)
		network_key_set(parser->file, parser->line, name, value);
	else if (strcmp(section, SECTION_REFUSED) != 0)
		network_file_error(parser->file, parser->line, "%s= stands before the line [Network]", name);
	return 1;
}

int network_file_parse(struct network_file *file, const char *text, size_t size)
{
	struct parser parser = {.file = file, .next = text, .end = text + size};
	int ret;

	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) /* a byte order mark, from some editors */
		parser.next += 3;
	network_defaults(&file->network);
	ret = ini_parse_stream(next_line, &parser, take_key, &parser);
	if (ret != 0)
		network_file_error(file, parser.line, "inih failed with %d", ret);
	if (file->section_line == 0)
		network_file_error(file, 1, "there is no [Network] section; to mask a network, make its file empty");
	else
		network_keys_finish(file);
	return file->wrong ? -EINVAL : 0;
}

bool network_owner_trusted(const struct stat *status, const char *path)
{
	if (status->st_uid != 0 && status->st_uid != geteuid()) {
		tb_log(TB_LOG_ERROR, "%s: belongs to uid %u; it must belong to root", path, status->st_uid);
		return false;
	}
	if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		tb_log(TB_LOG_ERROR, "%s: group or others may write to it (mode %04o); do: chmod go-w", path,
		       status->st_mode & 07777);
		return false;
	}
	return true;
}

/* Reads until the buffer is full or the file ends. Returns the number of bytes, or a negative errno. */
static ssize_t read_all(int fd, char *buffer, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t got = read(fd, buffer + length, size - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	return (ssize_t)length;
}

int network_file_read(struct network_file *file, int networks_fd)
{
	char path[512], name[TB_NETWORK_SIZE + sizeof(".conf")];
	struct stat status;
	char *text = NULL;
	ssize_t length;
	int ret = -EINVAL;
	int fd TB_CLOSE = -1;

	snprintf(name, sizeof(name), "%s.conf", file->network.name);
	snprintf(path, sizeof(path), "%s/networks.d/%s", file->dir, name);
	/* Non-blocking: a fifo must not stop the start. */
	fd = openat(networks_fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) < 0) {
		tb_log(TB_LOG_ERROR, "%s: cannot be opened: %s", path, strerror(errno));
		goto out;
	}
	if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3)) { /* /dev/null */
		ret = -ENOENT;
		goto out;
	}
	if (!S_ISREG(status.st_mode)) {
		tb_log(TB_LOG_ERROR, "%s: is not a regular file, nor a link to one or to /dev/null", path);
		goto out;
	}
	if (!network_owner_trusted(&status, path))
		goto out;
	text = malloc(NETWORK_FILE_MAX + 1);
	length = text != NULL ? read_all(fd, text, NETWORK_FILE_MAX + 1) : -ENOMEM;
	if (length < 0)
		tb_log(TB_LOG_ERROR, "%s: cannot be read: %s", path, strerror((int)-length));
	else if (length == 0)
		ret = -ENOENT;
	else if (length > NETWORK_FILE_MAX)
		tb_log(TB_LOG_ERROR, "%s: is longer than %d bytes", path, NETWORK_FILE_MAX);
	else
		ret = network_file_parse(file, text, (size_t)length);
out:
	free(text);
	return ret;
}
