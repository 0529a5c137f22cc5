/* The supervisor: see store.h. Runs in the monitor; needs no right. */
#include "broker/monitor/store.h"

#include "broker/shared/alias.h"
#include "broker/shared/log.h"
#include "proto/channel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* FDPOLL=0: a lifeline whose client hangs up while no broker is there is kept all the same, and tells the next one. */
int store_tell(int supervisor, const char *what, const char *name, int fd)
{
	char text[STORED_NAME_SIZE + 64];

	if (supervisor < 0)
		return 0;
	snprintf(text, sizeof(text), "%s=1\nFDPOLL=0\nFDNAME=%s", what, name);
	return tb_send(supervisor, text, strlen(text), &fd, fd >= 0 ? 1 : 0);
}

int store_put_lease(int supervisor, struct away *away, const uint8_t lease[TB_ID_SIZE], int lifeline)
{
	const struct away_device *device;
	char name[STORED_NAME_SIZE];
	int ret;

	alias_write_lifeline(lease, name);
	ret = lifeline >= 0 ? store_tell(supervisor, "FDSTORE", name, lifeline) : 0;
	device = away_hold(away, lease);
	if (ret == 0 && device != NULL && device->fd >= 0)
		ret = store_tell(supervisor, "FDSTORE", device->stored, device->fd);
	away_let_go(away);
	return ret;
}

int store_drop_lease(int supervisor, struct away *away, const uint8_t lease[TB_ID_SIZE])
{
	const struct away_device *device;
	char name[STORED_NAME_SIZE];
	int ret;

	alias_write_lifeline(lease, name);
	ret = store_tell(supervisor, "FDSTOREREMOVE", name, -1);
	device = away_hold(away, lease);
	if (ret == 0 && device != NULL)
		ret = store_tell(supervisor, "FDSTOREREMOVE", device->stored, -1);
	away_let_go(away);
	/* A supervisor that is gone keeps nothing either. */
	if (ret != -EAGAIN)
		away_forget(away, lease);
	return ret;
}

void store_tell_ready(int supervisor)
{
	static const char ready[] = "READY=1";

	if (supervisor >= 0 && tb_send(supervisor, ready, sizeof(ready) - 1, NULL, 0) < 0)
		tb_log(TB_LOG_WARNING, "the supervisor cannot be told that the broker is ready");
}
