"""The messages of proto/message.h in Python: what the tests and the false processes in fakes.py speak.

Nothing here checks what it packs: tests send wrong messages on purpose.
"""
import array
import collections
import socket
import struct

MAGIC = 0x42504154
VERSION = 1

REQ_OPEN, ANS_OPEN = 2, 3
REQ_NETWORKS, ANS_NETWORK = 4, 5
ANS_END = 7
REQ_LIST, ANS_LEASE = 8, 9
REQ_RELEASE, ANS_RELEASE = 10, 11
REQ_REVOKE, ANS_REVOKE = 12, 13
REQ_WATCH, ANS_EVENT = 14, 15
REQ_ABOUT, ANS_ABOUT = 16, 17
REQ_EXPLAIN, ANS_EXPLAIN = 22, 23
REQ_EXPLAIN_CONFIGURE, ANS_EXPLAIN_CONFIGURE = 24, 25
REQ_SHOW, ANS_SHOW = 26, 27
REQ_BLOCKS, ANS_BLOCKS = 28, 29
REQ_DROPS, ANS_DROPS = 30, 31
REQ_ASK, ANS_VERDICT, REQ_CANCEL = 34, 35, 36
REQ_NODE, ANS_NODE, NODE_FD = 38, 39, 40
TB_YES = 44

KIND_ANY, KIND_TAP, KIND_TUN, KIND_MACVTAP = 0, 1, 2, 3
INTERACTIVE, VNET_HDR, BRIDGE, ALL, NETNS, VHOST, EXTERNAL_ID, TRAITS = 1, 2, 4, 8, 16, 32, 128, 512
EXTERNAL_ID_SIZE = 88

SESSION, FD, PERSISTENT, NAMESPACE, NAMED = range(5)

OK, DENIED, MALFORMED, BUSY, QUOTA_USER, QUOTA_NETWORK, NAME_TAKEN, LOWER_MISSING, NODE_REFUSED, KERNEL = range(10)
QUOTA_OF_NETWORK, QUOTA_OF_BROKER = 1, 2
(NETWORK_OFF, NETWORK_UNLISTED, NETWORK_TOLD, NETWORK_ISOLATED, NETWORK_HOST, NETWORK_CALLER,
 NETWORK_MORE_NAMES, NETWORK_TOLD_ALL, NETWORK_NO_QEMU_MACS) = (1 << bit for bit in range(9))
NO_LEASE = 10
NO_VHOST = 11
NOT_OWN_NETNS = 12
CONNECTIONS = 13

(CHECK_NONE, CHECK_SYNTAX, CHECK_NETWORK, CHECK_KIND, CHECK_NAME, CHECK_MTU, CHECK_QUEUES, CHECK_VNET_HDR, CHECK_VHOST,
 CHECK_LIFETIME, CHECK_NETNS, CHECK_UID, CHECK_POLKIT_NO, CHECK_POLKIT_CHALLENGE, CHECK_POLKIT_DISMISSED,
 CHECK_POLKIT_ERROR, CHECK_POLKIT_TIMEOUT, CHECK_QUEUE_TIMEOUT, CHECK_WAITING, CHECK_REQUESTS, CHECK_WATCHES,
 CHECK_CONNECTIONS, CHECK_RESTART, CHECK_MAX_PER_USER, CHECK_MAX, CHECK_MAX_LEASES_PER_USER, CHECK_MAX_LEASES,
 CHECK_PEER_GONE, CHECK_LEASE) = range(29)

ITEM_ADDRESS, ITEM_ROUTE, ITEM_EXCLUDE, ITEM_SERVER = 1, 2, 3, 4

REASON_DEVICE_GONE, REASON_NOT_COLLECTED, REASON_PROTOCOL = 1, 2, 3
REASON_CLIENT, REASON_RELEASED, REASON_REVOKED = 4, 5, 6
(REASON_GUARD_MAC, REASON_GUARD_OWNER, REASON_GUARD_PERSIST, REASON_GUARD_MASTER, REASON_GUARD_ALIAS,
 REASON_GUARD_FLOOD, REASON_EXPIRED) = range(7, 14)

YES, NO, CHALLENGE, DISMISSED, ERROR, CANCELLED = 1, 2, 3, 4, 5, 6

ACTION_OPEN, ACTION_LIST_ALL, ACTION_REVOKE, ACTION_CONFIGURE, ACTION_WOULD_OPEN, ACTION_EXPLAIN = 1, 2, 3, 4, 5, 6

ACCESS_NONE, ACCESS_YES, ACCESS_PASSWORD, ACCESS_NO = range(4)

NODE_TUN, NODE_TAP, NODE_VHOST = 1, 2, 3

WATCHING, OPENED, ENDED, CONFIGURED, UNBLOCKED = range(5)

HEADER = "=IHHII"


class Message:
    """One kind of message: its type, and its fields after the header."""

    def __init__(self, name, type_, layout, fields=""):
        self.type = type_
        self.layout = struct.Struct(HEADER + layout)
        self.tuple = collections.namedtuple(name, "magic version type size zero " + fields)

    def pack(self, *fields, magic=MAGIC, version=VERSION, type=None, size=None, zero=0):
        type = self.type if type is None else type
        size = self.layout.size if size is None else size
        return self.layout.pack(magic, version, type, size, zero, *fields)

    def unpack(self, data):
        return self.tuple(*self.layout.unpack(data))

    def fits(self, data):
        """True if the bytes say that they are this message."""
        return len(data) == self.layout.size and struct.unpack_from(HEADER, data)[2] == self.type


