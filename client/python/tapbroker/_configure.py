"""Addresses, routes and the MTU of a leased device."""
from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Iterable

from ._failure import Failure, fail, milliseconds
from ._library import Configuration, Entry, c
from ._numbers import EntryKind, Flag, Scope, flags


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


def _entry(kind: EntryKind, prefix: str, peer: str | None = None, metric: int = 0) -> Entry:
    return Entry(prefix=prefix.encode(), peer=None if peer is None else peer.encode(), kind=kind, metric=metric)


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
    entries = [_entry(EntryKind.ADDRESS, one.prefix, one.peer) if isinstance(one, Address) else
               _entry(EntryKind.ADDRESS, one) for one in addresses]
    entries += [_entry(EntryKind.ROUTE, one.prefix, one.gateway, one.metric) if isinstance(one, Route) else
                _entry(EntryKind.ROUTE, one) for one in routes]
    entries += [_entry(EntryKind.EXCLUDE, one) for one in excludes]
    entries += [_entry(EntryKind.SERVER, one) for one in servers]
    failure = Failure()
    configuration = Configuration(
        lease=lease.encode(), entries=(Entry * len(entries))(*entries), entries_count=len(entries),
        flags=flags(interactive=interactive, kill_switch=kill_switch), scope=scope, mtu=mtu, timeout=milliseconds(timeout),
        failure=ctypes.pointer(failure))
    if c.configure(configuration) < 0:
        fail(failure)


def unblock(network: str, *, uid: int | None = None, timeout: float | None = None) -> None:
    """Ends the block that kill_switch has left behind on that network; root may do so for the user with this uid."""
    failure = Failure()
    wanted = 0 if uid is None else int(Flag.ALL)
    if c.unblock(network.encode(), wanted, uid or 0, milliseconds(timeout), failure) < 0:
        fail(failure)
