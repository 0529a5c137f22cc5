/* Settings of the kernel's network: see setup_setting.h. Runs in tapbroker-setup, as root, while no other one runs.
 *
 * What was borrowed stands in a file, one line for each: FAMILY INTERFACE NAME BEFORE OURS. It lies in /run, so it is
 * gone after a reboot together with the settings.
 */
#include "broker/setup/setup_setting.h"

#include "broker/shared/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BORROWED "/run/tapbroker/setup-borrowed"

#define WORD_SIZE 32
struct borrowed {
	char family[WORD_SIZE], interface[WORD_SIZE], name[WORD_SIZE], before[SETTING_SIZE], ours[SETTING_SIZE];
};

static int setting_open(const char *family, const char *interface, const char *name, int flags)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, interface, name);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int setting_write(const char *family, const char *interface, const char *name, const char *value)
{
	int fd TB_CLOSE = setting_open(family, interface, name, O_WRONLY);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	return write(fd, value, strlen(value)) < 0 ? -errno : 0;
}

int setting_read(const char *family, const char *interface, const char *name, char value[SETTING_SIZE])
{
	int fd TB_CLOSE = setting_open(family, interface, name, O_RDONLY);
	ssize_t length;

	if (fd < 0)
		return fd;
	length = read(fd, value, SETTING_SIZE - 1);
	if (length < 0)
		return -errno;
	value[length] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return 0;
}

/* On the disk of /run before the setting changes: whoever is killed in between has changed nothing, or left a line.
 * Where there is no room for all of a line nothing of it stays, so that those before and behind it can be read. */
static int borrowed_write_down(const struct borrowed *borrowed)
{
	int fd TB_CLOSE = open(BORROWED, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
	struct stat before;
	int ret;

	if (fd < 0 || fstat(fd, &before) < 0)
		return -errno;
	if (dprintf(fd, "%s %s %s %s %s\n", borrowed->family, borrowed->interface, borrowed->name, borrowed->before,
		    borrowed->ours) >= 0)
		return 0;
	ret = -errno;
	return ftruncate(fd, before.st_size) < 0 ? -errno : ret;
}

int setting_borrow(const char *family, const char *interface, const char *name, const char *value)
{
	struct borrowed borrowed;
	int ret = setting_read(family, interface, name, borrowed.before);

	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	if (strcmp(borrowed.before, value) == 0)
		return 0;
	snprintf(borrowed.family, sizeof(borrowed.family), "%s", family);
	snprintf(borrowed.interface, sizeof(borrowed.interface), "%s", interface);
	snprintf(borrowed.name, sizeof(borrowed.name), "%s", name);
	snprintf(borrowed.ours, sizeof(borrowed.ours), "%s", value);
	ret = borrowed_write_down(&borrowed);
	return ret < 0 ? ret : setting_write(family, interface, name, value);
}

static int borrowed_give_back(const struct borrowed *borrowed)
{
	char now[SETTING_SIZE];
	int ret = setting_read(borrowed->family, borrowed->interface, borrowed->name, now);

	if (ret == -ENOENT)
		return 0;
	if (ret < 0 || strcmp(now, borrowed->ours) != 0)
		return ret;
	return setting_write(borrowed->family, borrowed->interface, borrowed->name, borrowed->before);
}

/* Twice the same line is no harm: the second time the setting is not ours any more. */
int settings_restore(bool (*keep)(const char *family, const char *interface, const char *name))
{
	FILE *file = fopen(BORROWED, "re");
	struct borrowed borrowed;
	int ret = 0;

	if (file == NULL)
		return errno == ENOENT ? 0 : -errno;
	while (fscanf(file, "%31s %31s %31s %15s %15s", borrowed.family, borrowed.interface, borrowed.name,
		      borrowed.before, borrowed.ours) == 5) {
		int one = keep(borrowed.family, borrowed.interface, borrowed.name) ? 0 : borrowed_give_back(&borrowed);

		if (ret == 0)
			ret = one;
	}
	fclose(file);
	return ret == 0 && unlink(BORROWED) < 0 ? -errno : ret;
}
