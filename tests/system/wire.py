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
REQ_CLIENT = 32
REQ_ASK, ANS_VERDICT, REQ_CANCEL = 34, 35, 36
REQ_NODE, ANS_NODE = 38, 39

KIND_ANY, KIND_TAP, KIND_TUN, KIND_MACVTAP = 0, 1, 2, 3
INTERACTIVE, VNET_HDR = 1, 2

OK, DENIED, MALFORMED, BUSY, QUOTA_USER, QUOTA_NETWORK, NAME_TAKEN, LOWER_MISSING, NODE_REFUSED, KERNEL = range(10)

REASON_DEVICE_GONE, REASON_NOT_COLLECTED, REASON_PROTOCOL, REASON_SHUTDOWN = 1, 2, 3, 4

YES, NO, CHALLENGE, DISMISSED, ERROR, CANCELLED = 1, 2, 3, 4, 5, 6

NODE_TUN, NODE_TAP = 1, 2

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
Answer = Message("Answer", ANS_OPEN, "IiIIIIIIII16s6s2s16s64s", "status error stage held limit kind flags ifindex mtu "
                 "queues name mac reserved_mac lease reserved")
Network = Message("Network", ANS_NETWORK, "II32sIIIIII40s", "left count network kind mtu queues flags limit held "
                  "reserved")
End = Message("End", ANS_END, "I12s16s", "reason reserved lease")
Client = Message("Client", REQ_CLIENT, "")
Question = Message("Question", REQ_ASK, "16sQIIIIIIII32s16s16s16s", "ticket start_time uid pid kind mode flags mtu "
                   "queues lifetime network name bridge parent")
Verdict = Message("Verdict", ANS_VERDICT, "16sII", "ticket verdict reserved")
Cancel = Message("Cancel", REQ_CANCEL, "16s", "ticket")
NodeRequest = Message("NodeRequest", REQ_NODE, "II16s", "node ifindex name")
NodeAnswer = Message("NodeAnswer", ANS_NODE, "iI", "error reserved")


def text(field):
    """The characters of a NUL-padded field."""
    return field.rstrip(b"\0").decode("ascii", "backslashreplace")


def request(network, name="", kind=KIND_ANY, flags=0, mtu=0, queues=0, lifetime=0, reserved=b"", **header):
    """The bytes of a TB_REQ_OPEN. network and name may be str or bytes, header fields may be wrong."""
    def as_bytes(word):
        return word if isinstance(word, bytes) else word.encode()

    return Request.pack(as_bytes(network), as_bytes(name), kind, flags, mtu, queues, lifetime, reserved, **header)


def networks_request():
    """The bytes of a TB_REQ_NETWORKS."""
    return NetworksRequest.pack(b"", b"", 0, 0, 0, 0, 0, b"")


def send(sock, data, fds=()):
    """Sends one message and fds with it."""
    control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    return sock.sendmsg([data], control, socket.MSG_NOSIGNAL)


def receive(sock):
    """Receives one message: its bytes (none: the peer has closed) and its fds."""
    data, fds, _, _ = socket.recv_fds(sock, 4096, 32)
    return data, fds
