"""libtapbroker.so.1 as ctypes sees it: the structures and functions of tapbroker.h, in its order."""
from __future__ import annotations

import ctypes
import dataclasses
import os
from ctypes import CFUNCTYPE, POINTER, c_char, c_char_p, c_int, c_int64, c_size_t, c_uint, c_uint8, c_uint16, c_uint64, c_void_p
from typing import Any

from ._failure import Failure, fail, milliseconds
from ._numbers import Kind, Lifetime, known


class Sized(ctypes.Structure):
    """A structure that begins with its size, so that a library of another release takes it."""

    def __init__(self, **members: Any) -> None:
        super().__init__(size=ctypes.sizeof(self), **members)


class Request(Sized):
    _fields_ = [("size", c_size_t), ("network", c_char_p), ("name", c_char_p), ("kind", c_uint), ("flags", c_uint),
                ("mtu", c_uint), ("queues", c_uint), ("timeout", c_int), ("lifetime", c_uint), ("failure", POINTER(Failure)),
                ("external_id", c_char_p)]


class PublishedEntry(ctypes.Structure):
    _fields_ = [("host_address", c_char_p), ("guest_name", c_char_p), ("guest_address", c_char_p),
                ("guest_address6", c_char_p), ("protocol", c_uint), ("port", c_uint), ("count", c_uint), ("guest_port", c_uint)]


class NetworkEntry(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("name", c_char_p), ("kind", c_uint), ("flags", c_uint), ("mtu", c_uint),
                ("queues", c_uint), ("limit", c_uint), ("held", c_uint), ("names", c_char_p), ("lower", c_char_p),
                ("lifetimes", c_uint), ("traits", c_uint), ("mode", c_uint), ("max", c_uint),
                ("access", c_uint), ("vlan", c_uint), ("published", POINTER(PublishedEntry)), ("published_count", c_uint),
                ("reserved", c_uint)]


class LeaseEntry(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("id", c_char_p), ("network", c_char_p), ("name", c_char_p), ("kind", c_uint),
                ("lifetime", c_uint), ("flags", c_uint), ("ifindex", c_uint), ("mtu", c_uint), ("uid", c_uint),
                ("pid", c_uint), ("mac", c_uint8 * 6), ("reserved", c_uint8 * 6), ("since", c_int64),
                ("rx_bytes", c_uint64), ("rx_packets", c_uint64), ("tx_bytes", c_uint64), ("tx_packets", c_uint64),
                ("external_id", c_char_p), ("address", c_char * 48), ("address6", c_char * 48), ("scope", c_uint),
                ("entries", c_uint), ("own_address", c_char * 48), ("own_address6", c_char * 48)]


class BlockEntry(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("network", c_char_p), ("uid", c_uint), ("reserved", c_uint)]


class DropEntry(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("reason", c_char_p), ("packets", c_uint64), ("bytes", c_uint64)]


class EventEntry(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("id", c_char_p), ("network", c_char_p), ("name", c_char_p), ("when", c_int64),
                ("what", c_uint), ("reason", c_uint), ("lost", c_uint), ("kind", c_uint), ("lifetime", c_uint),
                ("uid", c_uint), ("pid", c_uint), ("flags", c_uint), ("entries", c_uint), ("replaces", c_uint),
                ("external_id", c_char_p)]


class BrokerEntry(Sized):
    _fields_ = [("size", c_size_t), ("protocol", c_uint), ("items_max", c_uint), ("requests", c_uint64),
                ("kinds", c_uint64), ("lifetimes", c_uint64), ("item_kinds", c_uint64), ("flags", c_uint64),
                ("release", c_char * 32)]


