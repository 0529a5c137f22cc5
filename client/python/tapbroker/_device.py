"""Devices: tapbroker.open() and its kin."""
from __future__ import annotations

import asyncio
import ctypes
import errno
import os
import socket
import time
from collections.abc import AsyncIterator
from types import TracebackType

from ._failure import Error, Failure, fail, milliseconds
from ._library import Request, c
from ._loop import readable
from ._numbers import Check, Flag, Kind, Lifetime, Reason, flags, known

PACKET_MAX = 65536 + 12  # bytes: the largest packet, and the largest virtio header before it
RETRY_AFTER = 0.1  # seconds
TIMEOUT = 30.0  # seconds
TIMEOUT_INTERACTIVE = 150.0


class Device:
    """An open device and its lease. Close it, or use it in a with block; that ends the lease of a session.

    network    the network's name
    name       the interface's
    ifindex    its number, in the network namespace of the device
    kind       Kind.TAP, TUN or MACVTAP
    mtu        in bytes
    mac        the address that whoever is behind the device uses, such as "02:00:00:00:00:01"; "" for a tun
    address    the IPv4 address that the network gives it, such as "10.0.77.2/24", and
    gateway    by whom it leaves the network; "" where there is none
    address6   the same of IPv6
    gateway6
    lease      the lease's id
    vnet_hdr   each packet is preceded by a struct virtio_net_hdr
    netns      the device is in the network namespace of the thread that asked
    fds        a descriptor for each queue, non-inheritable; none if the device is opened by name
    vhost_fds  as many of vhost-net, or none
    lifeline   the connection that holds the lease: hand it on with the descriptors, and write nothing to it
    """

    def __init__(self, network: str, handle: ctypes.c_void_p) -> None:
        self._handle: ctypes.c_void_p | None = handle
        self.network = network
        self.name: str = c.name(handle).decode()
        self.ifindex: int = c.ifindex(handle)
        self.kind = known(Kind, c.kind(handle))
        self.mtu: int = c.mtu(handle)
        self.mac = "" if self.kind == Kind.TUN else ":".join(f"{byte:02x}" for byte in c.mac(handle)[:6])
        self.address: str = c.address(handle).decode()
        self.gateway: str = c.gateway(handle).decode()
        self.address6: str = c.address6(handle).decode()
        self.gateway6: str = c.gateway6(handle).decode()
        self.lease: str = c.lease_id(handle).decode()
        self.vnet_hdr = bool(c.flags(handle) & Flag.VNET_HDR)
        self.netns = bool(c.flags(handle) & Flag.NETNS)
        self.fds: list[int] = [c.fd(handle, queue) for queue in range(c.queues(handle))]
        self.vhost_fds: list[int] = [c.vhost_fd(handle, queue) for queue in range(c.vhosts(handle))]
        self.lifeline: int = c.lifeline(handle)

    def fileno(self) -> int:
        """The descriptor of the first queue, for select() and os.read()."""
        return self.fds[0]

    def read(self, size: int = PACKET_MAX, queue: int = 0) -> bytes:
        """Takes one packet, of at most size bytes; waits for it, unless the descriptor is non-blocking."""
        return os.read(self.fds[queue], size)

    def write(self, packet: bytes, queue: int = 0) -> int:
        """Gives one packet. Returns its length."""
        return os.write(self.fds[queue], packet)

    def ended(self) -> Reason | int | None:
        """Why the lease has ended; None if it goes on. Does not wait."""
        reason = ctypes.c_uint()
        return known(Reason, reason.value) if c.ended(self._open(), reason) else None

    def follow(self) -> int:
        """A descriptor to poll: when it is readable call ended(), which then hears of the lease's end also after a restart
        of the broker. It is the device's."""
        fd: int = c.follow(self._open())
        if fd < 0:
            fail(None)
        return fd

    async def wait_ended(self) -> Reason | int:
        """Waits for the end of the lease. One task at a time."""
        news = self.follow()
        while (reason := self.ended()) is None:
            await readable(news)
        return reason

    async def packets(self, queue: int = 0) -> AsyncIterator[bytes]:
        """The packets of a queue, until the lease ends. One task at a time; the descriptor becomes non-blocking."""
        fd, news = self.fds[queue], self.follow()
        os.set_blocking(fd, False)
        while self.ended() is None:
            try:
                packet = os.read(fd, PACKET_MAX)
            except BlockingIOError:
                await readable(fd, news)
            except OSError as error:
                if error.errno not in (errno.EBADFD, errno.EIO, errno.ENODEV):
                    raise
                await readable(news)  # the device is gone, and the broker says why
            else:
                yield packet

    def take_fd(self, queue: int = 0) -> int:
        """Takes a descriptor out of the device: close() leaves it open, and it is the caller's. The lease still ends with
        the device."""
        fd: int = c.take_fd(self._open(), queue)
        if fd < 0:
            fail(None)
        self.fds[queue] = -1
        return fd

    def detach(self) -> list[int]:
        """Gives up the device and leaves all open: fds, vhost_fds and lifeline are the caller's. Returns them."""
        kept = [fd for fd in [*self.fds, *self.vhost_fds, self.lifeline] if fd >= 0]
        c.detach(self._open())
        self._handle = None
        return kept

    def close(self) -> None:
        """Closes the descriptors and the lifeline. May be called again."""
        if self._handle is not None:
            c.close(self._handle)
            self._handle = None

    def _open(self) -> ctypes.c_void_p:
        if self._handle is None:
            raise ValueError(f"the device {self.name} is closed")
        return self._handle

    def __enter__(self) -> Device:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    async def __aenter__(self) -> Device:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, value: BaseException | None,
                        trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self.close()

    def __repr__(self) -> str:
        state = "closed" if self._handle is None else "open"
        return f"<tapbroker.Device {self.name} of {self.network}, {state}>"


