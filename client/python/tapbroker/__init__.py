"""An open tun, tap or macvtap device for a program without privileges: libtapbroker(3) for Python.

    with tapbroker.open("lan") as device:
        print(device.name, device.mac)
        packet = device.read()

    async with await tapbroker.open_async("lan") as device:
        async for packet in device.packets():
            ...

Sizes and MTUs are in bytes, timeouts in seconds (None: 30, or 150 where a password may be asked for), moments are aware
datetimes in UTC. A number that this release has no name for comes as the int that it is. Failures are tapbroker.Error, an
OSError; a refusal is tapbroker.Refused.

What waits has an async form, or may be called by asyncio.to_thread(): the library may be used from any thread, but one
device by one thread at a time. A signal does not cut a call short: KeyboardInterrupt comes when it has returned.
"""
from ._configure import Address, Block, Configured, Route, blocks, configuration, configure, unblock
from ._device import Device, open, open_async, reserve
from ._explain import ConfigurationExplanation, Explanation, explain, explain_configuration
from ._failure import Error, Refused
from ._leases import Drop, Event, Lease, Network, Published, Watch, drops, leases, networks, release, revoke, watch
from ._library import Broker, about, confine, version
from ._numbers import Access, Check, EventKind, Kind, Lifetime, Reason, Scope, Status

__all__ = [
    "Access", "Address", "Block", "Broker", "Check", "ConfigurationExplanation", "Configured", "Device", "Drop",
    "Error", "Event", "EventKind", "Explanation", "Kind", "Lease", "Lifetime", "Network", "Published", "Reason", "Refused",
    "Route", "Scope", "Status", "Watch", "about", "blocks", "configuration", "configure", "confine", "drops", "explain",
    "explain_configuration", "leases", "networks", "open", "open_async", "release", "reserve", "revoke", "unblock",
    "version", "watch",
]
