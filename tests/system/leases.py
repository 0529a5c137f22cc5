"""For the tests of leases: the requests about them, and what the holder of a device's fd can do with it."""
import contextlib
import errno
import fcntl
import json
import os
import pathlib
import re
import struct
import time

import harness
import wire
from broker import Client, connect_as

TUNGETIFF = 0x800454d2
TUNSETCARRIER = 0x400454e2
TUNSETGROUP = 0x400454ce
TUNSETIFF = 0x400454ca
TUNSETOWNER = 0x400454cc
TUNSETPERSIST = 0x400454cb
TUNSETQUEUE = 0x400454d9
SIOCSIFHWADDR = 0x8924

IFF_TUN, IFF_TAP, IFF_NO_PI, IFF_DETACH_QUEUE = 0x0001, 0x0002, 0x1000, 0x0400
ARPHRD_ETHER = 1


# ---- requests ----

def _done(user, type_, lease, name):
    with Client(user) as client:
        client.send(wire.lease_request(type_, name, lease))
        data, fds = client.receive()
        harness.equal((wire.Done.unpack(data).type, fds), (type_ + 1, []), "the type of the answer, and its fds")
        return wire.Done.unpack(data).status


def release(user, lease=bytes(16), name=""):
    """Releases a lease by its id or its device's name; returns the status."""
    return _done(user, wire.REQ_RELEASE, lease, name)


def revoke(user, lease):
    """The same for anybody's, by its id alone."""
    return _done(user, wire.REQ_REVOKE, lease, "")


def leases(user, flags=0):
    """The leases that the user is shown, as wire.Lease; with flags=wire.ALL everybody's. None: denied."""
    with Client(user) as client:
        client.send(wire.lease_request(wire.REQ_LIST, flags=flags))
        found = []
        while True:
            entry = wire.Lease.unpack(client.receive()[0])
            if entry.status != wire.OK:
                harness.equal((entry.status, entry.count), (wire.DENIED, 0), "a refused list")
                return None
            if entry.count == 0:
                return found
            found.append(entry)
            harness.equal(entry.left, entry.count - len(found), "what is left of the list")
            if entry.left == 0:
                return found


def lease_named(name):
    """What root is shown of the lease with this device, or None."""
    return next((entry for entry in leases("root", wire.ALL) if wire.text(entry.name) == name), None)


def held_by(user):
    """How many leases of each network the broker counts for this user."""
    with connect_as(user) as sock:
        sock.settimeout(harness.PATIENCE)
        sock.send(wire.networks_request())
        found, left = {}, None
        while left != 0:
            entry = wire.Network.unpack(sock.recv(4096))
            found[wire.text(entry.network)], left = entry.held, entry.left
    return found


def lasting(entry):
    """What of a listed lease does not change while it lasts."""
    return (entry.lease.hex(), entry.uid, entry.pid, entry.since, entry.ifindex, wire.text(entry.name),
            wire.text(entry.network), entry.kind, entry.lifetime, entry.mtu, entry.mac.hex())


class Watcher:
    """A client of that user's which is told what happens."""

    def __init__(self, user, flags=0):
        self.client = Client(user)
        self.client.send(wire.lease_request(wire.REQ_WATCH, flags=flags))
        self.first = self.next()

    def next(self):
        return wire.Event.unpack(self.client.receive()[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()


def end_of(client):
    """The END that the lifeline tells, and nothing after it."""
    data, _ = client.receive()
    assert wire.End.fits(data), f"expected TB_ANS_END, got {data!r}"
    harness.equal(client.receive()[0], b"", "after the end")
    return wire.End.unpack(data)


# ---- what a holder can do ----

def ifreq(name="", flags=0):
    return struct.pack("16sH22x", name.encode(), flags)


def set_mac(fd, mac):
    fcntl.ioctl(fd, SIOCSIFHWADDR, struct.pack("16sH6s16x", b"", ARPHRD_ETHER, bytes.fromhex(mac.replace(":", ""))))


def change(fd, request, value):
    """Changes a device as its holder, unless the guard has ended the lease before: it is faster than a busy machine."""
    try:
        fcntl.ioctl(fd, request, value)
    except OSError as error:
        harness.equal(error.errno, errno.EBADFD, "the errno of a device that is gone")


def attach(name, flags):
    """Opens a device by its name, as programs do that know of no broker. Returns the fd."""
    fd = os.open("/dev/net/tun", os.O_RDWR)
    try:
        fcntl.ioctl(fd, TUNSETIFF, ifreq(name, flags))
    except OSError:
        os.close(fd)
        raise
    return fd


def as_process_of(user, function):
    """What function() returns in a new process of that user's; or the name of the errno that it fails with."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            harness.become(user)
            result = function()
        except OSError as error:
            result = errno.errorcode[error.errno]
        finally:
            os.write(writing, json.dumps(result).encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as result:
        text = result.read()
    os.waitpid(pid, 0)
    return json.loads(text)


def keeps_open(user, fds):
    """A process of that user's which holds these fds, and nothing else of its parent's."""
    return harness.running(user, "sleep", "600", pass_fds=fds)


def link_exists(name):
    """As harness.link(), but cheap enough to measure with."""
    return os.path.exists(f"/sys/class/net/{name}")


def gone(name, since=None):
    """Waits for the end of a link; returns the milliseconds that it took, from now or since then."""
    started = since or time.monotonic()
    while link_exists(name):
        assert time.monotonic() - started < harness.PATIENCE, f"{name} is still there after {harness.PATIENCE} s"
        time.sleep(0.0005)
    return (time.monotonic() - started) * 1000


def give_back(*clients):
    for client in clients:
        client.close()
    harness.wait_until(lambda: not leases("root", wire.ALL), about="the end of all leases")


def ping_through(fd, address, mac=None):
    """A host behind the device (see helpers/responder), as a process of alice's."""
    words = [harness.helper("responder"), fd, address, *([mac] if mac else [])]
    return harness.running("alice", *words, pass_fds=[fd])


@contextlib.contextmanager
def constant_ping(address, *prefix):
    """Pings during the block, ten times a second, and then until one is answered that was sent after it: on a busy machine
    an answer takes its time. Yields a dict that gets "received" at its end, and "lost": the numbers of those without an
    answer of which a later one got one. The prefix is a command that runs ping elsewhere."""
    counts = {}
    path = pathlib.Path(harness.ROOT, f"ping-{time.monotonic_ns()}")

    def answered():
        return {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl=", path.read_text())}

    started = time.monotonic()
    with open(path, "w") as out, harness.running("root", *prefix, "ping", "-n", "-i", "0.1", address, stdout=out):
        yield counts
        later = int((time.monotonic() - started) / 0.1) + 2
        harness.wait_until(lambda: max(answered(), default=0) >= later, about=f"an answer to a later ping of {address}")
    counts["received"] = len(answered())
    counts["lost"] = sorted(set(range(1, max(answered()))) - answered())
