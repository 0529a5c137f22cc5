"""Addresses, routes and the MTU of a leased device."""
from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Iterable
from typing import Any

from ._failure import Failure, fail, milliseconds
from ._library import EACH_BLOCK, EACH_CONFIGURATION, Configuration, Entry, c
from ._numbers import EntryKind, Flag, Scope, flags, known


@dataclasses.dataclass(frozen=True)
class Address:
    """An address of the device, such as "10.8.0.2/24", and that of the other end of a point-to-point link."""

    prefix: str
    peer: str | None = None


@dataclasses.dataclass(frozen=True)
class Route:
    """A destination that leads into the device: a prefix, "default" for all of IPv4, or "default6" for all of IPv6."""

    prefix: str
    gateway: str | None = None
    metric: int = 0  # the smaller is preferred; 0: the kernel's own


@dataclasses.dataclass(frozen=True)
class Configured:
    """What a device has been configured with. Of what an earlier broker has made, an address has all bits as its prefix,
    whose route stands beside it, a server is one of excludes, and mtu is 0."""

    lease: str  # its id
    addresses: tuple[Address, ...]
    routes: tuple[Route, ...]
    excludes: tuple[str, ...]
    servers: tuple[str, ...]
    mtu: int  # bytes, that were asked for; 0: none
    scope: Scope | int  # NETWORK: it has not been configured
    kill_switch: bool


@dataclasses.dataclass(frozen=True)
class Block:
    """What a kill switch has left behind: packets of this user lead nowhere, until unblock()."""

    network: str  # "": it is configured no more
    uid: int


def _entry(kind: EntryKind, prefix: str, peer: str | None = None, metric: int = 0) -> Entry:
    return Entry(prefix=prefix.encode(), peer=None if peer is None else peer.encode(), kind=kind, metric=metric)


def _entries(addresses: Iterable[str | Address], routes: Iterable[str | Route], excludes: Iterable[str],
             servers: Iterable[str]) -> list[Entry]:
    entries = [_entry(EntryKind.ADDRESS, one.prefix, one.peer) if isinstance(one, Address) else
               _entry(EntryKind.ADDRESS, one) for one in addresses]
    entries += [_entry(EntryKind.ROUTE, one.prefix, one.gateway, one.metric) if isinstance(one, Route) else
                _entry(EntryKind.ROUTE, one) for one in routes]
    entries += [_entry(EntryKind.EXCLUDE, one) for one in excludes]
    entries += [_entry(EntryKind.SERVER, one) for one in servers]
    return entries


def configure(lease: str, *, addresses: Iterable[str | Address] = (), routes: Iterable[str | Route] = (),
              excludes: Iterable[str] = (), servers: Iterable[str] = (), mtu: int = 0, scope: Scope = Scope.NETWORK,
              kill_switch: bool = False, interactive: bool = False, timeout: float | None = None) -> None:
    """Gives a device of this user's, a tun or a routed tap, addresses, routes and an MTU, as far as the network's file and
    polkit permit. All of it is done or nothing. Whatever an earlier call has set and this one does not say is undone.

    lease        its id, or the name of its interface
    excludes     destinations that do not lead into the device, whatever the routes say
    servers      the hosts at the tunnel's other end: they stay reachable outside the tunnel
    mtu          in bytes; 0: as it is
    scope        whose packets the routes are for
    kill_switch  everything stays blocked when the lease has ended, until unblock()

    Raises Refused, or another Error.
    """
    entries = _entries(addresses, routes, excludes, servers)
    failure = Failure()
    configuration = Configuration(
        lease=lease.encode(), entries=(Entry * len(entries))(*entries), entries_count=len(entries),
        flags=flags(interactive=interactive, kill_switch=kill_switch), scope=scope, mtu=mtu, timeout=milliseconds(timeout),
        failure=ctypes.pointer(failure))
    if c.configure(configuration) < 0:
        fail(failure)


def _configured(told: Any) -> Configured:
    entries = [told.entries[i] for i in range(told.entries_count)]

    def of(kind: EntryKind) -> list[Any]:
        return [(one.prefix.decode(), None if one.peer is None else one.peer.decode(), one.metric) for one in entries if one.kind == kind]

    return Configured(
        lease=told.lease.decode(), addresses=tuple(Address(prefix, peer) for prefix, peer, _ in of(EntryKind.ADDRESS)),
        routes=tuple(Route(*one) for one in of(EntryKind.ROUTE)), excludes=tuple(one[0] for one in of(EntryKind.EXCLUDE)),
        servers=tuple(one[0] for one in of(EntryKind.SERVER)), mtu=told.mtu, scope=known(Scope, told.scope),
        kill_switch=bool(told.flags & Flag.KILL_SWITCH))


def configuration(lease: str, *, everybody: bool = False, interactive: bool = False,
                  timeout: float | None = None) -> Configured:
    """What the device of a lease of this user's has been configured with: by its id, or by its interface's name. With
    everybody of anybody's, by its id, if polkit permits it."""
    found: list[Configured] = []
    failure = Failure()

    def add(told: Any, _: object) -> int:
        found.append(_configured(told.contents))
        return 0

    wanted = flags(all=everybody, interactive=interactive)
    if c.read_configuration(lease.encode(), wanted, milliseconds(timeout), failure, EACH_CONFIGURATION(add), None) < 0:
        fail(failure)
    return found[0]


def blocks(*, everybody: bool = False, interactive: bool = False, timeout: float | None = None) -> list[Block]:
    """What this user's kill switches have left blocked; everybody's if polkit permits it."""
    found: list[Block] = []
    failure = Failure()

    def add(told: Any, _: object) -> int:
        found.append(Block(told.contents.network.decode(), told.contents.uid))
        return 0

    wanted = flags(all=everybody, interactive=interactive)
    if c.blocks(wanted, milliseconds(timeout), failure, EACH_BLOCK(add), None) < 0:
        fail(failure)
    return found


def unblock(network: str, *, uid: int | None = None, timeout: float | None = None) -> None:
    """Ends the block that kill_switch has left behind on that network; root may do so for the user with this uid."""
    failure = Failure()
    wanted = 0 if uid is None else int(Flag.ALL)
    if c.unblock(network.encode(), wanted, uid or 0, milliseconds(timeout), failure) < 0:
        fail(failure)