def _request(network: str, failure: Failure, timeout: float | None, *, name: str | None = None, kind: Kind = Kind.ANY,
             mtu: int = 0, queues: int = 1, lifetime: Lifetime = Lifetime.SESSION, interactive: bool = False,
             vnet_hdr: bool = False, bridge: bool = False, vhost: bool = False, netns: bool = False,
             external_id: str | None = None) -> Request:
    wanted = flags(interactive=interactive, vnet_hdr=vnet_hdr, bridge=bridge, vhost=vhost, netns=netns)
    return Request(network=network.encode(), name=None if name is None else name.encode(), kind=kind, flags=wanted, mtu=mtu,
                   queues=queues, timeout=milliseconds(timeout), lifetime=lifetime, failure=ctypes.pointer(failure),
                   external_id=None if external_id is None else external_id.encode())


def open(network: str, *, name: str | None = None, kind: Kind = Kind.ANY, mtu: int = 0, queues: int = 1,
         lifetime: Lifetime = Lifetime.SESSION, interactive: bool = False, vnet_hdr: bool = False, bridge: bool = False,
         vhost: bool = False, netns: bool = False, external_id: str | None = None, timeout: float | None = None,
         connected: socket.socket | None = None) -> Device:
    """Asks for a device of the network and waits for it.

    name         the interface's, which the network's file must allow; None: the broker chooses
    kind         refuse another kind than this
    mtu          in bytes; 0: the network's
    queues       1 to 16, a descriptor each
    lifetime     SESSION, or FD for a program that hands the descriptors on and ends
    interactive  polkit may ask somebody for a password
    vnet_hdr     with a struct virtio_net_hdr before each packet, as virtual machines want it
    bridge       network may also be the name of a bridge
    vhost        with a descriptor of vhost-net for each queue; only with vnet_hdr
    netns        in the network namespace of the calling thread
    external_id  the caller's own name for the lease, at most 80 characters of A-Z a-z 0-9 _ . @ / -
    connected    a SOCK_SEQPACKET socket that was connected to the broker already, for a process that may open none; it
                 becomes the lifeline and is closed with the device

    Raises Refused, or another Error.
    """
    failure, handle = Failure(), ctypes.c_void_p()
    request = _request(network, failure, timeout, name=name, kind=kind, mtu=mtu, queues=queues, lifetime=lifetime,
                       interactive=interactive, vnet_hdr=vnet_hdr, bridge=bridge, vhost=vhost, netns=netns,
                       external_id=external_id)
    if connected is None:
        done = c.open_request(request, handle)
    else:
        done = c.open_connected(connected.fileno(), request, handle)
    if done < 0:
        fail(failure)
    if connected is not None:
        connected.detach()
    return Device(network, handle)


