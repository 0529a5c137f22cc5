/* The closer: see closer.h. Runs in the monitor, and as threads of it; needs no right. */
#include "broker/monitor/kernel/closer.h"

#include "broker/shared/fd.h"
#include "broker/shared/locked.h"

void closer_run(void *context)
{
	struct closer *closer = context;

	pthread_mutex_lock(&closer->lock);
	for (;;) {
		int fd;

		while (closer->count == 0)
			pthread_cond_wait(&closer->changed, &closer->lock);
		fd = closer->fds[closer->first];
		closer->first = (closer->first + 1) % CLOSER_ROOM;
		closer->count--;
		closer->closing++;
		pthread_cond_broadcast(&closer->changed);
		pthread_mutex_unlock(&closer->lock);
		tb_close(&fd);
		pthread_mutex_lock(&closer->lock);
		closer->closing--;
	}
}

void closer_give(struct closer *closer, int *fd)
{
	if (*fd < 0)
		return;
	TB_LOCKED(&closer->lock);
	while (closer->count == CLOSER_ROOM)
		pthread_cond_wait(&closer->changed, &closer->lock);
	closer->fds[(closer->first + closer->count) % CLOSER_ROOM] = tb_take(fd);
	closer->count++;
	pthread_cond_broadcast(&closer->changed);
}

bool closer_idle(struct closer *closer)
{
	TB_LOCKED(&closer->lock);
	return closer->count == 0 && closer->closing == 0;
}
