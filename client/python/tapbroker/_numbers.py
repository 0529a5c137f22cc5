"""The numbers of tapbroker.h by name."""
from __future__ import annotations

import enum
from typing import TypeVar


class Kind(enum.IntEnum):
    """What a device is."""

    ANY = 0
    TAP = 1
    TUN = 2
    MACVTAP = 3


class Lifetime(enum.IntEnum):
    """How long a lease lasts: until the connection to the broker ends, the last descriptor is closed, it is
    released, or its network namespace ends."""

    SESSION = 0
    FD = 1
    PERSISTENT = 2
    NAMESPACE = 3
    NAMED = 4


class Status(enum.IntEnum):
    """What the broker says of a request that it does not grant."""

    NONE = 0
    DENIED = 1
    MALFORMED = 2
    BUSY = 3
    QUOTA_USER = 4
    QUOTA_NETWORK = 5
    NAME_TAKEN = 6
    LOWER_MISSING = 7
    NODE_REFUSED = 8
    KERNEL = 9
    NO_LEASE = 10
    NO_VHOST = 11
    NOT_OWN_NETNS = 12
    CONNECTIONS = 13
    IN_USE = 14


class Check(enum.IntEnum):
    """Which check refused."""

    NONE = 0
    SYNTAX = 1
    NETWORK = 2
    KIND = 3
    NAME = 4
    MTU = 5
    QUEUES = 6
    VNET_HDR = 7
    VHOST = 8
    LIFETIME = 9
    NETNS = 10
    UID = 11
    POLKIT_NO = 12
    POLKIT_CHALLENGE = 13
    POLKIT_DISMISSED = 14
    POLKIT_ERROR = 15
    POLKIT_TIMEOUT = 16
    QUEUE_TIMEOUT = 17
    WAITING = 18
    REQUESTS = 19
    WATCHES = 20
    CONNECTIONS = 21
    RESTART = 22
    MAX_PER_USER = 23
    MAX = 24
    MAX_LEASES_PER_USER = 25
    MAX_LEASES = 26
    PEER_GONE = 27
    LEASE = 28
    DEVICE = 29
    ADDRESSES = 30
    ROUTES = 31
    DEFAULT_ROUTE = 32
    SCOPE = 33
    KILL_SWITCH = 34
    NOT_HERE = 35
    ADDRESS_IN_USE = 36
    ROUTE_IN_USE = 37
    NO_FILTERING = 38
    NO_VLAN = 39
    OVERLAP = 40
    NO_ADDRESS = 41


class Reason(enum.IntEnum):
    """Why a lease ended."""

    LOST = 0
    DEVICE_GONE = 1
    NOT_COLLECTED = 2
    PROTOCOL = 3
    CLIENT = 4
    RELEASED = 5
    REVOKED = 6
    GUARD_MAC = 7
    GUARD_OWNER = 8
    GUARD_PERSIST = 9
    GUARD_MASTER = 10
    GUARD_ALIAS = 11
    GUARD_FLOOD = 12
    EXPIRED = 13
    UNSEEN = 255


class EventKind(enum.IntEnum):
    """What happened to a lease."""

    OPENED = 1
    ENDED = 2
    CONFIGURED = 3
    UNBLOCKED = 4  # what kill switches had blocked on the network: of the rest only when and uid are set


class Access(enum.IntEnum):
    """What polkit would say to a request."""

    NONE = 0
    YES = 1
    PASSWORD = 2
    NO = 3


class EntryKind(enum.IntEnum):
    """What an entry of a configuration is."""

    ADDRESS = 1
    ROUTE = 2
    EXCLUDE = 3
    SERVER = 4


class Scope(enum.IntEnum):
    """Whose packets the routes are for: as the network's file says, the user's, or everybody's."""

    NETWORK = 0
    USER = 1
    HOST = 2


class Flag(enum.IntFlag):
    """Flags of a request."""

    INTERACTIVE = 1 << 0
    VNET_HDR = 1 << 1
    BRIDGE = 1 << 2
    ALL = 1 << 3
    NETNS = 1 << 4
    VHOST = 1 << 5
    KILL_SWITCH = 1 << 6
    AGAIN = 1 << 8


Number = TypeVar("Number", bound=enum.IntEnum)


def known(numbers: type[Number], value: int) -> Number | int:
    """The number by its name, or as it is: a later broker may have others."""
    try:
        return numbers(value)
    except ValueError:
        return value


def flags(**wanted: bool) -> int:
    """The sum of the flags whose names are true."""
    return sum(Flag[name.upper()] for name, value in wanted.items() if value)
