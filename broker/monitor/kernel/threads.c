/* Starting the monitor's threads: see threads.h. Runs in tapbrokerd before lock-down is complete; needs no right. Must
 * never be called after it. */
#include "broker/monitor/kernel/threads.h"

#include <linux/netlink.h>
#include <pthread.h>
#include <stdatomic.h>

/* More than a thread needs, which keeps no more than one batch of messages on it, and no less than PTHREAD_STACK_MIN is
 * anywhere. Pages that no function reached cost nothing. */
#define STACK_SIZE (160 * 1024)

struct start {
	void (*run)(void *context);
	char *contexts;
	size_t size;
	atomic_uint next;
	pthread_barrier_t started;
};

static void *thread_main(void *argument)
{
	struct start *start = argument;
	void (*run)(void *context) = start->run;
	void *context = start->contexts + start->size * atomic_fetch_add(&start->next, 1);

	pthread_barrier_wait(&start->started);
	run(context);
	return NULL;
}

static int start_thread(struct start *start)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int ret = -pthread_attr_init(&attributes);

	if (ret == 0)
		ret = -pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (ret == 0)
		ret = -pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (ret == 0)
		ret = -pthread_create(&thread, &attributes, thread_main, start);
	return ret;
}

/* Starts count threads, each with the next one of an array of contexts of this size; with size 0 all have the same one.
 * A context outlives its thread. run() does not return. */
static int start_threads(void (*run)(void *context), void *contexts, size_t size, unsigned int count)
{
	struct start start = {.run = run, .contexts = contexts, .size = size};
	int ret = -pthread_barrier_init(&start.started, NULL, count + 1);

	for (unsigned int i = 0; ret == 0 && i < count; i++)
		ret = start_thread(&start);
	if (ret < 0)
		return ret;
	pthread_barrier_wait(&start.started);
	pthread_barrier_destroy(&start.started);
	return 0;
}

int threads_start_closer(struct closer *closer)
{
	int ret = -pthread_mutex_init(&closer->lock, NULL);

	if (ret == 0)
		ret = -pthread_cond_init(&closer->changed, NULL);
	return ret < 0 ? ret : start_threads(closer_run, closer, 0, CLOSER_THREADS);
}

int threads_start_reaper(struct reaper *reaper)
{
	struct reaper_worker *workers = reaper->workers;
	int ret = 0;

	for (int i = 0; ret == 0 && i < REAPER_THREADS; i++) {
		workers[i].reaper = reaper;
		ret = link_socket_open(&workers[i].link, NETLINK_ROUTE);
	}
	atomic_store(&reaper->running, REAPER_THREADS);
	return ret < 0 ? ret : start_threads(reaper_run, workers, sizeof(workers[0]), REAPER_THREADS);
}
