/* The opener, without its lock-down: directories of our own in place of /dev and sysfs, and a socketpair in place of
 * the monitor. /dev/null plays the macvtap. What needs device nodes is skipped where this process may not make them.
 */
#include "broker/opener/device_node.h"
#include "broker/opener/node_requests.h"
#include "proto/broker.h"
#include "proto/channel.h"
#include "proto/name.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#define NULL_MAJOR 1
#define NULL_MINOR 3

static char top[] = "/tmp/tapbroker-test-opener.XXXXXX";
static char dev[64];
static char net[64];
static bool nodes_allowed;

__attribute__((format(printf, 2, 3))) static void write_file(const char *text, const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;
	FILE *file;

	va_start(arguments, format);
	vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

__attribute__((format(printf, 1, 2))) static void make_directory(const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
}

/* What sysfs would show of a macvtap. */
static void show_interface(const char *name, unsigned int ifindex, const char *index_text, const char *dev_text)
{
	make_directory("%s/%s", net, name);
	make_directory("%s/%s/macvtap", net, name);
	make_directory("%s/%s/macvtap/tap%u", net, name, ifindex);
	write_file(index_text, "%s/%s/ifindex", net, name);
	write_file(dev_text, "%s/%s/macvtap/tap%u/dev", net, name, ifindex);
}

static void make_node(const char *name, mode_t type, unsigned int major_number, unsigned int minor_number)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dev, name);
	unlink(path);
	assert_int_equal(mknod(path, type | 0600, makedev(major_number, minor_number)), 0);
}

static void make_link(const char *name, const char *target)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dev, name);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

/* A user namespace's root may not make them, and a file system mounted with nodev would not let them be opened. */
static bool may_use_nodes(void)
{
	char path[PATH_MAX];
	int fd = -1;

	snprintf(path, sizeof(path), "%s/trial", dev);
	if (mknod(path, S_IFCHR | 0600, makedev(NULL_MAJOR, NULL_MINOR)) == 0)
		fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int set_up(void **state)
{
	(void)state;
	if (mkdtemp(top) == NULL)
		return -1;
	snprintf(dev, sizeof(dev), "%s/dev", top);
	snprintf(net, sizeof(net), "%s/sys", top);
	if (mkdir(dev, 0755) < 0 || mkdir(net, 0755) < 0)
		return -1;
	nodes_allowed = may_use_nodes();
	/* cmocka's skip() prints "not ok # SKIP", which is a failure for prove. */
	if (!nodes_allowed)
		print_message("# skipped in all tests: what needs device nodes, so root\n");
	return 0;
}

static int tear_down(void **state)
{
	char command[PATH_MAX];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", top);
	return system(command);
}

static void opens_the_right_node(void **state)
{
	struct stat stat;
	int fd;

	(void)state;
	if (!nodes_allowed)
		return;
	show_interface("vm0", 77, "77\n", "1:3\n");
	make_node("tap77", S_IFCHR, NULL_MAJOR, NULL_MINOR);
	fd = tap_node_open(dev, net, "vm0", 77);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &stat), 0);
	assert_true(stat.st_rdev == makedev(NULL_MAJOR, NULL_MINOR));
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	close(fd);
}

static void refuses_a_planted_node(void **state)
{
	(void)state;
	show_interface("vm1", 78, "78\n", "1:3\n");
	assert_int_equal(tap_node_open(dev, net, "vm1", 78), -ESTALE);
	make_node("tap78", S_IFREG, 0, 0);
	assert_int_equal(tap_node_open(dev, net, "vm1", 78), -ESTALE);
	/* A fifo would hold up whoever opened it. */
	make_node("tap78", S_IFIFO, 0, 0);
	assert_int_equal(tap_node_open(dev, net, "vm1", 78), -ESTALE);
	make_link("tap78", "/dev/null");
	assert_int_equal(tap_node_open(dev, net, "vm1", 78), -ESTALE);
	if (!nodes_allowed)
		return;
	/* /dev/zero, and a block device of the right number. */
	make_node("tap78", S_IFCHR, 1, 5);
	assert_int_equal(tap_node_open(dev, net, "vm1", 78), -ESTALE);
	make_node("tap78", S_IFBLK, NULL_MAJOR, NULL_MINOR);
	assert_int_equal(tap_node_open(dev, net, "vm1", 78), -ESTALE);
}

static void refuses_what_sysfs_does_not_show(void **state)
{
	static const char *const numbers[] = {
		"", "1", "1:", "1:3", "1:3\nx", ":3\n", "-1:3\n", " 1:3\n", "1:3 \n", "0x1:3\n", "99999999999:3\n",
	};

	(void)state;
	assert_int_equal(tap_node_open(dev, net, "absent", 79), -ENOENT);
	if (nodes_allowed)
		make_node("tap79", S_IFCHR, NULL_MAJOR, NULL_MINOR);
	show_interface("vm2", 79, "80\n", "1:3\n");
	assert_int_equal(tap_node_open(dev, net, "vm2", 79), -ESTALE);
	show_interface("vm2", 79, "79", "1:3\n");
	assert_int_equal(tap_node_open(dev, net, "vm2", 79), -EBADMSG);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		show_interface("vm2", 79, "79\n", numbers[i]);
		assert_int_equal(tap_node_open(dev, net, "vm2", 79), -EBADMSG);
	}
}