def reserve(network: str, *, name: str | None = None, kind: Kind = Kind.ANY, mtu: int = 0, queues: int = 1,
            interactive: bool = False, vnet_hdr: bool = False, bridge: bool = False, namespace: bool = False,
            session: bool = False, external_id: str | None = None, timeout: float | None = None) -> Device:
    """Asks for a device that lasts until release(device.lease), and that its user opens by name: it has no descriptors.

    namespace    in the network namespace of the calling thread, and no longer than that lasts
    session      no longer than until close()
    """
    lifetime = Lifetime.NAMESPACE if namespace else Lifetime.NAMED if session else Lifetime.PERSISTENT
    failure, handle = Failure(), ctypes.c_void_p()
    request = _request(network, failure, timeout, name=name, kind=kind, mtu=mtu, queues=queues,
                       lifetime=lifetime, interactive=interactive, vnet_hdr=vnet_hdr, bridge=bridge, netns=namespace,
                       external_id=external_id)
    if c.reserve(request, handle) < 0:
        fail(failure)
    return Device(network, handle)


async def open_async(network: str, *, name: str | None = None, kind: Kind = Kind.ANY, mtu: int = 0, queues: int = 1,
                     lifetime: Lifetime = Lifetime.SESSION, interactive: bool = False, vnet_hdr: bool = False,
                     bridge: bool = False, vhost: bool = False, netns: bool = False, external_id: str | None = None,
                     timeout: float | None = None) -> Device:
    """open() for a program with a loop. A task that is cancelled withdraws the request."""
    failure = Failure()
    request = _request(network, failure, timeout, name=name, kind=kind, mtu=mtu, queues=queues, lifetime=lifetime,
                       interactive=interactive, vnet_hdr=vnet_hdr, bridge=bridge, vhost=vhost, netns=netns,
                       external_id=external_id)
    if timeout is None:
        timeout = TIMEOUT_INTERACTIVE if interactive else TIMEOUT
    deadline = time.monotonic() + timeout
    try:
        async with asyncio.timeout(timeout):
            while True:
                try:
                    return Device(network, await _open_once(request, failure))
                except Error as error:
                    if not _may_try_again(error) or time.monotonic() > deadline:
                        raise
                await asyncio.sleep(RETRY_AFTER)
    except TimeoutError:
        ctypes.set_errno(errno.ETIMEDOUT)
        fail(None)


def _may_try_again(error: Error) -> bool:
    """True where open() would: the broker is being started again, or takes no connection at the moment."""
    if error.errno == errno.EAGAIN:
        return error.check in (Check.NONE, Check.RESTART)
    return error.errno == errno.ECONNREFUSED


async def _open_once(request: Request, failure: Failure) -> ctypes.c_void_p:
    """One request. The failure is written until the opening has ended."""
    opening, handle = ctypes.c_void_p(), ctypes.c_void_p()
    fd: int = c.open_begin(request, opening)
    if fd < 0:
        fail(failure)
    try:
        while True:
            await readable(fd)
            done = c.open_finish(opening, handle)
            if done != 0:
                opening = ctypes.c_void_p()  # it has ended
                if done < 0:
                    fail(failure)
                return handle
    finally:
        c.open_cancel(opening)