class ExplanationEntry(Sized):
    _fields_ = [("size", c_size_t), ("forbids", c_uint64), ("access", c_uint), ("traits", c_uint), ("kind", c_uint),
                ("flags", c_uint), ("mtu", c_uint), ("queues", c_uint), ("lifetime", c_uint), ("network_kind", c_uint),
                ("network_mtu", c_uint), ("network_queues", c_uint), ("network_flags", c_uint), ("network_lifetimes", c_uint),
                ("held", c_uint), ("limit", c_uint), ("max", c_uint), ("held_by_all", c_uint), ("network", c_char * 32),
                ("name", c_char * 16), ("lower", c_char * 16), ("names", c_char * 64), ("lines", c_uint16 * 64),
                ("path", c_char * 256), ("action", c_char * 64), ("details", c_char * 768), ("held_overall", c_uint),
                ("limit_overall", c_uint)]


class Entry(ctypes.Structure):
    _fields_ = [("prefix", c_char_p), ("peer", c_char_p), ("kind", c_uint), ("metric", c_uint)]


class Configuration(Sized):
    _fields_ = [("size", c_size_t), ("lease", c_char_p), ("entries", POINTER(Entry)), ("entries_count", c_size_t),
                ("flags", c_uint), ("scope", c_uint), ("mtu", c_uint), ("timeout", c_int), ("failure", POINTER(Failure)),
                ("uid", c_uint), ("reserved", c_uint)]


class ConfigurationExplanationEntry(Sized):
    _fields_ = [("size", c_size_t), ("forbids", c_uint64), ("access", c_uint), ("scope", c_uint), ("network_scope", c_uint),
                ("network_mtu", c_uint), ("allows", c_uint), ("traits", c_uint), ("addresses", c_char * 1024),
                ("routes", c_char * 1024), ("entries", c_uint8 * 352), ("lines", c_uint16 * 64), ("path", c_char * 256),
                ("action", c_char * 64), ("details", c_char * 1536), ("holder", c_char * 40)]


STRUCTS = {"tap_entry": Entry, "tap_configuration": Configuration, "tap_failure": Failure, "tap_request": Request,
           "tap_published": PublishedEntry, "tap_network": NetworkEntry, "tap_lease": LeaseEntry, "tap_block": BlockEntry,
           "tap_drop": DropEntry, "tap_event": EventEntry, "tap_broker": BrokerEntry, "tap_explanation": ExplanationEntry,
           "tap_configuration_explanation": ConfigurationExplanationEntry}

EACH_NETWORK = CFUNCTYPE(c_int, POINTER(NetworkEntry), c_void_p)
EACH_LEASE = CFUNCTYPE(c_int, POINTER(LeaseEntry), c_void_p)
EACH_CONFIGURATION = CFUNCTYPE(c_int, POINTER(Configuration), c_void_p)
EACH_BLOCK = CFUNCTYPE(c_int, POINTER(BlockEntry), c_void_p)
EACH_DROP = CFUNCTYPE(c_int, POINTER(DropEntry), c_void_p)