static void refuses_a_false_tun(void **state)
{
	(void)state;
	assert_int_equal(tun_node_open(dev), -ENOENT);
	make_directory("%s/net", dev);
	make_link("net/tun", "/dev/net/tun");
	assert_int_equal(tun_node_open(dev), -ESTALE);
	if (!nodes_allowed)
		return;
	make_node("net/tun", S_IFCHR, NULL_MAJOR, NULL_MINOR);
	assert_int_equal(tun_node_open(dev), -ESTALE);
}

static void opens_the_tun(void **state)
{
	int fd;

	(void)state;
	if (!nodes_allowed || access("/dev/net/tun", F_OK) < 0)
		return;
	make_directory("%s/net", dev);
	make_node("net/tun", S_IFCHR, 10, 200);
	fd = tun_node_open(dev);
	assert_true(fd >= 0);
	close(fd);
}

static void refuses_a_false_vhost(void **state)
{
	(void)state;
	assert_int_equal(vhost_node_open(dev), -ENOENT);
	make_link("vhost-net", "/dev/vhost-net");
	assert_int_equal(vhost_node_open(dev), -ENODEV);
	make_node("vhost-net", S_IFIFO, 0, 0);
	assert_int_equal(vhost_node_open(dev), -ENODEV);
	if (!nodes_allowed)
		return;
	make_node("vhost-net", S_IFCHR, NULL_MAJOR, NULL_MINOR);
	assert_int_equal(vhost_node_open(dev), -ENODEV);
	make_node("vhost-net", S_IFCHR, 10, 200); /* a tun */
	assert_int_equal(vhost_node_open(dev), -ENODEV);
}

/* Of every request here: the answers must say it, too. */
#define SERIAL 4000000001u

/* The opener says this, with so many fds. */
static void expect(int sock, uint16_t type, struct tb_node_answer *answer, int *fd, size_t wanted)
{
	size_t nfds = 1;

	assert_int_equal(tb_receive(sock, answer, sizeof(*answer), fd, &nfds), sizeof(*answer));
	assert_int_equal(nfds, wanted);
	assert_true(tb_header_valid(&answer->header, type, sizeof(*answer)));
	assert_int_equal(answer->serial, SERIAL);
}

/* True if the next message brings an fd. */
static bool fd_is_next(int sock)
{
	struct tb_header header = {.type = 0};

	assert_true(recv(sock, &header, sizeof(header), MSG_PEEK) > 0);
	return header.type == TB_NODE_FD;
}

/* One request over the channel, and what the opener's step returns for it. An fd comes before the last word. */
static int ask(const struct tb_node_request *request, size_t size, struct tb_node_answer *answer, int *fd)
{
	struct opener opener = {.dev = dev, .net = net};
	int pair[2];
	int none;
	int ret;

	*fd = -1;
	memset(answer, 0, sizeof(*answer));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	opener.channel = pair[1];
	assert_int_equal(tb_send(pair[0], request, size, NULL, 0), 0);
	ret = node_requests_step(&opener);
	close(pair[1]);
	if (ret == 0) {
		if (fd_is_next(pair[0])) {
			expect(pair[0], TB_NODE_FD, answer, fd, 1);
			assert_int_equal(answer->error, 0);
		}
		expect(pair[0], TB_ANS_NODE, answer, &none, 0);
		assert_int_equal(answer->error == 0, *fd >= 0);
	}
	close(pair[0]);
	return ret;
}

static struct tb_node_request request_for(uint32_t node, const char *name, uint32_t ifindex)
{
	struct tb_node_request request = {.node = node, .ifindex = ifindex, .serial = SERIAL};

	tb_header_set(&request.header, TB_REQ_NODE, sizeof(request));
	memcpy(request.name, name, strnlen(name, sizeof(request.name)));
	return request;
}

static void answers_requests(void **state)
{
	struct tb_node_request request = request_for(TB_NODE_TAP, "vm3", 81);
	struct tb_node_answer answer;
	int fd;

	(void)state;
	assert_int_equal(ask(&request, sizeof(request), &answer, &fd), 0);
	assert_int_equal(answer.error, ENOENT);
	show_interface("vm3", 81, "81\n", "1:3\n");
	assert_int_equal(ask(&request, sizeof(request), &answer, &fd), 0);
	assert_int_equal(answer.error, ESTALE);
	if (!nodes_allowed)
		return;
	make_node("tap81", S_IFCHR, NULL_MAJOR, NULL_MINOR);
	assert_int_equal(ask(&request, sizeof(request), &answer, &fd), 0);
	assert_int_equal(answer.error, 0);
	assert_true(fd >= 0);
	close(fd);
}