_REQUEST = "network name kind flags mtu queues lifetime reserved"
Request = Message("Request", REQ_OPEN, "32s16sIIIII60s", _REQUEST)
NetworksRequest = Message("NetworksRequest", REQ_NETWORKS, "32s16sIIIII60s", _REQUEST)
Answer = Message("Answer", ANS_OPEN, "IIiIIIIIIII16s6s2s16sII52s", "status check error stage held limit kind flags ifindex mtu "
                 "queues name mac reserved_mac lease quota vhosts reserved")
Network = Message("Network", ANS_NETWORK, "IIII32sIIIIIIIIII16s64sIIII", "status check left count network kind mtu queues flags "
                  "limit held lifetimes traits mode max lower names access vlan published reserved")
End = Message("End", ANS_END, "I12s16s", "reason reserved lease")
Lease = Message("Lease", ANS_LEASE, "IIIIIIIIQQQQQIII32s16s16s6s22sII8s88s16s", "status check left count ifindex uid pid kind since rx_bytes "
                "tx_bytes rx_packets tx_packets lifetime mtu flags network name lease mac guest scope items own external_id own_ipv6")
Shown = Message("Shown", ANS_SHOW, "IIIIIIII32s16s16sI12s3072s", "status check left count uid scope flags mtu network name lease "
                "items reserved item")
Blocks = Message("Blocks", ANS_BLOCKS, "IIIIII2304s", "status check left count blocks reserved block")
Drops = Message("Drops", ANS_DROPS, "IIII768s", "status check count reserved drops")
Done = Message("Done", ANS_RELEASE, "II8s", "status check reserved")
Event = Message("Event", ANS_EVENT, "IIIIIIQIII32s16s16sIII16s88s", "status check what reason lost kind when uid pid lifetime network "
                "name lease items flags replaces reserved external_id")
About = Message("About", ANS_ABOUT, "IIIIQQQQQ32s24s", "status check protocol items_max requests kinds lifetimes item_kinds "
                "flags release reserved")
Explanation = Message("Explanation", ANS_EXPLAIN, "IIQIIIIIIIIIIIIIIII32s16s16s64s128s256s64s768sII",
                      "status check forbids access traits kind flags mtu queues lifetime network_kind network_mtu "
                      "network_queues network_flags network_lifetimes held limit max held_by_all network name lower names "
                      "lines path action details held_overall limit_overall")
Item = struct.Struct("=HBBI16s16s8s")  # kind family prefix metric address peer reserved
Question = Message("Question", REQ_ASK, "16sQIIIIIIIIII32s16s16s16s88s", "ticket start_time uid pid action owner kind mode flags mtu queues "
                   "lifetime network name bridge parent external_id")
Verdict = Message("Verdict", ANS_VERDICT, "16sII", "ticket verdict reserved")
Cancel = Message("Cancel", REQ_CANCEL, "16s", "ticket")
Yes = Message("Yes", TB_YES, f"{Question.layout.size}s", "question")
NodeRequest = Message("NodeRequest", REQ_NODE, "II16sII", "node ifindex name uid serial")
NodeAnswer = Message("NodeAnswer", ANS_NODE, "iI", "error serial")
NodeFd = Message("NodeFd", NODE_FD, "iI", "error serial")


def text(field):
    """The characters of a NUL-padded field."""
    return field.rstrip(b"\0").decode("ascii", "backslashreplace")


def request(network, name="", kind=KIND_ANY, flags=0, mtu=0, queues=0, lifetime=0, reserved=b"", external_id=None, **header):
    """The bytes of a TB_REQ_OPEN. network, name and external_id may be str or bytes, header fields may be wrong."""
    def as_bytes(word):
        return word if isinstance(word, bytes) else word.encode()

    if external_id is None:
        return Request.pack(as_bytes(network), as_bytes(name), kind, flags, mtu, queues, lifetime, reserved, **header)
    end = as_bytes(external_id).ljust(EXTERNAL_ID_SIZE, b"\0")
    header = {"size": Request.layout.size + len(end), **header}
    return Request.pack(as_bytes(network), as_bytes(name), kind, flags | EXTERNAL_ID, mtu, queues, lifetime, reserved,
                        **header) + end


def lease_request(type, name="", lease=bytes(16), flags=0):
    """The bytes of a TB_REQ_LIST, _RELEASE, _REVOKE, _WATCH or _DROPS."""
    return Request.pack(b"", name.encode(), 0, flags, 0, 0, 0, lease, type=type)


def networks_request():
    """The bytes of a TB_REQ_NETWORKS."""
    return NetworksRequest.pack(b"", b"", 0, 0, 0, 0, 0, b"")


def about_request():
    """The bytes of a TB_REQ_ABOUT."""
    return Request.pack(b"", b"", 0, 0, 0, 0, 0, b"", type=REQ_ABOUT)


def explain_address_request(network, address, length, flags=0, uid=0):
    """The bytes of a TB_REQ_EXPLAIN_CONFIGURE for one IPv4 address."""
    item = Item.pack(ITEM_ADDRESS, 4, length, 0, socket.inet_aton(address), b"", b"")
    behind = struct.pack("=16sIII32s", b"", 1, 0, uid, b"")  # lease items scope uid reserved
    head = Request.pack(network.encode(), b"", 0, flags, 0, 0, 0, behind, type=REQ_EXPLAIN_CONFIGURE,
                        size=Request.layout.size + Item.size)
    return head + item


def send(sock, data, fds=()):
    """Sends one message and fds with it."""
    control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    return sock.sendmsg([data], control, socket.MSG_NOSIGNAL)


def receive(sock):
    """Receives one message: its bytes (none: the peer has closed) and its fds."""
    data, fds, _, _ = socket.recv_fds(sock, 4096, 32)
    return data, fds
