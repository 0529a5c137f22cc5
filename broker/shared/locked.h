/* Locks that open themselves at the end of the block, whatever ends it.
 *
 *	TB_LOCKED(&table->lock);
 */
#ifndef TB_LOCKED_H
#define TB_LOCKED_H

#include <pthread.h>

#define TB_LOCKED(mutex)                                                                \
	pthread_mutex_t *const tb_locked __attribute__((cleanup(tb_unlock))) = (mutex); \
	pthread_mutex_lock(tb_locked)

static inline void tb_unlock(pthread_mutex_t *const *mutex)
{
	pthread_mutex_unlock(*mutex);
}

#endif
