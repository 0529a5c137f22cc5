"""Descriptors whose last close takes its time, for clients that send them to the broker. Each is a context manager that
yields a list of fds; the caller sends them, and closes them by close_all(). At its end nothing hangs any more."""
import contextlib
import os
import socket
import struct
import threading

import fuse
import harness
import wire
from leases import IFF_NO_PI, IFF_TAP, TUNSETIFF

LINGER = struct.pack("ii", 1, 300)
SO_PASSRIGHTS = 83


def as_a_new_socket(listening):
    """Undoes what a broker has set: a supervisor's socket that nobody has served yet has the kernel's default."""
    with contextlib.suppress(OSError):  # before 6.16
        listening.setsockopt(socket.SOL_SOCKET, SO_PASSRIGHTS, 1)


def close_all(fds):
    """Closes them in a thread: where the broker holds none of them any more, this is the close that waits."""
    def close():
        for fd in fds:
            os.close(fd)

    thread = threading.Thread(target=close, daemon=True)
    thread.start()
    thread.join(0.3)


@contextlib.contextmanager
def lingering_socket():
    """A TCP socket that waits at its close until the peer has taken all, which it does not."""
    server = socket.create_server(("127.0.0.1", 0))
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    ours = socket.create_connection(server.getsockname())
    peer, _ = server.accept()
    ours.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            ours.send(bytes(65536))
    ours.setblocking(True)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
    try:
        yield [ours.detach()]
    finally:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()  # resets the connection, which ends the waiting
        server.close()


TAPS = 250  # the kernel passes 253 fds in a message


@contextlib.contextmanager
def many_taps():
    """Taps that a user has made in a namespace of its own."""
    program = ("import fcntl, os, socket, struct, sys\n"
               "fds = []\n"
               f"for number in range({TAPS}):\n"
               "    fds.append(os.open('/dev/net/tun', os.O_RDWR))\n"
               f"    fcntl.ioctl(fds[-1], {TUNSETIFF}, struct.pack('16sH22x', b't%d' % number, {IFF_TAP | IFF_NO_PI}))\n"
               "socket.send_fds(socket.socket(fileno=int(sys.argv[1])), [b'x'], fds)\n")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        made = harness.as_user("alice", "unshare", "-Urn", "python3", "-c", program, theirs.fileno(),
                               pass_fds=[theirs.fileno()])
    harness.equal(made.returncode, 0, made.stderr)
    with ours:
        _, fds, _, _ = socket.recv_fds(ours, 16, TAPS + 1)
    harness.equal(len(fds), TAPS, "taps")
    yield fds


@contextlib.contextmanager
def fuse_file():
    """A file whose server does not answer a FLUSH of the broker's."""
    with fuse.hanging_file() as fd:
        yield [os.dup(fd)]


@contextlib.contextmanager
def pipe():
    """Nothing about it is slow; it is only there."""
    yield list(os.pipe())


@contextlib.contextmanager
def socket_with_descriptors():
    """A socket in which another one waits to be received: who closes the first closes the second."""
    with lingering_socket() as fds:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        wire.send(ours, b"x", fds)
        close_all(fds)
        ours.close()
        yield [theirs.detach()]


SORTS = {"a lingering socket": lingering_socket, "250 taps": many_taps, "a FUSE file": fuse_file, "a pipe": pipe,
         "a socket that holds one": socket_with_descriptors}
