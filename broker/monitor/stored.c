/* What an earlier broker has stored: see stored.h. Runs in tapbrokerd as root, before lock-down. The names are the
 * supervisor's word, and so our own. */
#include "broker/monitor/stored.h"

#include "broker/shared/alias.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int passed_fds(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");

	if (pid == NULL || count == NULL || atoi(pid) != getpid() || atoi(count) < 0)
		return 0;
	return atoi(count);
}

static int list_init(struct stored_list *list, size_t count, size_t length)
{
	memset(list, 0, sizeof(*list));
	list->fds = calloc(count + 1, sizeof(*list->fds));
	list->names = calloc(1, length + 1);
	return list->fds == NULL || list->names == NULL ? -ENOMEM : 0;
}

/* The lists have room for everything that was passed. */
static void list_add(struct stored_list *list, const char *name, int fd)
{
	size_t length = strlen(name);

	if (list->count > 0)
		list->names[list->length++] = ':';
	memcpy(list->names + list->length, name, length);
	list->length += length;
	list->fds[list->count++] = fd;
}

static void take_passed(struct stored *stored, const char *name, int fd)
{
	uint8_t lease[TB_ID_SIZE];
	struct stored_device device;
	struct alias alias;
	struct stored_list *list = NULL;

	if (alias_read_lifeline(name, lease) == 0)
		list = &stored->lifelines;
	else if (alias_read_device(name, &alias, &device) == 0)
		list = &stored->devices;
	else if (strncmp(name, STORED_RULES, strlen(STORED_RULES)) == 0)
		list = &stored->rules;
	if (list != NULL && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
		list_add(list, name, fd);
}

int stored_take(struct stored *stored)
{
	const char *names = getenv("LISTEN_FDNAMES");
	int count = names != NULL ? passed_fds() : 0;
	size_t length = count > 0 ? strlen(names) : 0;
	char *copy = strdup(count > 0 ? names : "");
	char *rest = copy;
	int ret = copy == NULL ? -ENOMEM : list_init(&stored->lifelines, (size_t)count, length);

	if (ret == 0)
		ret = list_init(&stored->devices, (size_t)count, length);
	if (ret == 0)
		ret = list_init(&stored->rules, (size_t)count, length);
	for (int i = 0; ret == 0 && i < count && rest != NULL; i++)
		take_passed(stored, strsep(&rest, ":"), PASSED_FD + i);
	free(copy);
	return ret;
}
