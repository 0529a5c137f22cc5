"""Networks and leases: lists, their end, and what happens to them."""
from __future__ import annotations

import ctypes
import dataclasses
import datetime
import errno
import select
import socket
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any

from ._failure import Failure, fail, milliseconds
from ._library import EACH_DROP, EACH_LEASE, EACH_NETWORK, EventEntry, c
from ._loop import readable
from ._numbers import Access, EventKind, Flag, Kind, Lifetime, Reason, Scope, flags, known

OFF, UNLISTED, TOLD, ISOLATED, HOST, CALLER, MORE_NAMES = (1 << bit for bit in range(7))


@dataclasses.dataclass(frozen=True)
class Published:
    """Ports of the host that lead to a guest."""

    protocol: str  # "tcp", "udp"
    host_address: str  # at which alone they are; "": at each of the host's
    port: int  # of the host, the first one
    ports: int  # so many
    guest_name: str  # of the guest's device
    guest_address: str  # "": not by IPv4, or not known yet
    guest_address6: str
    guest_port: int  # that the first one leads to


@dataclasses.dataclass(frozen=True)
class Network:
    """A network that the broker lists."""

    name: str
    kind: Kind | int
    mtu: int  # bytes
    queues: int  # at most
    vnet_hdr: bool  # it may be asked for
    vhost: bool  # it may be asked for
    limit: int  # devices that one user may hold
    held: int  # devices that the caller holds
    names: tuple[str, ...]  # that may be asked for; a prefix ends in "*"
    lower: str  # root only: the bridge or the parent, or ""
    lifetimes: frozenset[Lifetime | int]
    host: bool  # a device may be in the host's network namespace,
    netns: bool  # or in the caller's
    off: bool  # its file has a mistake
    access: Access | int  # what polkit would say to a device without any wish
    vlan: int = 0  # of a tap's port on the bridge; 0: where the bridge puts it, or not told
    published: tuple[Published, ...] = ()  # ports of the host that lead to guests


@dataclasses.dataclass(frozen=True)
class Lease:
    """Who holds a device."""

    id: str
    network: str
    name: str  # of the interface
    kind: Kind | int
    lifetime: Lifetime | int
    netns: bool  # it is in its holder's own network namespace
    ifindex: int
    mtu: int  # bytes; 0: it has just gone
    uid: int
    pid: int
    mac: str  # "" for a tun
    since: datetime.datetime
    rx_bytes: int  # counters as `ip -s link` shows them
    rx_packets: int
    tx_bytes: int
    tx_packets: int
    external_id: str  # that it was asked for with, or ""
    address: str  # that the network gives it, such as "10.0.77.2/24"; "": none
    address6: str
    scope: Scope | int  # of what configure() has given it, see configuration(); NETWORK: nothing
    entries: int  # so many addresses, routes and exceptions
    kill_switch: bool  # everything stays blocked when it has ended
    own_address: str  # the device's first own, such as "10.8.0.2/24"; "": none
    own_address6: str


@dataclasses.dataclass(frozen=True)
class Drop:
    """What the locks of a device have dropped for one reason, since the broker was started last."""

    reason: str  # as tapbroker-network(5) has it under "counted as"
    packets: int
    bytes: int  # without the Ethernet header of what comes out of a tap


@dataclasses.dataclass(frozen=True)
class Event:
    """What happened to a lease."""

    what: EventKind | int  # a later broker may have others, of which all but this and when may be empty
    when: datetime.datetime
    reason: Reason | int | None  # ENDED: why
    lease: str
    network: str
    name: str
    kind: Kind | int
    lifetime: Lifetime | int
    uid: int
    pid: int
    lost: int  # events before this one that were not read in time
    external_id: str  # that the lease was asked for with, or ""
    entries: int  # CONFIGURED: addresses, routes and exceptions; 0: what there was is undone
    kill_switch: bool  # there is one; ENDED: its block stays
    replaces: bool  # CONFIGURED: in place of another configuration


