/* Lifelines in the supervisor's file descriptor store: see store.h. Runs in the monitor; needs no right. */
#include "broker/monitor/store.h"

#include "broker/monitor/lease.h"
#include "broker/monitor/peer.h"
#include "broker/shared/fd.h"
#include "proto/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How a stored lifeline is called: this and the lease id. */
#define NAME_PREFIX "lease-"

/* Where the supervisor puts the first fd that it passes. */
#define PASSED_FD 3

static int parse_name(const char *name, uint8_t id[TB_ID_SIZE])
{
	char again[LEASE_HEX_SIZE];

	if (strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) != 0)
		return -EINVAL;
	name += strlen(NAME_PREFIX);
	for (size_t i = 0; i < TB_ID_SIZE; i++) {
		unsigned int byte;

		if (strlen(name) != LEASE_HEX_SIZE - 1 || sscanf(name + 2 * i, "%2x", &byte) != 1)
			return -EINVAL;
		id[i] = (uint8_t)byte;
	}
	lease_hex(id, again);
	return strcmp(name, again) == 0 ? 0 : -EINVAL;
}

int lifelines_init(struct lifelines *lifelines)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");
	char *names = getenv("LISTEN_FDNAMES");
	char *rest = NULL;
	int fd = PASSED_FD;

	*lifelines = (struct lifelines){.stored = NULL, .count = 0};
	if (pid == NULL || atoi(pid) != getpid() || count == NULL || atoi(count) <= 0 || names == NULL)
		return 0;
	lifelines->stored = calloc((size_t)atoi(count), sizeof(*lifelines->stored));
	if (lifelines->stored == NULL)
		return -ENOMEM;
	/* The variable is ours to take apart: nobody reads it again. */
	for (char *name = strtok_r(names, ":", &rest); name != NULL && fd < PASSED_FD + atoi(count);
	     name = strtok_r(NULL, ":", &rest), fd++) {
		struct stored_lifeline *stored = &lifelines->stored[lifelines->count];

		if (parse_name(name, stored->id) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			continue;
		stored->fd = fd;
		lifelines->count++;
	}
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
static void tell(int supervisor, const char *what, const uint8_t id[TB_ID_SIZE], int fd)
{
	char text[128];
	char hex[LEASE_HEX_SIZE];

	if (supervisor < 0)
		return;
	lease_hex(id, hex);
	snprintf(text, sizeof(text), "%s=1\nFDPOLL=0\nFDNAME=" NAME_PREFIX "%s", what, hex);
	tb_send(supervisor, text, strlen(text), &fd, fd >= 0 ? 1 : 0);
}

void store_put(int supervisor, const uint8_t id[TB_ID_SIZE], int lifeline)
{
	tell(supervisor, "FDSTORE", id, lifeline);
}

void store_drop(int supervisor, const uint8_t id[TB_ID_SIZE])
{
	tell(supervisor, "FDSTOREREMOVE", id, -1);
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

		if (stored->fd < 0)
			continue;
		tell_client(stored);
		store_drop(supervisor, stored->id);
		hang_up(&stored->fd);
	}
	free(lifelines->stored);
	*lifelines = (struct lifelines){.stored = NULL, .count = 0};
}
