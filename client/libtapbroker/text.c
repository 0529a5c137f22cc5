/* The texts for errors and reasons: what was refused, by which check, what to do next. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/checks.h"

#include <errno.h>

const char *tapbroker_strerror(int error)
{
	switch (error) {
	case 0:
		return "no error";
	case EACCES:
		return "refused: no network of that name allows this request, or polkit did not say yes to it; \"tapctl networks\" shows what there is, and the administrator decides (tapbroker-network(5), tapbroker-polkit(7))";
	case EBADMSG:
		return "refused: the broker and this library do not speak the same version of the protocol; install the same release of both and restart tapbrokerd";
	case EAGAIN:
		return "not now: too many requests of this user are waiting for an answer, too many programs watch, or polkit is too slow; try again in a moment";
	case EDQUOT:
		return "refused: this user holds as many devices as one user may (\"tapctl list\" shows them); give one back, or ask the administrator for more (MaxPerUser= in tapbroker-network(5), or --max-leases-per-user in tapbrokerd(8))";
	case ENOSPC:
		return "refused: the network or the broker has handed out all the devices that it may; try again later, or ask the administrator for more (Max= in tapbroker-network(5), or --max-leases in tapbrokerd(8))";
	case EEXIST:
		return "refused: an interface of that name exists already; ask for another name, or for none and let the broker choose";
	case ENODEV:
		return "refused: the network's bridge or parent interface does not exist or is of another kind; the administrator must create it, or correct the network file (tapbroker-network(5))";
	case ESTALE:
		return "refused: the device node in /dev was not the new device's, several times over; try again, and if it stays so tell the administrator, because somebody may be planting nodes";
	case EOPNOTSUPP:
		return "refused: this machine has no vhost-net (/dev/vhost-net), or has not loaded it; the administrator loads it with \"modprobe vhost_net\" and starts tapbrokerd again, or do without vhost";
	case EIO:
		return "the kernel refused to make or configure the device as it was wanted; the log of tapbrokerd says at which step and why";
	case ENXIO:
		return "there is no such lease, or it is not this user's; \"tapctl list\" shows those that are";
	case EXDEV:
		return "refused: a device in the caller's own network namespace was asked for, but the caller is in that of the host, or in one that is another user's; ask without it, or ask from a network namespace whose user namespace this user has made (\"unshare -Urn\", or as root of a rootless container)";
	case EINVAL:
		return "the request is not valid, and nobody was asked: a network's name is a letter followed by up to 30 of a-z 0-9 _ -, an interface's a letter followed by up to 14 of a-z 0-9 _ . -, a lease's id 32 hexadecimal digits, an MTU is 68 to 65535, queues are 1 to 16, vhost wants vnet_hdr and no persistent device, and TAPBROKER_SOCKET is an absolute path; correct it";
	case E2BIG:
		return "the request sets something that this version of libtapbroker does not know; install the version that the program was built for";
	case ENOENT:
		return "there is no socket where the broker's should be, so tapbrokerd is not installed or not started; start it, or correct TAPBROKER_SOCKET";
	case ECONNREFUSED:
		return "nobody listens at the broker's socket; start tapbrokerd";
	case ENOTCONN:
		return "this process may not connect to the broker's socket; check the mode of the socket and its directory, and the sandbox that the program runs in";
	case EPERM:
		return "what answers at the broker's socket is not the broker, because it is not root's; check TAPBROKER_SOCKET, and who made that socket";
	case EPROTO:
		return "the answer was not one that a broker gives, or it brought no device of that name, so it was thrown away; install the same release of broker and library and restart tapbrokerd";
	case ECONNRESET:
		return "the broker closed the connection without an answer: it stopped, or it had no room for another connection; try again, and look at the log of tapbrokerd if it stays so";
	case EUSERS:
		return "refused: this user has too many connections to the broker; close some, and try again (--max-connections-per-user in tapbrokerd(8))";
	case EADDRINUSE:
		return "refused: another interface has the address, or another tunnel leads to the destination already; ask for others, or end the other one first (\"tapctl list\", and \"tapctl unblock\" for the block of a kill switch)";
	case EREMOTEIO:
		return "refused, for a reason that this version of libtapbroker does not know; the log of tapbrokerd says it, and a newer library has a text for it";
	case ETIMEDOUT:
		return "no answer in time; try again with a longer timeout, and look at the logs of tapbrokerd and polkitd";
	case ENOMEM:
		return "this process has no memory left for the request; nobody was asked";
	case EMFILE:
		return "this process has too many files open to take the device (RLIMIT_NOFILE); nobody was asked";
	case ENFILE:
		return "this machine has too many files open to take the device (fs.file-max); nobody was asked";
	default:
		return "an error that libtapbroker has no text for; errno(3) has its name";
	}
}
TB_SHORT_NAME(strerror);

const char *tapbroker_reason(unsigned int reason)
{
	switch (reason) {
	case TAP_ENDED_LOST:
		return "the connection to the broker is lost; the device is there, and a broker that is started again takes it over as long as the process that asked for it runs";
	case TAP_ENDED_DEVICE_GONE:
		return "the device was deleted, or its last fd was closed";
	case TAP_ENDED_NOT_COLLECTED:
		return "the device was not collected in time, so the broker took it back";
	case TAP_ENDED_PROTOCOL:
		return "something was written to the lifeline, so the broker took the device back";
	case TAP_ENDED_CLIENT:
		return "its user has closed the connection";
	case TAP_ENDED_RELEASED:
		return "its user has released the device";
	case TAP_ENDED_REVOKED:
		return "an administrator has revoked the device";
	case TAP_ENDED_GUARD_MAC:
		return "who holds the device has changed its address, so the broker took it back; a guest uses the address that came with the device";
	case TAP_ENDED_GUARD_OWNER:
		return "who holds the device has given it to another owner or group, so the broker took it back";
	case TAP_ENDED_GUARD_PERSIST:
		return "who holds the device has made it persistent, or not persistent any more, so the broker took it back; ask for the lifetime that is wanted";
	case TAP_ENDED_GUARD_MASTER:
		return "somebody has moved the device to another bridge or out of its own, so the broker took it back";
	case TAP_ENDED_GUARD_ALIAS:
		return "somebody has changed the alias of the device, in which its lease is written, so the broker took it back";
	case TAP_ENDED_GUARD_FLOOD:
		return "who holds the device has changed it too often in one second, so the broker took it back";
	case TAP_ENDED_EXPIRED:
		return "the lease has lasted as long as a lease of this network may, so the broker took the device back; ask for another";
	case TAP_ENDED_UNSEEN:
		return "the lease has ended while the connection to the broker was lost, so that nobody could say why";
	default:
		return "the broker took the device back, for a reason that this version of libtapbroker does not know";
	}
}
TB_SHORT_NAME(reason);

const char *tapbroker_check(unsigned int check)
{
	const char *text = tb_check_text(check);

	return text != NULL ? text : "the check that refused is one that this version of libtapbroker does not know";
}
TB_SHORT_NAME(check);

const char *tapbroker_stage(unsigned int stage)
{
	switch (stage) {
	case TB_STAGE_NONE:
		return "nothing in particular";
	case TB_STAGE_NODE:
		return "to open the device node";
	case TB_STAGE_CREATE:
		return "to create the device and set its owner";
	case TB_STAGE_HARDEN:
		return "to write the device's sysctls and lock it";
	case TB_STAGE_LINK:
		return "to set alias, MTU, address and bridge port";
	case TB_STAGE_VERIFY:
		return "to show the device as it was made";
	case TB_STAGE_UP:
		return "to set the device up";
	case TB_STAGE_ADDRESS:
		return "to give the device an address";
	case TB_STAGE_ROUTE:
		return "to make a route";
	case TB_STAGE_RULE:
		return "to make the rules that lead to the routes";
	default:
		return "something that this version of libtapbroker does not know";
	}
}
TB_SHORT_NAME(stage);
