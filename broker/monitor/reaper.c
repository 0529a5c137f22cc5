/* The reaper: see reaper.h. Runs in the monitor as threads; USES CAP_NET_ADMIN to delete devices, and in our own
 * network namespace only those whose alias says that they are ours; and to move a device that nobody holds yet. */
#include "broker/monitor/reaper.h"

#include "broker/monitor/lease.h"
#include "broker/monitor/link_netns.h"
#include "broker/monitor/netns.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* More than a thread needs, which keeps nothing large on it, and no less than PTHREAD_STACK_MIN is anywhere. What is
 * not used costs nothing. */
#define STACK_SIZE (128 * 1024)

/* What one thread works with; it is the thread's alone. */
struct worker {
	struct link_socket link;
	int jobs;    /* read end, shared by all threads: the kernel hands each job to one of them */
	int answers; /* write end */
	pthread_barrier_t *started;
};

static struct reaper_job work(struct worker *worker, struct reaper_job job)
{
	switch (job.deed) {
	case REAPER_DELETE:
		job.result = link_delete_ours(&worker->link, job.ifindex, LEASE_ALIAS_PREFIX);
		break;
	case REAPER_DELETE_AWAY:
		job.result = netns_delete_device(&worker->link, job.fd);
		break;
	case REAPER_MOVE:
		job.result = link_move_up(&worker->link, job.ifindex, job.fd);
		break;
	default:
		job.result = 0;
	}
	tb_close(&job.fd);
	return job;
}

static void *worker_main(void *argument)
{
	struct worker *worker = argument;
	struct reaper_job job;

	pthread_barrier_wait(worker->started);
	/* A pipe moves so few bytes all or none. */
	while (read(worker->jobs, &job, sizeof(job)) == (ssize_t)sizeof(job)) {
		job = work(worker, job);
		if (job.number != REAPER_NO_ANSWER && write(worker->answers, &job, sizeof(job)) < 0)
			tb_die("the reaper cannot answer: %s", strerror(errno));
	}
	return NULL;
}

static int start_thread(const struct reaper *reaper, struct worker *worker, pthread_barrier_t *started)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int ret;

	worker->jobs = reaper->threads_jobs;
	worker->answers = reaper->threads_answers;
	worker->started = started;
	ret = link_socket_open(&worker->link);
	if (ret == 0)
		ret = -pthread_attr_init(&attributes);
	if (ret == 0)
		ret = -pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (ret == 0)
		ret = -pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (ret == 0)
		ret = -pthread_create(&thread, &attributes, worker_main, worker);
	return ret;
}

/* A pipe that holds capacity jobs, so that a write to it never waits. */
static int make_pipe(int ends[2], uint32_t capacity)
{
	int size = (int)(capacity * sizeof(struct reaper_job));

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	if (size > 65536 && fcntl(ends[1], F_SETPIPE_SZ, size) < 0)
		return -errno;
	return 0;
}

int reaper_open(struct reaper *reaper, uint32_t capacity)
{
	int jobs[2];
	int answers[2];
	int ret = make_pipe(jobs, capacity);

	if (ret == 0)
		ret = make_pipe(answers, capacity);
	if (ret < 0)
		return ret;
	if (fcntl(jobs[1], F_SETFL, O_NONBLOCK) < 0 || fcntl(answers[0], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	reaper->jobs = jobs[1];
	reaper->answers = answers[0];
	reaper->threads_jobs = jobs[0];
	reaper->threads_answers = answers[1];
	return 0;
}

int reaper_start(const struct reaper *reaper)
{
	/* A thread that starts makes system calls that the filter, which comes next, does not know. */
	static pthread_barrier_t started;
	static struct worker workers[REAPER_THREADS];
	int ret = -pthread_barrier_init(&started, NULL, REAPER_THREADS + 1);

	for (int i = 0; ret == 0 && i < REAPER_THREADS; i++)
		ret = start_thread(reaper, &workers[i], &started);
	if (ret == 0)
		pthread_barrier_wait(&started);
	return ret;
}

static void hand_over(struct reaper *reaper, const struct reaper_job *job)
{
	if (write(reaper->jobs, job, sizeof(*job)) != (ssize_t)sizeof(*job))
		tb_die("the reaper does not keep up: %s", strerror(errno));
}

void reaper_close(struct reaper *reaper, int fd)
{
	struct reaper_job job = {.deed = REAPER_CLOSE, .fd = fd, .number = REAPER_NO_ANSWER};

	hand_over(reaper, &job);
}

void reaper_delete(struct reaper *reaper, uint32_t ifindex, uint32_t number)
{
	struct reaper_job job = {.deed = REAPER_DELETE, .fd = -1, .ifindex = ifindex, .number = number};

	hand_over(reaper, &job);
}

void reaper_delete_away(struct reaper *reaper, int device, uint32_t number)
{
	struct reaper_job job = {.deed = REAPER_DELETE_AWAY, .fd = device, .number = number};

	hand_over(reaper, &job);
}

void reaper_move(struct reaper *reaper, uint32_t ifindex, int netns, uint32_t number)
{
	struct reaper_job job = {.deed = REAPER_MOVE, .fd = netns, .ifindex = ifindex, .number = number};

	hand_over(reaper, &job);
}

bool reaper_answer(struct reaper *reaper, struct reaper_job *answer)
{
	return read(reaper->answers, answer, sizeof(*answer)) == (ssize_t)sizeof(*answer);
}
