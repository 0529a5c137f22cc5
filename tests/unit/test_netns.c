/* Unit test of whose network namespace a client's is, and of what is deleted in it: broker/monitor/kernel/netns.c,
 * against a kernel that stands here. */
#include "broker/monitor/kernel/netns.h"

#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/template.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#define CLIENT 1000 /* its socket */
#define DEVICE 1001 /* the fd of one that is away */
#define OWN 1002    /* a socket of the monitor's */
#define ALICE 2001

/* Files stand for namespaces: they have numbers of their own. */
static const char *const theirs = "/dev/null";
static const char *const ours = "/dev/zero";

static struct {
	unsigned long fails; /* this question fails, with this errno */
	int error;
	bool same;   /* the client is where the monitor is */
	uid_t owner; /* of the client's namespace */
	int deleted; /* so often a link was */
	int renamed; /* so often the device has another name by the time that it is looked for */
	bool veth;   /* what has its name now is none of ours */
} kernel;

static struct link_socket sock = {.fd = OWN};

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *value;

	va_start(arguments, request);
	value = va_arg(arguments, void *);
	va_end(arguments);
	/* What is asked of the monitor's own socket, and not of the client's. */
	if (request == kernel.fails && (request != SIOCGSKNS || fd == OWN)) {
		errno = kernel.error;
		return -1;
	}
	switch (request) {
	case SIOCGSKNS:
		return open(fd == OWN || kernel.same ? ours : theirs, O_RDONLY | O_CLOEXEC);
	case TUNGETDEVNETNS:
		return open(kernel.same ? ours : theirs, O_RDONLY | O_CLOEXEC);
	case NS_GET_USERNS:
		return open(theirs, O_RDONLY | O_CLOEXEC);
	case NS_GET_OWNER_UID:
		*(uid_t *)value = kernel.owner;
		return 0;
	case TUNGETIFF:
		strcpy(((struct ifreq *)value)->ifr_name, "vm0");
		return 0;
	default:
		abort();
	}
}

struct template link_templates[LINK_TEMPLATES];

int template_run(struct link_socket *asked, const struct template *template, const void *values)
{
	assert_ptr_equal(asked, &sock);
	assert_ptr_equal(template, &link_templates[LINK_GIVE_NUMBER]);
	assert_true(*(const int *)values >= 0);
	return 0;
}

/* The namespace has number 5. */
int template_ask(struct link_socket *asked, const struct template *template, const void *values, struct answer *answer)
{
	char bytes[64] __attribute__((aligned(4))) = {0};
	struct nlmsghdr *message = (struct nlmsghdr *)bytes;
	struct nlattr *attribute = (struct nlattr *)(bytes + NLMSG_HDRLEN + 4);
	int32_t number = 5;

	assert_ptr_equal(asked, &sock);
	assert_ptr_equal(template, &link_templates[LINK_TELL_NUMBER]);
	assert_true(*(const int *)values >= 0);
	message->nlmsg_type = RTM_NEWNSID;
	message->nlmsg_len = NLMSG_HDRLEN + 4 + 8;
	attribute->nla_type = 1; /* NETNSA_NSID */
	attribute->nla_len = 8;
	memcpy(attribute + 1, &number, sizeof(number));
	answer->take(answer->context, message);
	return 0;
}

int link_ask(struct link_socket *asked, int32_t nsid, uint32_t ifindex, const char *name, struct link *link)
{
	assert_ptr_equal(asked, &sock);
	assert_int_equal(nsid, 5);
	assert_int_equal(ifindex, 0);
	assert_string_equal(name, "vm0");
	if (kernel.renamed > 0 || kernel.deleted > 0) {
		kernel.renamed--;
		return -ENODEV;
	}
	*link = (struct link){.ifindex = 9};
	strcpy(link->kind, kernel.veth ? "veth" : "tun");
	return 0;
}

int link_delete(struct link_socket *asked, int32_t nsid, uint32_t ifindex)
{
	assert_ptr_equal(asked, &sock);
	assert_int_equal(nsid, 5);
	assert_int_equal(ifindex, 9);
	kernel.deleted++;
	/* From now on the fd is nothing's. */
	kernel.fails = TUNGETDEVNETNS;
	kernel.error = EBADFD;
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	kernel.owner = ALICE;
	return 0;
}

static void test_a_client_s_own(void **state)
{
	int netns = netns_of_client(CLIENT, ALICE, OWN);

	(void)state;
	assert_true(netns >= 0);
	assert_int_equal(fcntl(netns, F_GETFD), FD_CLOEXEC);
	close(netns);
	assert_int_equal(netns_of_client(CLIENT, ALICE + 1, OWN), -EPERM);
	kernel.same = true;
	assert_int_equal(netns_of_client(CLIENT, ALICE, OWN), -EPERM);
}

/* What cannot be told apart from the monitor's own is nobody's. */
static void test_what_cannot_be_told(void **state)
{
	static const unsigned long questions[] = {SIOCGSKNS, NS_GET_USERNS, NS_GET_OWNER_UID};

	(void)state;
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		kernel.fails = questions[i];
		kernel.error = EMFILE;
		assert_int_equal(netns_of_client(CLIENT, ALICE, OWN), questions[i] == SIOCGSKNS ? -EPERM : -EMFILE);
	}
	kernel.fails = SIOCGSKNS;
	assert_int_equal(netns_delete_device(&sock, DEVICE), -EXDEV);
	assert_int_equal(kernel.deleted, 0);
}

static void test_a_device_that_is_away(void **state)
{
	(void)state;
	assert_int_equal(netns_delete_device(&sock, DEVICE), 0);
	assert_int_equal(kernel.deleted, 1);
}

/* Its holder may rename it as often as he likes: it is tried again, not without end. */
static void test_a_device_with_other_names(void **state)
{
	(void)state;
	kernel.renamed = 99;
	assert_int_equal(netns_delete_device(&sock, DEVICE), 0);
	assert_int_equal(kernel.deleted, 1);
	set_up(state);
	kernel.renamed = 100;
	assert_int_equal(netns_delete_device(&sock, DEVICE), -ENODEV);
	assert_int_equal(kernel.deleted, 0);
}

static void test_what_is_not_deleted(void **state)
{
	(void)state;
	kernel.veth = true;
	assert_int_equal(netns_delete_device(&sock, DEVICE), -ENODEV);
	kernel.veth = false;
	kernel.same = true;
	assert_int_equal(netns_delete_device(&sock, DEVICE), -EXDEV);
	assert_int_equal(kernel.deleted, 0);
}

/* Of a network namespace that is ending nothing can be known; its devices go with it. */
static void test_a_namespace_that_ends(void **state)
{
	(void)state;
	kernel.fails = TUNGETDEVNETNS;
	kernel.error = EBADFD;
	assert_int_equal(netns_delete_device(&sock, DEVICE), 0);
	kernel.error = EMFILE;
	assert_int_equal(netns_delete_device(&sock, DEVICE), -EMFILE);
	assert_int_equal(kernel.deleted, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_client_s_own, set_up),
		cmocka_unit_test_setup(test_what_cannot_be_told, set_up),
		cmocka_unit_test_setup(test_a_device_that_is_away, set_up),
		cmocka_unit_test_setup(test_a_device_with_other_names, set_up),
		cmocka_unit_test_setup(test_what_is_not_deleted, set_up),
		cmocka_unit_test_setup(test_a_namespace_that_ends, set_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("netns", tests, NULL, NULL);
}
