"""Explanations: what would become of open(), and why."""
from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Iterable

from ._configure import Address, Route, _entries
from ._device import _request
from ._failure import Failure, fail, milliseconds
from ._library import Configuration, ConfigurationExplanationEntry, Entry, ExplanationEntry, c
from ._numbers import Access, Check, Flag, Kind, Lifetime, Scope, flags, known


@dataclasses.dataclass(frozen=True)
class Explanation:
    """What would become of a request: what was asked, what the network file allows, and what polkit says."""

    access: Access | int  # polkit's answer; YES for root, about whom it is not asked
    forbids: frozenset[Check | int]  # what of the network file and of the quotas forbids the device now
    lines: dict[Check | int, int]  # where the network file has the key of a check
    path: str  # of the network file; "": it is not told
    action: str  # of polkit
    details: dict[str, str]  # that polkit is asked with

    # The device that was asked for; where nothing was said, what the network has.
    network: str
    name: str  # "": the broker chooses
    kind: Kind | int
    mtu: int  # bytes
    queues: int
    lifetime: Lifetime | int

    # What the network file allows.
    network_kind: Kind | int
    network_mtu: int  # bytes, at most
    network_queues: int  # at most
    network_lifetimes: frozenset[Lifetime | int]
    vnet_hdr: bool  # it may be asked for
    vhost: bool  # it may be asked for
    names: tuple[str, ...]  # that may be asked for; a prefix ends in "*"
    held: int  # devices of this network that the caller holds
    limit: int  # that one user may hold
    held_overall: int  # devices of all networks that the caller holds
    limit_overall: int  # that one user may hold

    @property
    def granted(self) -> bool:
        """open() would return a device, without asking for a password."""
        return not self.forbids and self.access == Access.YES


def explain(network: str, *, name: str | None = None, kind: Kind = Kind.ANY, mtu: int = 0, queues: int = 1,
            lifetime: Lifetime = Lifetime.SESSION, vnet_hdr: bool = False, bridge: bool = False, vhost: bool = False,
            netns: bool = False, external_id: str | None = None, timeout: float | None = None) -> Explanation:
    """Says what open() would do with these arguments. Nothing is made, and nobody is asked for a password.

    Raises Refused if the network file's word is not for this caller, who then gets no such device either.
    """
    failure, entry = Failure(), ExplanationEntry()
    request = _request(network, failure, timeout, name=name, kind=kind, mtu=mtu, queues=queues, lifetime=lifetime,
                       vnet_hdr=vnet_hdr, bridge=bridge, vhost=vhost, netns=netns, external_id=external_id)
    if c.explain(request, entry) < 0:
        fail(failure)
    return Explanation(
        access=known(Access, entry.access),
        forbids=frozenset(known(Check, bit) for bit in range(64) if entry.forbids >> bit & 1),
        lines={known(Check, check): line for check, line in enumerate(entry.lines) if line},
        path=entry.path.decode(), action=entry.action.decode(),
        details=dict(line.partition("=")[::2] for line in entry.details.decode().splitlines()),
        network=entry.network.decode(), name=entry.name.decode(), kind=known(Kind, entry.kind), mtu=entry.mtu,
        queues=entry.queues, lifetime=known(Lifetime, entry.lifetime), network_kind=known(Kind, entry.network_kind),
        network_mtu=entry.network_mtu, network_queues=entry.network_queues,
        network_lifetimes=frozenset(known(Lifetime, bit) for bit in range(32) if entry.network_lifetimes >> bit & 1),
        vnet_hdr=bool(entry.network_flags & Flag.VNET_HDR), vhost=bool(entry.network_flags & Flag.VHOST),
        names=tuple(entry.names.decode().split()), held=entry.held, limit=entry.limit,
        held_overall=entry.held_overall, limit_overall=entry.limit_overall)


@dataclasses.dataclass(frozen=True)
class ConfigurationExplanation:
    """What would become of a configuration: what the network file allows, and what polkit says."""

    access: Access | int  # polkit's answer; YES for root, about whom it is not asked
    forbids: frozenset[Check | int]  # what of the network file forbids it, and what is in use, if configure() would say so
    entries: tuple[Check | int, ...]  # what forbids each address, route, exclude and server, in this order; NONE: nothing
    lines: dict[Check | int, int]  # where the network file has the key of a check
    path: str  # of the network file; "": it is not told
    action: str  # of polkit
    details: dict[str, str]  # that polkit is asked with
    scope: Scope | int  # that was asked for, or the network's

    # What the network file allows.
    network_scope: Scope | int  # the widest
    network_mtu: int  # bytes, at most
    addresses: tuple[str, ...]  # prefixes in which addresses may be
    routes: tuple[str, ...]  # where routes may lead, beside those
    default_route: bool
    kill_switch: bool

    holder: str  # the lease that has what is in use, for who may know everything; "": none, or not told

    @property
    def granted(self) -> bool:
        """configure() would do it, without asking for a password."""
        return not self.forbids and self.access == Access.YES


def explain_configuration(network: str, *, addresses: Iterable[str | Address] = (), routes: Iterable[str | Route] = (),
                          excludes: Iterable[str] = (), servers: Iterable[str] = (), mtu: int = 0,
                          scope: Scope = Scope.NETWORK, kill_switch: bool = False,
                          timeout: float | None = None) -> ConfigurationExplanation:
    """Says what configure() would do to a device of this network, of which there need be none. Nothing is done, and nobody
    is asked for a password.

    Raises Refused if the network file's word is not for this caller, who then gets no such device either.
    """
    asked = _entries(addresses, routes, excludes, servers)
    failure, entry = Failure(), ConfigurationExplanationEntry()
    configuration = Configuration(
        lease=None, entries=(Entry * len(asked))(*asked), entries_count=len(asked), flags=flags(kill_switch=kill_switch),
        scope=scope, mtu=mtu, timeout=milliseconds(timeout), failure=ctypes.pointer(failure))
    if c.explain_configuration(network.encode(), configuration, entry) < 0:
        fail(failure)
    return ConfigurationExplanation(
        access=known(Access, entry.access),
        forbids=frozenset(known(Check, bit) for bit in range(64) if entry.forbids >> bit & 1),
        entries=tuple(known(Check, check) for check in entry.entries[:len(asked)]),
        lines={known(Check, check): line for check, line in enumerate(entry.lines) if line},
        path=entry.path.decode(), action=entry.action.decode(),
        details=dict(line.partition("=")[::2] for line in entry.details.decode().splitlines()),
        scope=known(Scope, entry.scope), network_scope=known(Scope, entry.network_scope), network_mtu=entry.network_mtu,
        addresses=tuple(entry.addresses.decode().split()), routes=tuple(entry.routes.decode().split()),
        default_route=bool(entry.allows & 1), kill_switch=bool(entry.allows & 2), holder=entry.holder.decode())
