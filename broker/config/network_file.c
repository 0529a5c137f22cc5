/* One network file: from its name to lines and keys. Runs in tapbrokerd before lock-down, as root. It reads files of
 * root only, and must never go on with a value of which it is not sure.
 */
#include "broker/config/network_file.h"

#include "broker/config/findings.h"
#include "broker/config/ini.h"
#include "broker/shared/fd.h"
#include "proto/suggest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

void network_file_error(struct network_file *file, unsigned int line, const char *format, ...)
{
	char text[480];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	found_mistake(file->path, line, "%s", text);
	file->mistakes++;
}

/* Returns true if the keys that follow are of section [Network]. */
static bool take_section(struct network_file *file, const struct ini *ini)
{
	static const char *const sections[] = {"[Network]"};

	if (strcmp(ini->name, sections[0]) != 0) {
		network_file_error(file, ini->line,
				   "\"%s\" is no section; the only one is [Network], alone in its line%s", ini->name,
				   tb_suggest(ini->name, sections, 1) != NULL ? "; did you mean that?" : "");
		return false;
	}
	if (file->section_line != 0)
		network_file_error(file, ini->line, "[Network] stands a second time; the first is in line %u",
				   file->section_line);
	else
		file->section_line = ini->line;
	return true;
}

/* Reads all lines. The keys of a section that was refused are passed over without a further word. Returns true if there
 * was any section. */
static bool read_lines(struct network_file *file, struct ini *ini)
{
	enum { BEFORE, INSIDE, REFUSED } section = BEFORE;
	enum ini_kind kind;

	while ((kind = ini_next(ini)) != INI_END) {
		if (ini->problem != NULL)
			network_file_error(file, ini->line, "%s", ini->problem);
		if (kind == INI_SECTION)
			section = take_section(file, ini) ? INSIDE : REFUSED;
		else if (kind == INI_KEY && section == INSIDE)
			network_key_set(file, ini->line, ini->name, ini->value);
		else if (kind == INI_KEY && section == BEFORE)
			network_file_error(file, ini->line, "%s= stands before the line [Network]", ini->name);
	}
	return section != BEFORE;
}

void network_file_parse(struct network_file *file, const char *text, size_t size)
{
	struct ini ini;

	ini_start(&ini, text, size);
	network_defaults(&file->network);
	if (!read_lines(file, &ini))
		network_file_error(file, 1, "there is no [Network] section; to mask a network, make its file empty");
	else if (file->section_line != 0)
		network_finish(file);
}

bool network_owner_trusted(const struct stat *status, const char *path)
{
	if (status->st_uid != 0 && status->st_uid != geteuid()) {
		found_mistake(path, 0, "belongs to uid %u; it must belong to root", status->st_uid);
		return false;
	}
	if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		found_mistake(path, 0, "group or others may write to it (mode %04o); do: chmod go-w",
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

/* Reads and parses an open file. Returns 0, or -ENOENT if it is empty. */
static int read_text(struct network_file *file, int fd)
{
	char *text = malloc(NETWORK_FILE_MAX + 1);
	ssize_t length = text != NULL ? read_all(fd, text, NETWORK_FILE_MAX + 1) : -ENOMEM;

	if (length < 0)
		network_file_error(file, 0, "cannot be read: %s", strerror((int)-length));
	else if (length > NETWORK_FILE_MAX)
		network_file_error(file, 0, "is longer than %d bytes", NETWORK_FILE_MAX);
	else if (length > 0)
		network_file_parse(file, text, (size_t)length);
	free(text);
	return length == 0 ? -ENOENT : 0;
}

int network_file_read(struct network_file *file, int directory, const char *name)
{
	struct stat status;
	int fd TB_CLOSE = -1;

	/* Non-blocking: a fifo must not stop the start. */
	fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) < 0) {
		network_file_error(file, 0, "cannot be opened: %s", strerror(errno));
		return 0;
	}
	if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3)) /* /dev/null */
		return -ENOENT;
	if (!S_ISREG(status.st_mode)) {
		network_file_error(file, 0, "is not a regular file, nor a link to one or to /dev/null");
		return 0;
	}
	if (!network_owner_trusted(&status, file->path)) {
		file->mistakes++;
		return 0;
	}
	return read_text(file, fd);
}