def _moment(seconds: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def _published(entry: Any) -> Published:
    protocols = {socket.IPPROTO_TCP: "tcp", socket.IPPROTO_UDP: "udp"}
    return Published(
        protocol=protocols.get(entry.protocol, str(entry.protocol)), host_address=entry.host_address.decode(), port=entry.port,
        ports=entry.count, guest_name=entry.guest_name.decode(), guest_address=entry.guest_address.decode(),
        guest_address6=entry.guest_address6.decode(), guest_port=entry.guest_port)


def _network(entry: Any) -> Network:
    return Network(
        name=entry.name.decode(), kind=known(Kind, entry.kind), mtu=entry.mtu, queues=entry.queues,
        vnet_hdr=bool(entry.flags & Flag.VNET_HDR), vhost=bool(entry.flags & Flag.VHOST), limit=entry.limit, held=entry.held,
        names=tuple(entry.names.decode().split()), lower=entry.lower.decode(),
        lifetimes=frozenset(known(Lifetime, bit) for bit in range(32) if entry.lifetimes >> bit & 1),
        host=bool(entry.traits & HOST), netns=bool(entry.traits & CALLER), off=bool(entry.traits & OFF),
        access=known(Access, entry.access), vlan=entry.vlan,
        published=tuple(_published(entry.published[number]) for number in range(entry.published_count)))


def _lease(entry: Any) -> Lease:
    return Lease(
        id=entry.id.decode(), network=entry.network.decode(), name=entry.name.decode(), kind=known(Kind, entry.kind),
        lifetime=known(Lifetime, entry.lifetime), netns=bool(entry.flags & Flag.NETNS), ifindex=entry.ifindex, mtu=entry.mtu,
        uid=entry.uid, pid=entry.pid, mac=":".join(f"{byte:02x}" for byte in entry.mac) if any(entry.mac) else "",
        since=_moment(entry.since), rx_bytes=entry.rx_bytes, rx_packets=entry.rx_packets, tx_bytes=entry.tx_bytes,
        tx_packets=entry.tx_packets, external_id=entry.external_id.decode(),
        address=entry.address.decode(), address6=entry.address6.decode(), scope=known(Scope, entry.scope),
        entries=entry.entries, kill_switch=bool(entry.flags & Flag.KILL_SWITCH), own_address=entry.own_address.decode(),
        own_address6=entry.own_address6.decode())


def networks(timeout: float | None = None) -> list[Network]:
    """The networks that the broker lists to this user."""
    found: list[Network] = []
    failure = Failure()

    def add(entry: Any, _: object) -> int:
        found.append(_network(entry.contents))
        return 0

    if c.networks(0, milliseconds(timeout), failure, EACH_NETWORK(add), None) < 0:
        fail(failure)
    return found


def leases(*, everybody: bool = False, interactive: bool = False, timeout: float | None = None) -> list[Lease]:
    """The leases of this user; everybody's if polkit permits it, with interactive after asking for a password."""
    found: list[Lease] = []
    failure = Failure()

    def add(entry: Any, _: object) -> int:
        found.append(_lease(entry.contents))
        return 0

    wanted = flags(all=everybody, interactive=interactive)
    if c.leases(wanted, milliseconds(timeout), failure, EACH_LEASE(add), None) < 0:
        fail(failure)
    return found


def drops(lease: str, *, everybody: bool = False, interactive: bool = False, timeout: float | None = None) -> list[Drop]:
    """What the locks of a lease's device have dropped, by its id; [] for a device without locks. Anybody's if polkit permits
    it."""
    found: list[Drop] = []
    failure = Failure()

    def add(entry: Any, _: object) -> int:
        drop = entry.contents
        found.append(Drop(reason=drop.reason.decode(), packets=drop.packets, bytes=drop.bytes))
        return 0

    wanted = flags(all=everybody, interactive=interactive)
    if c.drops(lease.encode(), wanted, milliseconds(timeout), failure, EACH_DROP(add), None) < 0:
        fail(failure)
    return found


def release(lease: str, timeout: float | None = None) -> None:
    """Ends a lease of this user's: by its id, or by its interface's name. The device is gone when this returns."""
    failure = Failure()
    if c.release(lease.encode(), 0, milliseconds(timeout), failure) < 0:
        fail(failure)


def revoke(lease: str, *, interactive: bool = False, timeout: float | None = None) -> None:
    """Ends anybody's lease by its id, if polkit permits it."""
    failure = Failure()
    if c.revoke(lease.encode(), flags(interactive=interactive), milliseconds(timeout), failure) < 0:
        fail(failure)


class Watch:
    """What happens to leases from now on. `for event in watch` waits in a thread, `async for event in watch` in the loop;
    both end when the broker is gone."""

    def __init__(self, everybody: bool, interactive: bool, timeout: float | None) -> None:
        self._handle: ctypes.c_void_p | None = None
        handle, failure = ctypes.c_void_p(), Failure()
        wanted = flags(all=everybody, interactive=interactive)
        self._fd: int = c.watch(wanted, milliseconds(timeout), failure, handle)
        if self._fd < 0:
            fail(failure)
        self._handle = handle

    def fileno(self) -> int:
        """The descriptor to poll before next_event()."""
        return self._fd

    def next_event(self) -> Event | None:
        """The next event, or None if there is none now."""
        if self._handle is None:
            raise ValueError("the watch is closed")
        entry = ctypes.POINTER(EventEntry)()
        got = c.watch_next(self._handle, entry)
        if got < 0:
            fail(None)
        return _event(entry.contents) if got else None

    def _next_or_end(self) -> Event | None:
        try:
            return self.next_event()
        except OSError as error:
            if error.errno == errno.ECONNRESET:
                raise EOFError from None
            raise

    def __iter__(self) -> Iterator[Event]:
        while True:
            try:
                event = self._next_or_end()
            except EOFError:
                return
            if event is None:
                select.select([self], [], [])
            else:
                yield event

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            try:
                event = self._next_or_end()
            except EOFError:
                return
            if event is None:
                await readable(self._fd)
            else:
                yield event

    def close(self) -> None:
        """Ends the watch. May be called again."""
        if self._handle is not None:
            c.watch_close(self._handle)
            self._handle = None

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def _event(entry: Any) -> Event:
    ended = entry.what == EventKind.ENDED
    return Event(what=known(EventKind, entry.what), when=_moment(entry.when),
                 reason=known(Reason, entry.reason) if ended else None, lease=entry.id.decode(),
                 network=entry.network.decode(), name=entry.name.decode(), kind=known(Kind, entry.kind),
                 lifetime=known(Lifetime, entry.lifetime), uid=entry.uid, pid=entry.pid, lost=entry.lost,
                 external_id=entry.external_id.decode(), entries=entry.entries,
                 kill_switch=bool(entry.flags & Flag.KILL_SWITCH), replaces=bool(entry.replaces))


def watch(*, everybody: bool = False, interactive: bool = False, timeout: float | None = None) -> Watch:
    """Begins to watch this user's leases, or everybody's if polkit permits it. What happens after this is not missed."""
    return Watch(everybody, interactive, timeout)