_FAILURE = POINTER(Failure)
_FUNCTIONS = {
    "open_request": (c_int, POINTER(Request), POINTER(c_void_p)),
    "open_connected": (c_int, c_int, POINTER(Request), POINTER(c_void_p)),
    "open_begin": (c_int, POINTER(Request), POINTER(c_void_p)),
    "open_finish": (c_int, c_void_p, POINTER(c_void_p)),
    "open_cancel": (None, c_void_p),
    "reserve": (c_int, POINTER(Request), POINTER(c_void_p)),
    "close": (None, c_void_p),
    "detach": (None, c_void_p),
    "take_fd": (c_int, c_void_p, c_uint),
    "wait": (c_int, c_void_p, c_int),
    "fd": (c_int, c_void_p, c_uint),
    "queues": (c_uint, c_void_p),
    "vhost_fd": (c_int, c_void_p, c_uint),
    "vhosts": (c_uint, c_void_p),
    "lifeline": (c_int, c_void_p),
    "name": (c_char_p, c_void_p),
    "ifindex": (c_uint, c_void_p),
    "kind": (c_uint, c_void_p),
    "flags": (c_uint, c_void_p),
    "mtu": (c_uint, c_void_p),
    "mac": (POINTER(c_uint8), c_void_p),
    "address": (c_char_p, c_void_p),
    "address6": (c_char_p, c_void_p),
    "gateway": (c_char_p, c_void_p),
    "gateway6": (c_char_p, c_void_p),
    "lease_id": (c_char_p, c_void_p),
    "follow": (c_int, c_void_p),
    "ended": (c_int, c_void_p, POINTER(c_uint)),
    "reason": (c_char_p, c_uint),
    "configure": (c_int, POINTER(Configuration)),
    "read_configuration": (c_int, c_char_p, c_uint, c_int, _FAILURE, EACH_CONFIGURATION, c_void_p),
    "blocks": (c_int, c_uint, c_int, _FAILURE, EACH_BLOCK, c_void_p),
    "unblock": (c_int, c_char_p, c_uint, c_uint, c_int, _FAILURE),
    "explain": (c_int, POINTER(Request), POINTER(ExplanationEntry)),
    "explain_configuration": (c_int, c_char_p, POINTER(Configuration), POINTER(ConfigurationExplanationEntry)),
    "networks": (c_int, c_uint, c_int, _FAILURE, EACH_NETWORK, c_void_p),
    "leases": (c_int, c_uint, c_int, _FAILURE, EACH_LEASE, c_void_p),
    "drops": (c_int, c_char_p, c_uint, c_int, _FAILURE, EACH_DROP, c_void_p),
    "release": (c_int, c_char_p, c_uint, c_int, _FAILURE),
    "revoke": (c_int, c_char_p, c_uint, c_int, _FAILURE),
    "watch": (c_int, c_uint, c_int, _FAILURE, POINTER(c_void_p)),
    "watch_next": (c_int, c_void_p, POINTER(POINTER(EventEntry))),
    "watch_close": (None, c_void_p),
    "about": (c_int, c_uint, c_int, _FAILURE, POINTER(BrokerEntry)),
    "version": (c_char_p,),
    "strerror": (c_char_p, c_int),
    "stage": (c_char_p, c_uint),
    "check": (c_char_p, c_uint),
    "confine": (c_int, c_uint),
}


class Library:
    """The functions by their long names without their prefix. ctypes gives up the interpreter's lock during a call."""

    def __init__(self) -> None:
        library = ctypes.CDLL("libtapbroker.so.1", use_errno=True)
        for name, (result, *arguments) in _FUNCTIONS.items():
            function = getattr(library, "tapbroker_" + name)
            function.restype = result
            function.argtypes = arguments
            setattr(self, name, function)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


c = Library()


@dataclasses.dataclass(frozen=True)
class Broker:
    """What a broker can do, whether or not this user may have it; see struct tap_broker."""

    protocol: int
    release: str
    kinds: frozenset[Kind | int]
    lifetimes: frozenset[Lifetime | int]
    requests: frozenset[int]


def _bits(value: int) -> list[int]:
    return [bit for bit in range(64) if value >> bit & 1]


def about(timeout: float | None = None) -> Broker:
    """Asks the broker what it can do."""
    entry, failure = BrokerEntry(), Failure()
    if c.about(0, milliseconds(timeout), failure, entry) < 0:
        fail(failure)
    return Broker(protocol=entry.protocol, release=entry.release.decode(), requests=frozenset(_bits(entry.requests)),
                  kinds=frozenset(known(Kind, bit) for bit in _bits(entry.kinds)),
                  lifetimes=frozenset(known(Lifetime, bit) for bit in _bits(entry.lifetimes)))


def version() -> str:
    """The release of the library, such as "0.1"."""
    return str(c.version().decode())


def confine(queues: bool = False) -> None:
    """Takes from this process for good, and from all that it starts, what would change a device for others; see
    tap_confine(). With queues they may still be turned on and off, which QEMU wants where there are several."""
    if c.confine(1 if queues else 0) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