/* Who may open the node, too, is in a list of the file system's. */
static void lets_one_user_in(void **state)
{
	struct tb_node_request request = request_for(TB_NODE_TAP, "vm5", 83);
	struct tb_node_answer answer;
	char path[PATH_MAX];
	char list[64];
	int fd;

	(void)state;
	request.uid = 1000;
	assert_int_equal(ask(&request, sizeof(request), &answer, &fd), 0);
	assert_int_equal(answer.error, ENOENT);
	if (!nodes_allowed)
		return;
	show_interface("vm5", 83, "83\n", "1:3\n");
	make_node("tap83", S_IFCHR, NULL_MAJOR, NULL_MINOR);
	assert_int_equal(ask(&request, sizeof(request), &answer, &fd), 0);
	if (answer.error != EOPNOTSUPP) {
		assert_int_equal(answer.error, 0);
		close(fd);
		snprintf(path, sizeof(path), "%s/tap83", dev);
		assert_true(getxattr(path, "system.posix_acl_access", list, sizeof(list)) > 0);
	}
}

static int open_files(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			count++;
	return count;
}

static void keeps_nothing(void **state)
{
	struct tb_node_request request = request_for(TB_NODE_TAP, "vm4", 82);
	struct tb_node_answer answer;
	int before = open_files();
	int fd;

	(void)state;
	show_interface("vm4", 82, "82\n", "1:3\n");
	ask(&request, sizeof(request), &answer, &fd);
	make_link("tap82", "/dev/null");
	ask(&request, sizeof(request), &answer, &fd);
	if (nodes_allowed) {
		make_node("tap82", S_IFCHR, NULL_MAJOR, NULL_MINOR);
		ask(&request, sizeof(request), &answer, &fd);
		close(fd);
	}
	assert_int_equal(open_files(), before);
}

static void dies_of_nonsense(void **state)
{
	const struct tb_node_request nonsense[] = {
		request_for(0, "vm0", 77),
		request_for(4, "vm0", 77),
		request_for(TB_NODE_TAP, "vm0", 0),
		request_for(TB_NODE_TAP, "", 77),
		request_for(TB_NODE_TAP, "../vm0", 77),
		request_for(TB_NODE_TAP, "vm0/..", 77),
		request_for(TB_NODE_TAP, "..", 77),
		request_for(TB_NODE_TAP, "sixteen-letters-", 77),
		request_for(TB_NODE_TUN, "vm0", 0),
		request_for(TB_NODE_TUN, "", 1),
		request_for(TB_NODE_VHOST, "vm0", 0),
		request_for(TB_NODE_VHOST, "", 1),
	};
	struct tb_node_request request;
	struct tb_node_answer answer;
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++)
		assert_int_equal(ask(&nonsense[i], sizeof(nonsense[i]), &answer, &fd), -EBADMSG);
	request = request_for(TB_NODE_TUN, "", 0);
	request.uid = 1000;
	assert_int_equal(ask(&request, sizeof(request), &answer, &fd), -EBADMSG);
	request = request_for(TB_NODE_TUN, "", 0);
	assert_int_equal(ask(&request, sizeof(request) - 1, &answer, &fd), -EBADMSG);
	request.header.type = TB_ANS_NODE;
	assert_int_equal(ask(&request, sizeof(request), &answer, &fd), -EBADMSG);
	request = request_for(TB_NODE_TAP, "vm0", 77);
	request.name[10] = 'x';
	assert_int_equal(ask(&request, sizeof(request), &answer, &fd), -EBADMSG);
}

static void ends_with_the_monitor(void **state)
{
	struct opener opener = {.dev = dev, .net = net};
	struct tb_node_request request = request_for(TB_NODE_TUN, "", 0);
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	opener.channel = pair[1];
	assert_int_equal(tb_send(pair[0], &request, sizeof(request), NULL, 0), 0);
	close(pair[0]);
	/* The answer finds nobody. */
	assert_int_equal(node_requests_step(&opener), -ECONNRESET);
	assert_int_equal(node_requests_step(&opener), -ECONNRESET);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_the_right_node),
		cmocka_unit_test(refuses_a_planted_node),
		cmocka_unit_test(refuses_what_sysfs_does_not_show),
		cmocka_unit_test(refuses_a_false_tun),
		cmocka_unit_test(opens_the_tun),
		cmocka_unit_test(refuses_a_false_vhost),
		cmocka_unit_test(answers_requests),
		cmocka_unit_test(lets_one_user_in),
		cmocka_unit_test(keeps_nothing),
		cmocka_unit_test(dies_of_nonsense),
		cmocka_unit_test(ends_with_the_monitor),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
