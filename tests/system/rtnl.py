"""Holds the kernel's one lock on all links (rtnl) for as long as a test likes.

Users have slower ways, such as the end of a namespace with thousands of links. Here a process changes a flag of its
own loopback device, and the kernel, with the lock taken, must read the flag from a page that userfaultfd keeps away.

All network namespaces share the lock: tests/prove runs the files that import this one while no other runs.
"""
import contextlib
import ctypes
import fcntl
import mmap
import os
import select
import signal
import socket
import struct

import harness

USERFAULTFD = 323  # the system call, on x86-64
UFFDIO_API, UFFDIO_REGISTER, UFFD_API, MODE_MISSING = 0xc018aa3f, 0xc020aa00, 0xaa, 1
SIOCETHTOOL, ETHTOOL_SFLAGS = 0x8946, 0x26
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
PAGE = mmap.PAGESIZE

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _hold(channel):
    """Sends the userfaultfd, then asks for the change. Does not return before it is killed."""
    _checked(_libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    _checked(_libc.unshare(CLONE_NEWNET))
    memory = mmap.mmap(-1, 2 * PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    faults = _checked(_libc.syscall(USERFAULTFD, os.O_CLOEXEC | os.O_NONBLOCK))
    fcntl.ioctl(faults, UFFDIO_API, struct.pack("QQQ", UFFD_API, 0, 0))
    fcntl.ioctl(faults, UFFDIO_REGISTER, struct.pack("QQQQ", start + PAGE, PAGE, MODE_MISSING, 0))
    socket.send_fds(channel, [b"x"], [faults])
    # The command stands at the end of the first page, which the kernel reads before it locks; its value in the second.
    memory[PAGE - 4:PAGE] = struct.pack("I", ETHTOOL_SFLAGS)
    request = ctypes.create_string_buffer(struct.pack("16sQ16x", b"lo", start + PAGE - 4))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        _checked(_libc.ioctl(sock.fileno(), SIOCETHTOOL, request))


@contextlib.contextmanager
def held():
    """The lock is held during the block. Yields a function that gives it back earlier."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(60)
            _hold(theirs)
        finally:
            os._exit(1)
    theirs.close()
    released = False

    def release():
        nonlocal released
        if not released:
            released = True
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    try:
        _, fds, _, _ = socket.recv_fds(ours, 1, 1)
        if not fds:
            harness.skip("no userfaultfd here")
        assert select.select(fds, [], [], 10)[0], "the kernel does not read the page"
        os.close(fds[0])
        yield release
    finally:
        release()
        ours.close()
