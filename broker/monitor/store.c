/* Lifelines in the supervisor's file descriptor store: see store.h. Runs in the monitor; needs no right. */
#include "broker/monitor/store.h"

#include "broker/monitor/peer.h"
#include "broker/shared/fd.h"
#include "proto/channel.h"
#include "proto/hex.h"
#include "proto/name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How a stored lifeline is called: this and the lease id. */
#define NAME_PREFIX "lease-"

/* How a stored device is called: this, the alias of its lease and the name of its interface, with '+' for every ':',
 * which the supervisor has a meaning of its own for. */
#define DEVICE_PREFIX "device-"

/* Where the supervisor puts the first fd that it passes. */
#define PASSED_FD 3

static int parse_name(const char *name, uint8_t id[TB_ID_SIZE])
{
	if (strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) != 0)
		return -EINVAL;
	return tb_hex_read(name + strlen(NAME_PREFIX), id, TB_ID_SIZE);
}

static void replace(char *text, char from, char to)
{
	for (; *text != '\0'; text++)
		if (*text == from)
			*text = to;
}

static void device_name(const struct lease *lease, char name[STORE_NAME_SIZE])
{
	char alias[LEASE_ALIAS_SIZE];

	lease_alias(lease, alias);
	snprintf(name, STORE_NAME_SIZE, DEVICE_PREFIX "%s:%s", alias + strlen(LEASE_ALIAS_PREFIX), lease->name);
	replace(name, ':', '+');
}

int stored_device_read(const struct stored_device *device, struct lease *lease, char network[TB_NETWORK_SIZE])
{
	char alias[STORE_NAME_SIZE + sizeof(LEASE_ALIAS_PREFIX)];
	char *name;
	int ret;

	memset(lease, 0, sizeof(*lease));
	snprintf(alias, sizeof(alias), LEASE_ALIAS_PREFIX "%s", device->name + strlen(DEVICE_PREFIX));
	replace(alias, '+', ':');
	name = strrchr(alias, ':');
	*name++ = '\0';
	ret = lease_parse_alias(alias, lease, network);
	if (ret == 0)
		ret = tb_field_set(lease->name, sizeof(lease->name), name);
	return ret == 0 && tb_name_valid(lease->name, sizeof(lease->name)) ? 0 : -EBADMSG;
}

/* Takes one fd that the supervisor passed, if the name is one of ours. */
static void take_passed(struct lifelines *lifelines, const char *name, int fd)
{
	struct stored_lifeline *lifeline = &lifelines->stored[lifelines->count];
	struct stored_device *device = &lifelines->devices[lifelines->devices_count];
	bool is_device = strncmp(name, DEVICE_PREFIX, strlen(DEVICE_PREFIX)) == 0;

	if ((!is_device && parse_name(name, lifeline->id) < 0) || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return;
	if (is_device) {
		snprintf(device->name, sizeof(device->name), "%s", name);
		device->fd = fd;
		lifelines->devices_count++;
	} else {
		lifeline->fd = fd;
		lifelines->count++;
	}
}

int lifelines_init(struct lifelines *lifelines)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");
	char *names = getenv("LISTEN_FDNAMES");
	char *rest = NULL;
	int fd = PASSED_FD;

	memset(lifelines, 0, sizeof(*lifelines));
	if (pid == NULL || atoi(pid) != getpid() || count == NULL || atoi(count) <= 0 || names == NULL)
		return 0;
	lifelines->stored = calloc((size_t)atoi(count), sizeof(*lifelines->stored));
	lifelines->devices = calloc((size_t)atoi(count), sizeof(*lifelines->devices));
	if (lifelines->stored == NULL || lifelines->devices == NULL)
		return -ENOMEM;
	/* The variable is ours to take apart: nobody reads it again. */
	for (char *name = strtok_r(names, ":", &rest); name != NULL && fd < PASSED_FD + atoi(count);
	     name = strtok_r(NULL, ":", &rest), fd++)
		take_passed(lifelines, name, fd);
	return 0;
}

int lifelines_take(struct lifelines *lifelines, const uint8_t id[TB_ID_SIZE])
{
	for (size_t i = 0; i < lifelines->count; i++)
		if (lifelines->stored[i].fd >= 0 && memcmp(lifelines->stored[i].id, id, TB_ID_SIZE) == 0)
			return tb_take(&lifelines->stored[i].fd);
	return -1;
}

/* FDPOLL=0: a lifeline whose client hangs up while no monitor is there is kept all the same, and tells the next one. */
static void tell(int supervisor, const char *what, const char *name, int fd)
{
	char text[STORE_NAME_SIZE + 64];

	if (supervisor < 0)
		return;
	snprintf(text, sizeof(text), "%s=1\nFDPOLL=0\nFDNAME=%s", what, name);
	tb_send(supervisor, text, strlen(text), &fd, fd >= 0 ? 1 : 0);
}

static void put(int supervisor, const char *name, int fd)
{
	tell(supervisor, "FDSTORE", name, fd);
}

static void drop(int supervisor, const char *name)
{
	tell(supervisor, "FDSTOREREMOVE", name, -1);
}

static void lifeline_name(const uint8_t id[TB_ID_SIZE], char name[STORE_NAME_SIZE])
{
	char hex[TB_ID_TEXT];

	tb_hex_write(id, TB_ID_SIZE, hex);
	snprintf(name, STORE_NAME_SIZE, NAME_PREFIX "%s", hex);
}

void store_put(int supervisor, const struct lease *lease)
{
	char name[STORE_NAME_SIZE];

	lifeline_name(lease->id, name);
	put(supervisor, name, lease->lifeline);
	if (lease->away) {
		device_name(lease, name);
		put(supervisor, name, lease->device);
	}
}

void store_drop(int supervisor, const struct lease *lease)
{
	char name[STORE_NAME_SIZE];

	lifeline_name(lease->id, name);
	drop(supervisor, name);
	if (lease->away) {
		device_name(lease, name);
		drop(supervisor, name);
	}
}

bool lifelines_take_device(struct lifelines *lifelines, struct stored_device *device)
{
	if (lifelines->devices_count == 0)
		return false;
	*device = lifelines->devices[--lifelines->devices_count];
	return true;
}

void stored_device_drop(int supervisor, const struct stored_device *device)
{
	drop(supervisor, device->name);
}

/* The device was deleted while no monitor was there to say so. */
static void tell_client(const struct stored_lifeline *stored)
{
	struct tb_end end;

	memset(&end, 0, sizeof(end));
	tb_header_set(&end.header, TB_ANS_END, sizeof(end));
	end.reason = TB_REASON_DEVICE_GONE;
	memcpy(end.lease, stored->id, sizeof(end.lease));
	tb_send(stored->fd, &end, sizeof(end), NULL, 0);
}

void lifelines_close(struct lifelines *lifelines, int supervisor)
{
	for (size_t i = 0; i < lifelines->count; i++) {
		struct stored_lifeline *stored = &lifelines->stored[i];
		char name[STORE_NAME_SIZE];

		if (stored->fd < 0)
			continue;
		tell_client(stored);
		lifeline_name(stored->id, name);
		drop(supervisor, name);
		hang_up(&stored->fd);
	}
	free(lifelines->stored);
	free(lifelines->devices);
	memset(lifelines, 0, sizeof(*lifelines));
}
