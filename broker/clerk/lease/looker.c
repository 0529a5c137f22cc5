/* The looker: see looker.h. Runs in the clerk, as a thread that shares nothing with it but two pipes; needs no
 * right. */
#include "broker/clerk/lease/looker.h"

#include "broker/clerk/loop.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* A link to look at; 0: at all. */
struct job {
	uint32_t ifindex;
	uint32_t side; /* enum lease_side */
};

/* The thread keeps nothing large on its stack, and no less than PTHREAD_STACK_MIN is anywhere. */
#define STACK_SIZE (128 * 1024)

enum report_type {
	REPORT_SEEN,    /* one of all devices */
	REPORT_ALONE,   /* the device that was asked for */
	REPORT_MISSING, /* it is gone */
	REPORT_FINISHED,
};

/* Small enough for a pipe to move all of it or nothing. */
struct report {
	enum report_type type;
	enum lease_side side;
	struct link link;
};
_Static_assert(sizeof(struct report) <= 4096, "PIPE_BUF");

static struct link_socket kernels[SIDES]; /* the thread's alone, once that runs */
static bool has_shield;
static int jobs = -1;        /* write end, never waited for */
static int reports = -1;     /* read end, the same */
static int thread_jobs = -1; /* the thread's ends */
static int thread_reports = -1;
static const struct looker_audience *audience;

static void write_report(const struct report *report)
{
	if (write(thread_reports, report, sizeof(*report)) != (ssize_t)sizeof(*report))
		tb_die("clerk: the looker cannot report: %s", strerror(errno));
}

/* Of what kind the links are that a side is asked for. */
static const char *const kinds[SIDES][2] = {[SIDE_HERE] = {"tun", "macvtap"}, [SIDE_SHIELD] = {"veth", "tun"}};

static void report_link(enum lease_side side, const struct link *link)
{
	const struct report report = {.type = REPORT_SEEN, .side = side, .link = *link};

	write_report(&report);
}

static void report_here(void *context, const struct link *link)
{
	(void)context;
	report_link(SIDE_HERE, link);
}

static void report_shield(void *context, const struct link *link)
{
	(void)context;
	report_link(SIDE_SHIELD, link);
}

/* What the kernel left out is asked for one by one. */
static void look_at_all(void)
{
	struct report report = {.type = REPORT_FINISHED};

	link_dump(&kernels[SIDE_HERE], "bridge", report_here, NULL);
	looker_dump(SIDE_HERE, report_here, NULL);
	if (has_shield) {
		link_dump(&kernels[SIDE_HERE], "veth", report_here, NULL);
		link_dump(&kernels[SIDE_SHIELD], "tun", report_shield, NULL);
	}
	write_report(&report);
}

static void look_at_one(const struct job *job)
{
	struct report report = {.type = REPORT_ALONE, .side = job->side};
	struct link_socket *kernel = &kernels[job->side];
	struct link master;
	int ret = link_get(kernel, job->ifindex, &report.link);

	if (ret < 0 && ret != -ENODEV)
		tb_die("clerk: cannot look at the link %u: %s", job->ifindex, strerror(-ret));
	if (ret < 0)
		report.type = REPORT_MISSING;
	else if (report.link.master != 0 && link_get(kernel, report.link.master, &master) == 0)
		memcpy(report.link.master_name, master.name, sizeof(master.name));
	report.link.ifindex = job->ifindex;
	write_report(&report);
}

static void *looker_main(void *started)
{
	struct job job;

	pthread_barrier_wait(started);
	while (read(thread_jobs, &job, sizeof(job)) == (ssize_t)sizeof(job)) {
		if (job.ifindex == 0)
			look_at_all();
		else
			look_at_one(&job);
	}
	return NULL;
}

static bool hand_job(struct job job)
{
	ssize_t sent = write(jobs, &job, sizeof(job));

	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		tb_die("clerk: cannot tell the looker: %s", strerror(errno));
	return sent == (ssize_t)sizeof(job);
}

bool looker_look(enum lease_side side, uint32_t ifindex)
{
	return hand_job((struct job){.ifindex = ifindex, .side = side});
}

bool looker_look_at_all(void)
{
	return hand_job((struct job){.ifindex = 0});
}

int looker_dump(enum lease_side side, void (*each)(void *context, const struct link *link), void *context)
{
	int first;
	int second;

	if (side == SIDE_SHIELD && !has_shield)
		return 0;
	first = link_dump(&kernels[side], kinds[side][0], each, context);
	second = link_dump(&kernels[side], kinds[side][1], each, context);
	return first < 0 ? first : second;
}

int looker_get(uint32_t ifindex, struct link *link)
{
	return link_get(&kernels[SIDE_HERE], ifindex, link);
}

static void on_report(uint32_t number, uint32_t events)
{
	struct report report;

	(void)number, (void)events;
	while (read(reports, &report, sizeof(report)) == (ssize_t)sizeof(report)) {
		switch (report.type) {
		case REPORT_SEEN:
		case REPORT_ALONE:
			audience->seen(report.side, &report.link, report.type == REPORT_ALONE);
			break;
		case REPORT_MISSING:
			audience->missing(report.side, report.link.ifindex);
			break;
		case REPORT_FINISHED:
			audience->finished();
		}
	}
}

static int make_pipes(void)
{
	int job_ends[2];
	int report_ends[2];

	if (pipe2(job_ends, O_CLOEXEC) < 0 || pipe2(report_ends, O_CLOEXEC) < 0)
		return -errno;
	thread_jobs = job_ends[0];
	jobs = job_ends[1];
	reports = report_ends[0];
	thread_reports = report_ends[1];
	if (fcntl(jobs, F_SETFL, O_NONBLOCK) < 0 || fcntl(reports, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

static int looker_start_thread(void)
{
	static pthread_barrier_t started;
	pthread_attr_t attributes;
	pthread_t thread;
	int ret = -pthread_barrier_init(&started, NULL, 2);

	if (ret == 0)
		ret = -pthread_attr_init(&attributes);
	if (ret == 0)
		ret = -pthread_attr_setstacksize(&attributes, STACK_SIZE);
	if (ret == 0)
		ret = -pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (ret == 0)
		ret = -pthread_create(&thread, &attributes, looker_main, &started);
	/* A thread that starts makes system calls that the filter, which comes next, does not know. */
	if (ret == 0)
		pthread_barrier_wait(&started);
	return ret;
}

int looker_start(const struct looker_audience *listeners, int shield)
{
	int ret = link_socket_open(&kernels[SIDE_HERE], NETLINK_ROUTE);

	audience = listeners;
	has_shield = shield >= 0;
	if (ret == 0 && has_shield)
		ret = link_socket_take(&kernels[SIDE_SHIELD], shield);
	if (ret == 0)
		ret = make_pipes();
	if (ret == 0)
		ret = looker_start_thread();
	if (ret < 0)
		return ret;
	loop_handle(LOOP_LOOKER, on_report);
	return loop_watch(reports, EPOLLIN, LOOP_LOOKER, 0);
}
